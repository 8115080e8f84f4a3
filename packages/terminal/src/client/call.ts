/** How every command of the client is built and its answer read. */
import { amountBytes, type Bytes, command, parseTemplate, u32 } from '@sokkin/codec';
import { CLA, INS, type Instruction, OBJECT, type ObjectName, object } from '@sokkin/purse';
import { longestNe, send } from '../exchange.ts';
import { type Outcome, outcomeOf, reading } from '../outcome.ts';
import type { ApduTransport } from '../transport.ts';

/** How much answer a command wants: none, one object, or a list of any length. */
export type Wanted = 'nothing' | 'object' | 'list';

/** Le for one object: every one fits short length. */
const NE_OBJECT = 0x100;

const neOf = (transport: ApduTransport, wanted: Wanted): number | undefined => {
  switch (wanted) {
    case 'nothing':
      return undefined;
    case 'object':
      return NE_OBJECT;
    case 'list':
      return longestNe(transport);
  }
};

/** A command of the purse's own class. */
export async function call(
  transport: ApduTransport,
  instruction: Instruction,
  data: Bytes,
  wanted: Wanted,
  p1p2 = 0x0000,
  cla: number = CLA.purse,
): Promise<Outcome<Bytes>> {
  const [p1, p2] = [p1p2 >> 8, p1p2 & 0xff];
  const c = command(cla, INS[instruction], p1, p2, data, neOf(transport, wanted));
  return outcomeOf(await send(transport, c));
}

export const amountObject = (amount: bigint): Bytes => object('amount', amountBytes(amount));
export const numberObject = (n: number): Bytes => object('number', u32(n));

/** The value of the one object that an answer must be. */
export const soleObject = (data: Bytes, name: ObjectName): Bytes => soleTag(data, OBJECT[name], name);

export const soleTag = (data: Bytes, tag: number, what: string): Bytes =>
  parseTemplate(data, `answer (${what})`, { value: tag }).value.slice();

/** The answer must be empty. */
export const expectNothing = (outcome: Outcome<Bytes>): Outcome<void> => {
  if (outcome.status !== 'ok') return outcome;
  const { length } = outcome.value;
  return length === 0
    ? { status: 'ok', value: undefined }
    : { status: 'untrusted_answer', because: `${length} bytes came that nobody asked for.` };
};

/** The answer is one object, read by `read`. */
export const expectObject = <T>(
  outcome: Outcome<Bytes>,
  name: ObjectName,
  read: (value: Bytes) => T,
): Outcome<T> => (outcome.status === 'ok' ? reading(() => read(soleObject(outcome.value, name))) : outcome);
