/**
 * The reversal that the host sends by itself: of a message whose decision it could not wait for, or not hand over.
 *
 * Source: ISO 8583:1987, field 90 (original data elements); ISO 8583:1993, field 56, as public documentation has them.
 *
 * What must hold: it names its original as a reversal of the terminal's own would, so that whichever comes first takes effect and
 * the other changes nothing; it has neither track, PIN block nor chip data. It is never written in the acquirer's dialect.
 */
import { formatMti, type IsoMessage, type IsoValue } from '@sokkin/codec';
import { cardOf } from './card-of.ts';

/** Card, processing code, amounts, times, numbers, parties, currency, place of the expiry. */
const KEPT = [2, 3, 4, 7, 11, 12, 13, 14, 22, 24, 25, 32, 33, 37, 41, 42, 43, 49] as const;

export function reversalOf(original: IsoMessage): IsoMessage {
  const fields = new Map<number, IsoValue>();
  for (const number of KEPT) {
    const value = original.fields.get(number);
    if (value !== undefined) fields.set(number, value);
  }
  const card = cardOf(original);
  if (card !== undefined) fields.set(2, card);
  const { version } = original.mti;
  if (version === '1987') fields.set(90, original1987(original));
  else {
    fields.set(56, original1993(original));
    // Function code of a reversal of the whole amount.
    fields.set(24, '400');
  }
  const mti = { version, class: 'reversal', function: 'advice', origin: original.mti.origin } as const;
  return { header: original.header, mti, fields };
}

/** MTI, STAN, transmission date and time, acquirer and forwarder in eleven digits each. */
const original1987 = (message: IsoMessage): string =>
  [
    formatMti(message.mti),
    digits(message, 11, 6),
    digits(message, 7, 10),
    digits(message, 32, 11),
    digits(message, 33, 11),
  ].join('');

/** MTI, STAN, local date and time, and the acquirer as long as it is. */
const original1993 = (message: IsoMessage): string =>
  [formatMti(message.mti), digits(message, 11, 6), digits(message, 12, 12), digits(message, 32, 0)].join('');

function digits(message: IsoMessage, field: number, length: number): string {
  const value = message.fields.get(field);
  return (typeof value === 'string' ? value : '').padStart(length, '0');
}
