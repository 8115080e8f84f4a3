/**
 * What stands between somebody else's reader and this wallet's purse, while it is held to a field.
 *
 * What must hold: nothing is paid that its holder has not agreed to: one payment, up to the amount that was shown, with the PIN that
 * was given; a reader cannot try PINs, take tickets or read the journal. What was agreed to serves for one payment, however often the
 * tap has to be repeated for it.
 */
import {
  type Bytes,
  type CommandApdu,
  concat,
  decodeCommand,
  decodeTlvs,
  encodeCommand,
  encodeResponse,
  Reader,
  SW,
} from '@sokkin/codec';
import { INS, MAX_COMMAND_DATA, OBJECT } from '@sokkin/purse';
import { type ApduTransport, verifyPin } from '@sokkin/terminal';

export interface Agreement {
  /** Minor units. */
  readonly most: bigint;
  readonly pin: string | undefined;
}

/** What a payment asked for that was refused here. */
export type Overheard =
  | { readonly kind: 'too_much'; readonly amount: bigint }
  | { readonly kind: 'pin_refused' };

const ALLOWED: ReadonlySet<number> = new Set([
  INS.select,
  INS.getResponse,
  INS.getData,
  INS.pay,
  INS.reissue,
  INS.settle,
]);
/** ISO/IEC 7816-4, 5.4.1: more of this command follows. */
const CHAINED = 0x10;

export function guarded(
  purse: ApduTransport,
  agreement: Agreement,
  hear: (what: Overheard) => void,
): { transmit(command: Bytes): Promise<Bytes> } {
  /** Of a PAY that comes in pieces: they are put together here, so that nothing comes between them in the purse. */
  let begun: Bytes = NOTHING;
  const pay = async (command: CommandApdu): Promise<Bytes> => {
    const data = concat(begun, command.data);
    begun = NOTHING;
    if (data.length > MAX_COMMAND_DATA) return refuse(SW.wrongLength);
    if ((command.cla & CHAINED) !== 0) {
      begun = data;
      return refuse(SW.ok);
    }
    const amount = amountIn(data);
    if (amount === undefined) return refuse(SW.wrongData);
    if (amount > agreement.most) {
      hear({ kind: 'too_much', amount });
      return refuse(SW.conditionsNotSatisfied);
    }
    if (agreement.pin !== undefined && (await verifyPin(purse, agreement.pin)).status !== 'ok')
      hear({ kind: 'pin_refused' });
    return purse.transmit(encodeCommand({ ...command, data }));
  };
  return {
    async transmit(octets) {
      const command = read(octets);
      if (command === undefined) return refuse(SW.wrongLength);
      if (!ALLOWED.has(command.ins)) return refuse(SW.insNotSupported);
      if (command.ins === INS.pay) return pay(command);
      begun = NOTHING;
      return purse.transmit(octets);
    },
  };
}

const NOTHING: Bytes = new Uint8Array(0);
const refuse = (sw: number): Bytes => encodeResponse({ data: NOTHING, sw });

function read(octets: Bytes): CommandApdu | undefined {
  try {
    return decodeCommand(octets);
  } catch {
    return undefined;
  }
}

function amountIn(data: Bytes): bigint | undefined {
  try {
    const found = decodeTlvs(data).find(({ tag }) => tag === OBJECT.amount);
    if (found === undefined) return undefined;
    const reader = new Reader(found.value, 'amount');
    const amount = reader.u64();
    reader.end();
    return amount;
  } catch {
    return undefined;
  }
}
