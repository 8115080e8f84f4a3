/**
 * What stands behind the number of a card, for the desk: whoever keeps numbers (the token vault, our own cards) answers this.
 *
 * What must hold: what a token has used up is read under its lock, and written in the transaction of the payment.
 */
import type { AcceptanceOutcome, OwnCard, TokenDomain, TokenLife, TokenUse } from '@sokkin/issuer';
import type { Chip } from '../vault/chips.ts';
import type { CardSaid } from './request.ts';
import type { Run } from './statements.ts';

export interface Instrument {
  readonly kind: 'token' | 'pan';
  /** `tok_...`, `lnk_...` or the serial of a card of ours: what rows name it by. */
  readonly id: string;
  readonly account: string;
  readonly domain: TokenDomain | undefined;
  /** The card, or what it stands for, does not pay now, and why. */
  readonly refusal: AcceptanceOutcome | undefined;
  /** Where it is a card of ours. */
  readonly own: OwnCard | undefined;
}

export interface TokenNow {
  readonly life: TokenLife;
  readonly use: TokenUse;
}

/** By how much more, or less. */
export interface TokenUsed {
  readonly number: string;
  readonly change: TokenUse;
}

export interface Instruments {
  /** Those of the numbers that stand for something. Outside of any transaction. */
  find(run: Run, numbers: readonly string[], at: Date): Promise<ReadonlyMap<string, Instrument>>;
  /** What the chip data of the card are checked with; undefined: nobody has keys for such a card, or such data. */
  chipOf(instrument: Instrument, card: CardSaid): Promise<Chip | undefined>;
  /** Locked until the transaction ends; after the accounts. */
  lockTokens(run: Run, numbers: readonly string[]): Promise<ReadonlyMap<string, TokenNow>>;
  /** Each token once. */
  addUse(run: Run, changes: readonly TokenUsed[]): Promise<unknown>;
}
