/**
 * What the host writes into the log. What must hold: ids, numbers of messages, codes and times; never a number of a card, a track, a
 * PIN block, chip data or octets of a message.
 */
import type { IsoMessage } from '@sokkin/codec';
import { formatMti } from '@sokkin/codec';

export type HostLog = Readonly<
  Record<'debug' | 'info' | 'warn' | 'error', (what: Readonly<Record<string, unknown>>, says: string) => void>
>;

/** What a message is known by: type, STAN (field 11), terminal (field 41). */
export function nameOfMessage(message: IsoMessage): Readonly<Record<string, unknown>> {
  const { mti, fields } = message;
  return { mti: formatMti(mti), stan: fields.get(11), terminal: fields.get(41) };
}
