/**
 * One command to its end, over a reader that may know only short length (ISO/IEC 7816-4, 5.3.3 and 5.3.4;
 * docs/spec/card-application.md, section 3): command chaining, GET RESPONSE on 61xx, the right Le on 6Cxx.
 *
 * What must hold: a purse that answers nonsense, or announces data for ever, ends in `garbled` and cannot hold
 * the terminal up.
 */
import {
  type Bytes,
  type CommandApdu,
  chain,
  command,
  concat,
  decodeResponse,
  encodeCommand,
  type ResponseApdu,
  SokkinError,
  SW,
} from '@sokkin/codec';
import { INS } from '@sokkin/purse';
import type { ApduTransport } from './transport.ts';

/** The whole answer, or `garbled` if the bytes are no response APDU, or one without end. */
export type Answer = ResponseApdu | 'garbled';

const SHORT_NE = 0x100;
const EXTENDED_NE = 0x1_0000;
/** More than any purse has to say. */
const LONGEST_ANSWER = 0x1_0000;

/** The most that can be asked for in one exchange. */
export const longestNe = (transport: ApduTransport): number => (transport.extended ? EXTENDED_NE : SHORT_NE);

export async function send(transport: ApduTransport, c: CommandApdu): Promise<Answer> {
  const first = await sendOnce(transport, c);
  if (first === 'garbled') return first;
  if ((first.sw & 0xff00) !== SW.wrongLe) return first;
  // Le was wrong: once more with the Le that the purse names. A second complaint is an answer like any other.
  return sendOnce(transport, { ...c, ne: first.sw & 0xff || SHORT_NE });
}

async function sendOnce(transport: ApduTransport, c: CommandApdu): Promise<Answer> {
  const pieces = transport.extended ? [c] : chain({ ...c, ne: c.ne && Math.min(c.ne, SHORT_NE) });
  let answer: Answer = 'garbled';
  for (const [i, piece] of pieces.entries()) {
    answer = await exchange(transport, piece);
    if (answer === 'garbled') return answer;
    if (i < pieces.length - 1 && answer.sw !== SW.ok) return answer;
  }
  return fetchRest(transport, answer);
}

async function fetchRest(transport: ApduTransport, begun: Answer): Promise<Answer> {
  let answer = begun;
  let data: Bytes = new Uint8Array(0);
  for (;;) {
    if (answer === 'garbled') return answer;
    data = concat(data, answer.data);
    if ((answer.sw & 0xff00) !== SW.moreData) return { data, sw: answer.sw };
    if (data.length > LONGEST_ANSWER) return 'garbled';
    const before = answer.data.length;
    const ne = answer.sw & 0xff || SHORT_NE;
    answer = await exchange(transport, command(0x00, INS.getResponse, 0, 0, new Uint8Array(0), ne));
    if (answer !== 'garbled' && answer.data.length === 0 && before === 0) return 'garbled';
  }
}

async function exchange(transport: ApduTransport, c: CommandApdu): Promise<Answer> {
  const bytes = await transport.transmit(encodeCommand(c, transport.extended ? {} : { extended: false }));
  try {
    return decodeResponse(bytes);
  } catch (error) {
    if (error instanceof SokkinError) return 'garbled';
    throw error;
  }
}
