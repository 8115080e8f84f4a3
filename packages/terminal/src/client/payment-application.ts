/**
 * What anybody may see of the payment application on a card (EMV Book 1, section 12; Book B, 3.3.2): where the
 * directory for readers without contacts leads, and what the records say.
 *
 * What must hold: looking changes nothing. The file locator is the answer to GET PROCESSING OPTIONS, which would use up
 * a transaction, and on a phone one use of its key; so records are read until the next one is not there.
 */
import {
  ascii,
  type Bytes,
  command,
  decodeTlv,
  digitsOf,
  fromAscii,
  hex,
  parseTemplate,
  SW,
  type Tlv,
} from '@sokkin/codec';
import { CLA, INS } from '@sokkin/purse';
import { type Answer, send } from '../exchange.ts';
import { type Outcome, ok, outcomeOf, reading, untrusted } from '../outcome.ts';
import type { ApduTransport } from '../transport.ts';

export interface PaymentApplication {
  readonly aid: Bytes;
  readonly label: string;
  /** The issuer has blocked it: it approves nothing any more. */
  readonly isBlocked: boolean;
  /** All of it: for whoever must know, and not for the screen. */
  readonly pan: string;
  readonly panLast4: string;
  /** YYYY-MM-DD, its last day. */
  readonly expiry: string;
  /** Application transaction counter: of the last transaction that was begun. */
  readonly transactionCounter: number;
}

const DIRECTORY = ascii('2PAY.SYS.DDF01');
const READ_RECORD = 0xb2;
const GET_DATA = 0xca;
const SHORT_NE = 0x100;
const NOTHING: Bytes = new Uint8Array(0);
/** Files with records of EMV's own kind (Book 3, 5.3.2.2); more records in one are no use to anybody. */
const LAST_SFI = 10;
const MOST_RECORDS = 16;
const TAG = {
  entry: 0x61,
  aid: 0x4f,
  label: 0x50,
  pan: 0x5a,
  expiry: 0x5f24,
  record: 0x70,
  counter: 0x9f36,
} as const;

/** undefined: there is none. What was selected before is not any more. */
export async function paymentApplication(
  transport: ApduTransport,
): Promise<Outcome<PaymentApplication | undefined>> {
  const directory = await selectByName(transport, DIRECTORY);
  if (directory !== 'garbled' && directory.sw === SW.fileNotFound) return ok(undefined);
  const entry = readAnswer(directory, readEntry);
  if (entry.status !== 'ok') return entry;
  const selected = await selectByName(transport, entry.value.aid);
  const isBlocked = selected !== 'garbled' && selected.sw === SW.fileDeactivated;
  if (!isBlocked) {
    const isThere = outcomeOf(selected);
    if (isThere.status !== 'ok') return isThere;
  }
  const holder = await findInRecords(transport);
  if (holder.status !== 'ok') return holder;
  const counter = readAnswer(await getData(transport, TAG.counter), readCounter);
  if (counter.status !== 'ok') return counter;
  return ok({ ...entry.value, ...holder.value, isBlocked, transactionCounter: counter.value });
}

const selectByName = (transport: ApduTransport, name: Bytes): Promise<Answer> =>
  send(transport, command(CLA.interindustry, INS.select, 0x04, 0x00, name, SHORT_NE));

const getData = (transport: ApduTransport, tag: number): Promise<Answer> =>
  send(transport, command(CLA.purse, GET_DATA, tag >> 8, tag & 0xff, NOTHING, SHORT_NE));

function readAnswer<T>(answer: Answer, read: (data: Bytes) => T): Outcome<T> {
  const outcome = outcomeOf(answer);
  return outcome.status === 'ok' ? reading(() => read(outcome.value)) : outcome;
}

function readEntry(fci: Bytes): { readonly aid: Bytes; readonly label: string } {
  const entry = find(decodeTlv(fci), TAG.entry)?.value ?? NOTHING;
  const { aid, label } = parseTemplate(
    entry,
    'directory entry',
    { aid: TAG.aid, label: TAG.label },
    { priority: 0x87, kernel: 0x9f2a },
  );
  return { aid: aid.slice(), label: fromAscii(label) };
}

const readCounter = (data: Bytes): number => {
  const { counter } = parseTemplate(data, 'transaction counter', { counter: TAG.counter });
  return counter.reduce((n, byte) => n * 256 + byte, 0);
};

type Holder = Pick<PaymentApplication, 'pan' | 'panLast4' | 'expiry'>;

async function findInRecords(transport: ApduTransport): Promise<Outcome<Holder>> {
  let pan: Bytes | undefined;
  let expiry: Bytes | undefined;
  for (let sfi = 1; sfi <= LAST_SFI; sfi++) {
    for (let number = 1; number <= MOST_RECORDS; number++) {
      const answer = await readRecord(transport, sfi, number);
      if (answer === 'garbled' || answer.sw !== SW.ok) break;
      const record = reading(() => decodeTlv(answer.data));
      if (record.status !== 'ok') return record;
      pan ??= find(record.value, TAG.pan)?.value;
      expiry ??= find(record.value, TAG.expiry)?.value;
      if (pan !== undefined && expiry !== undefined) return readHolder(pan, expiry);
    }
  }
  return untrusted('No record of the payment application shows its number and expiry.');
}

const readRecord = (transport: ApduTransport, sfi: number, number: number): Promise<Answer> =>
  send(transport, command(CLA.interindustry, READ_RECORD, number, (sfi << 3) | 4, NOTHING, SHORT_NE));

const readHolder = (pan: Bytes, expiry: Bytes): Outcome<Holder> =>
  reading(() => {
    const [yy = '', mm = '', dd = ''] = hex(expiry).match(/../g) ?? [];
    const digits = digitsOf(pan);
    return { pan: digits, panLast4: digits.slice(-4), expiry: `20${yy}-${mm}-${dd}` };
  });

function find(node: Tlv, tag: number): Tlv | undefined {
  if (node.tag === tag) return node;
  for (const child of node.children ?? []) {
    const found = find(child, tag);
    if (found !== undefined) return found;
  }
  return undefined;
}
