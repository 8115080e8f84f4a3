/**
 * Where the host meets the decisions: one message of an acquirer in, one answer out.
 *
 * What must hold: the answer is given after what it promises is on disk; the same message again has the same answer; an
 * answer says in our words what happened, and the host alone turns them into fields of the acquirer's dialect.
 */
import type { IsoMessage, IsoProfile, IsoTlv, IsoValue } from '@sokkin/codec';
import type { AcceptanceOutcome } from '@sokkin/issuer';

/** A message that could be read, whose MAC is right, of an acquirer that is known. */
export interface ShopMessage {
  /** `ins_...` of the acquirer whose connection it came by. */
  readonly acquirer: string;
  readonly profile: IsoProfile;
  readonly message: IsoMessage;
  /** When its last octet came. Milliseconds since 1970, by the back-end's clock. */
  readonly receivedAt: number;
}

export interface ShopAnswer {
  readonly outcome: AcceptanceOutcome;
  /** Minor units; 0 where nothing was approved. */
  readonly approved: bigint;
  /** Six characters (DE 38), where something was approved. */
  readonly approvalCode: string | undefined;
  /** For the card: issuer authentication data and scripts (DE 55); empty: none. */
  readonly chip: readonly IsoTlv[];
  /** Further fields of the response, by number, as the dialect's version has them. */
  readonly fields: Readonly<Record<number, IsoValue>>;
}

export interface AcceptanceDesk {
  /**
   * Of classes authorisation, financial, reversal and reconciliation; requests and advices, and their repeats. Never fails because of
   * what a message says; fails (and then has done nothing that a repeat would not find) where the store cannot be reached.
   */
  answer(message: ShopMessage): Promise<ShopAnswer>;
}
