/** What the engine asks of an application on the card (ISO/IEC 7816-4). */
import { type Bytes, type CommandApdu, type DataGrouping, type ResponseApdu, SW } from '@sokkin/codec';
import { type Refusal, STATUS } from '@sokkin/purse';

export interface Applet {
  readonly aid: Bytes;
  /** Called on SELECT; answers the FCI. Volatile state starts anew. */
  select(): ResponseApdu;
  /** `command.data` is whole: the engine has undone chaining. */
  process(command: CommandApdu): Promise<ResponseApdu>;
  /** Called when another applet is selected or power goes. */
  deselect(): void;
  /** Whether commands with secure messaging (class x4, xC) reach it as they came; left out: they are refused. */
  readonly secureMessaging?: true;
  /** What the security domain may do for it; left out by an applet that is not personalised. */
  readonly personalisation?: Personalisation;
  /** Whether SELECT without an AID finds it (ISO/IEC 7816-4, 11.2.2). */
  readonly isDefault?: true;
  /** Whether SELECT finds it; left out: always. */
  isSelectable?(): boolean;
  /** SELECT that is not by AID; left out by an applet that has no files. */
  selectFile?(command: CommandApdu): ResponseApdu;
}

/**
 * Personalisation of one applet by the security domain, inside a secure channel (GlobalPlatform Card
 * Specification 2.3, 7.3.3): `begin`, data groupings in any order, `finish`. Nothing counts before `finish`, but for
 * what a grouping answers with; cut off before that, it begins anew.
 */
export interface Personalisation {
  /** `conditionsNotSatisfied` if there is nothing (left) to personalise. */
  begin(): ResponseApdu;
  /** One whole grouping; a secret one comes deciphered, without its padding. */
  store(grouping: DataGrouping): Promise<ResponseApdu>;
  /** After the last one. Checks that all is there and fits together, then takes effect in one commit. */
  finish(): Promise<ResponseApdu>;
}

export const NO_DATA: Bytes = new Uint8Array(0);
export const ok = (data: Bytes = NO_DATA): ResponseApdu => ({ data, sw: SW.ok });
export const refusal = (status: Refusal): ResponseApdu => ({ data: NO_DATA, sw: STATUS[status].sw });
export const failed = (sw: number): ResponseApdu => ({ data: NO_DATA, sw });
