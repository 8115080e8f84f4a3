/**
 * What stands behind the number of a card, for the desk: whoever keeps numbers (the token vault, our own cards) answers this.
 *
 * What must hold: an account never changes behind a number that pays; what a token has used up is read under its lock, and written in
 * the transaction of the payment.
 */
import type { CardIdentity } from '@sokkin/crypto';
import type {
  AcceptanceOutcome,
  IssuerRules,
  KeysByIndex,
  TokenDomain,
  TokenLife,
  TokenUse,
  VersionSet,
} from '@sokkin/issuer';
import type { Run } from './statements.ts';

export interface Instrument {
  readonly kind: 'token' | 'pan';
  /** `tok_...`, `lnk_...` or the serial of a card of ours: what rows name it by. */
  readonly id: string;
  readonly account: string;
  readonly domain: TokenDomain | undefined;
  /** The card, or what it stands for, does not pay now, and why. */
  readonly refusal: AcceptanceOutcome | undefined;
}

/** Whose keys a card's cryptograms are checked with, and by which rules. */
export interface CardIssuer {
  readonly versions: VersionSet;
  readonly keysOf: KeysByIndex;
  readonly rules: IssuerRules;
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
  /** Undefined: nobody has keys for such a number. */
  issuerOf(number: string): Promise<CardIssuer | undefined>;
  /** Locked until the transaction ends; after the accounts. */
  lockTokens(run: Run, numbers: readonly string[]): Promise<ReadonlyMap<string, TokenNow>>;
  /** Each token once. */
  addUse(run: Run, changes: readonly TokenUsed[]): Promise<unknown>;
}

/** What keys of a card are derived from. */
export const identityOf = (number: string, sequence: string): CardIdentity => ({ pan: number, sequence });
