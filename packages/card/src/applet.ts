/** What the engine asks of an application on the card (ISO/IEC 7816-4). */
import { type Bytes, type CommandApdu, type ResponseApdu, SW } from '@sokkin/codec';
import { type Refusal, STATUS } from '@sokkin/purse';

export interface Applet {
  readonly aid: Bytes;
  /** Called on SELECT; answers the FCI. Volatile state starts anew. */
  select(): ResponseApdu;
  /** `command.data` is whole: the engine has undone chaining. */
  process(command: CommandApdu): Promise<ResponseApdu>;
  /** Called when another applet is selected or power goes. */
  deselect(): void;
  /** SELECT that is not by AID; left out by an applet that has no files. */
  selectFile?(command: CommandApdu): ResponseApdu;
}

export const NO_DATA: Bytes = new Uint8Array(0);
export const ok = (data: Bytes = NO_DATA): ResponseApdu => ({ data, sw: SW.ok });
export const refusal = (status: Refusal): ResponseApdu => ({ data: NO_DATA, sw: STATUS[status].sw });
export const failed = (sw: number): ResponseApdu => ({ data: NO_DATA, sw });
