/**
 * The three messages as they are shown to somebody who only sees or reads them: in codes on a screen, or in an NFC tag (docs/spec/card-application.md, 9.4).
 * What comes first says which it is.
 *
 * What must hold: parsing proves nothing: `believe...` does.
 */
import { amountBytes, type Bytes, concat, decodeTlvs, SokkinError } from '@sokkin/codec';
import { OBJECT, object, TAG_FILE_SIZE, TAG_RECORD_TYPE } from '@sokkin/purse';
import { type CarriedPayment, type CarriedReceipt, type CarriedTicket, decodeCarried } from '../carried.ts';
import { parseTagRequest, type TagRequestShown } from '../type4.ts';

export type ShownMessage =
  | { readonly kind: 'request'; readonly request: TagRequestShown }
  | { readonly kind: 'payment'; readonly payment: CarriedPayment }
  | { readonly kind: 'receipt'; readonly receipt: CarriedReceipt };

/** Of the one record of a tag, where no APDUs are seen: its external type, and the most that it holds. */
export const TAG_MESSAGE = { recordType: TAG_RECORD_TYPE, most: TAG_FILE_SIZE } as const;

/** A ticket, and how much of it is asked for. */
export const encodeRequest = ({ message, chain }: CarriedTicket, amount: bigint): Bytes =>
  concat(
    object('ticket', message),
    object('amount', amountBytes(amount)),
    object('purse', chain.leaf.bytes),
    object('issuer', chain.issuer.bytes),
  );

export function parseShown(objects: Bytes): ShownMessage {
  const [first] = decodeTlvs(objects);
  switch (first?.tag) {
    case OBJECT.ticket:
      return { kind: 'request', request: parseTagRequest(objects) };
    case OBJECT.payment:
      return { kind: 'payment', payment: decodeCarried('payment', objects) };
    case OBJECT.receipt:
      return { kind: 'receipt', receipt: decodeCarried('receipt', objects) };
    default:
      throw new SokkinError('bad_message', 'This is neither a request nor a payment nor a receipt.');
  }
}
