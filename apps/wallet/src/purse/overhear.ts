/**
 * Listens to what a reader says to this wallet's purse, for the one thing that the purse uses and does not keep: the payee's word on a payment.
 *
 * What must hold: nothing is changed, held back or believed here; a reader that says nonsense is heard as nothing.
 */
import { type Bytes, concat, decodeCommand, decodeResponse, decodeTlvs, SW } from '@sokkin/codec';
import { type Certificate, parseCertificate } from '@sokkin/crypto';
import { INS, MAX_COMMAND_DATA, OBJECT } from '@sokkin/purse';
import type { ApduTransport } from '@sokkin/terminal';

export interface HeardReceipt {
  readonly receipt: Bytes;
  readonly leaf: Certificate;
  /** undefined: one that both know. */
  readonly issuer: Certificate | undefined;
}

/** ISO/IEC 7816-4, 5.4.1. */
const CHAINED = 0x10;
const NOTHING: Bytes = new Uint8Array(0);

export function overhearing(purse: ApduTransport, hear: (heard: HeardReceipt) => void): ApduTransport {
  let begun = NOTHING;
  /** Whom PAY named: SETTLE in the same session may leave it out. */
  let payee: Pick<HeardReceipt, 'leaf' | 'issuer'> | undefined;
  const listen = (command: Bytes, response: Bytes) => {
    const { ins, cla, data } = decodeCommand(command);
    if (ins !== INS.pay && ins !== INS.settle) return;
    if (decodeResponse(response).sw !== SW.ok) return;
    const whole = concat(begun, data);
    begun = (cla & CHAINED) !== 0 && whole.length <= MAX_COMMAND_DATA ? whole : NOTHING;
    if ((cla & CHAINED) !== 0) return;
    const found = new Map(decodeTlvs(whole).map(({ tag, value }) => [tag, value.slice()]));
    const [leaf, issuer, receipt] = [OBJECT.purse, OBJECT.issuer, OBJECT.receipt].map((tag) =>
      found.get(tag),
    );
    if (leaf !== undefined)
      payee = { leaf: parseCertificate(leaf), issuer: issuer && parseCertificate(issuer) };
    if (ins === INS.settle && receipt !== undefined && payee !== undefined) hear({ receipt, ...payee });
  };
  return {
    ...purse,
    async transmit(command) {
      const response = await purse.transmit(command);
      try {
        listen(command, response);
      } catch {
        begun = NOTHING;
      }
      return response;
    },
  };
}
