/**
 * Files of offline approvals: advices of an acquirer's dialect, one after the other in its frames.
 *
 * What must hold: a message that cannot be read keeps back no other, as its frame says where the next begins; a frame that cannot be
 * ends the file; what is no offline approval is not cleared, and is said to be none.
 */
import { type Bytes, decodeIso, IsoFramer, type IsoProfile, SokkinError } from '@sokkin/codec';
import type { Backend } from '../../backend.ts';
import { type Money, readRequest } from '../read-request.ts';
import type { ReadItem } from './files.ts';
import { presentedOf } from './for-desk.ts';

/** ISO 4217. */
const MONEY: Money = { letters: 'JPY', digits: '392' };

export function readIsoFile(b: Backend, acquirer: string, profile: IsoProfile, octets: Bytes): ReadItem[] {
  const framer = new IsoFramer(profile.framing);
  const { messages, failure } = framer.push(octets);
  const items = messages
    .filter((message) => message.length > 0)
    .map((message) => readMessage(b, acquirer, profile, message));
  const rest = failure ?? framer.end();
  return rest === undefined ? items : [...items, { unreadable: `The rest is in no frame: ${rest.message}` }];
}

function readMessage(b: Backend, acquirer: string, profile: IsoProfile, octets: Bytes): ReadItem {
  try {
    const message = decodeIso(profile, octets);
    const receivedAt = b.clock().getTime();
    const request = readRequest({ acquirer, profile, message, receivedAt }, MONEY);
    if (request.kind === 'unreadable')
      return { unreadable: `Field ${request.field} of the message: ${request.says}.` };
    if (request.kind !== 'offline_approval') return { unreadable: 'The message is no offline approval.' };
    const presented = presentedOf(request);
    return presented === undefined ? { unreadable: 'The message names no card.' } : { presented };
  } catch (error) {
    if (error instanceof SokkinError) return { unreadable: error.message };
    throw error;
  }
}
