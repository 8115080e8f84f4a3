/**
 * An APDU exchange, decoded: every byte range of command and response with its name, the status in words.
 * Used by `sokkin trace` and wherever a conversation is shown to people.
 *
 * What must hold: PINs are never shown; any bytes at all give a trace; a chain of commands, or an answer fetched in
 * pieces, is decoded as a whole at its last piece.
 */
import { type Bytes, concat, describeSw, hex, SW } from '@sokkin/codec';
import { INS, type Instruction, STATUS, statusOfSw } from '@sokkin/purse';
import { nameObjects, type Range } from './fields.ts';

export interface TracedPart {
  /** The bytes that the ranges count in: the APDU, or the assembled data of a chain. */
  readonly bytes: Bytes;
  readonly ranges: readonly Range[];
  /** Whether `bytes` were put together from several APDUs. */
  readonly assembled: boolean;
}

export interface TracedExchange {
  /** "PAY", "PAY (piece 1)", "GET RESPONSE", "unknown instruction 99". */
  readonly title: string;
  readonly command: TracedPart;
  /** undefined: the card was lost. */
  readonly response: TracedPart | undefined;
  /** The status word in words, or that the card left. */
  readonly status: string;
}

export interface Tracer {
  exchange(command: Bytes, response: Bytes | undefined): TracedExchange;
}

const TITLES: Readonly<Record<Instruction, string>> = {
  verify: 'VERIFY',
  changeReferenceData: 'CHANGE REFERENCE DATA',
  generateKey: 'GENERATE KEY',
  select: 'SELECT',
  getResponse: 'GET RESPONSE',
  getData: 'GET DATA',
  storeData: 'STORE DATA',
  issueTicket: 'ISSUE TICKET',
  voidTicket: 'VOID TICKET',
  pay: 'PAY',
  reissue: 'REISSUE',
  settle: 'SETTLE',
  credit: 'CREDIT',
  cancel: 'CANCEL',
  statement: 'STATEMENT',
  applyGrant: 'APPLY GRANT',
  readJournal: 'READ JOURNAL',
};
const BY_INS: ReadonlyMap<number, Instruction> = new Map(
  (Object.keys(INS) as Instruction[]).map((name) => [INS[name], name]),
);
/** Their data fields hold PINs. */
const SECRET: readonly Instruction[] = ['verify', 'changeReferenceData'];
const CHAINED = 0x10;

/** Where the fields of a command APDU lie (ISO/IEC 7816-3, 12.1.3); undefined if it is none of the seven cases. */
interface Body {
  readonly lc: readonly [number, number];
  readonly data: readonly [number, number];
  readonly le: readonly [number, number];
}

export function createTracer(): Tracer {
  let chain: Bytes[] = [];
  let answer: Bytes[] = [];
  return {
    exchange(command, response) {
      const instruction = BY_INS.get(command[1] ?? -1);
      const body = bodyOf(command);
      const more = ((command[0] ?? 0) & CHAINED) !== 0;
      const data = body === undefined ? new Uint8Array(0) : command.subarray(...body.data);
      chain.push(data);
      const whole = concat(...chain);
      const pieces = chain.length;
      if (!more) chain = [];
      if (instruction !== 'getResponse') answer = [];
      const sent = traceCommand(command, body, instruction, more || pieces > 1);
      const assembled: TracedPart = { bytes: whole, ranges: nameData(whole, instruction), assembled: true };
      const received = response === undefined ? undefined : traceResponse(response, answer);
      const title =
        instruction === undefined
          ? `unknown instruction ${hex(command.subarray(1, 2))}`
          : TITLES[instruction];
      return {
        title: more || pieces > 1 ? `${title} (piece ${pieces}${more ? '' : ', the last'})` : title,
        command: pieces > 1 && !more ? assembled : sent,
        response: received,
        status: response === undefined ? 'the card was lost' : statusText(response),
      };
    },
  };
}

function traceCommand(
  bytes: Bytes,
  body: Body | undefined,
  instruction: Instruction | undefined,
  partial: boolean,
): TracedPart {
  const title = instruction === undefined ? 'unknown' : TITLES[instruction];
  const ranges: Range[] = [];
  const add = (start: number, end: number, name: string, text: string) => {
    if (start < end) ranges.push({ start, end, name, text, depth: 0 });
  };
  add(0, Math.min(1, bytes.length), 'CLA', `${hex(bytes.subarray(0, 1))}${classText(bytes[0] ?? 0)}`);
  add(1, Math.min(2, bytes.length), 'INS', `${hex(bytes.subarray(1, 2))} ${title}`);
  add(2, Math.min(4, bytes.length), 'P1-P2', hex(bytes.subarray(2, 4)));
  if (body === undefined) {
    add(4, bytes.length, '? no length fields that make sense', hex(bytes.subarray(4)));
    return { bytes, ranges, assembled: false };
  }
  const number = ([start, end]: readonly [number, number]) =>
    bytes.subarray(start, end).reduce((n, b) => n * 256 + b, 0);
  add(...body.lc, 'Lc', `${number(body.lc)}`);
  const [start, end] = body.data;
  if (partial) add(start, end, 'data', `${end - start} bytes of a chain`);
  else ranges.push(...nameRange(bytes, start, end, instruction));
  add(...body.le, 'Le', `${number(body.le) || (body.le[1] - body.le[0] === 1 ? 256 : 65536)}`);
  return { bytes, ranges, assembled: false };
}

const classText = (cla: number): string => ((cla & CHAINED) === 0 ? '' : ' (more follows)');

function nameRange(bytes: Bytes, start: number, end: number, instruction: Instruction | undefined): Range[] {
  if (start === end) return [];
  return nameData(bytes.subarray(start, end), instruction).map((r) => ({
    ...r,
    start: r.start + start,
    end: r.end + start,
  }));
}

function nameData(data: Bytes, instruction: Instruction | undefined): Range[] {
  if (data.length === 0) return [];
  if (instruction !== undefined && SECRET.includes(instruction))
    return [{ start: 0, end: data.length, name: 'PIN (not shown)', text: '', depth: 0 }];
  if (instruction === 'select')
    return [{ start: 0, end: data.length, name: 'application identifier', text: hex(data), depth: 0 }];
  return nameObjects(data);
}

function traceResponse(bytes: Bytes, answer: Bytes[]): TracedPart {
  const end = Math.max(0, bytes.length - 2);
  const data = bytes.subarray(0, end);
  answer.push(data);
  const swRange = (at: number): Range => ({
    start: at,
    end: at + Math.min(2, bytes.length),
    name: 'SW1-SW2',
    text: statusText(bytes),
    depth: 0,
  });
  const more = bytes[end] === SW.moreData >> 8;
  if (!more && answer.length > 1) {
    const whole = concat(...answer);
    return {
      bytes: concat(whole, bytes.subarray(end)),
      ranges: [...nameObjects(whole), swRange(whole.length)],
      assembled: true,
    };
  }
  const piece: Range = { start: 0, end, name: 'data', text: `${end} bytes, more to come`, depth: 0 };
  const ranges = end === 0 ? [] : more ? [piece] : nameObjects(data);
  return { bytes, ranges: [...ranges, swRange(end)], assembled: false };
}

function statusText(response: Bytes): string {
  if (response.length < 2) return 'no status word';
  const sw = ((response.at(-2) ?? 0) << 8) | (response.at(-1) ?? 0);
  const own = statusOfSw(sw);
  const code = sw.toString(16).toUpperCase();
  return own === undefined ? describeSw(sw) : `${code} ${own}: ${STATUS[own].says}`;
}

function bodyOf(c: Bytes): Body | undefined {
  const n = c.length;
  if (n < 4) return undefined;
  const at = (lc: number, size: number, le: number): Body => ({
    lc: [4, 4 + lc],
    data: [4 + lc, 4 + lc + size],
    le: [4 + lc + size, 4 + lc + size + le],
  });
  if (n === 4) return at(0, 0, 0);
  if (n === 5) return at(0, 0, 1);
  const first = c[4] ?? 0;
  if (first !== 0) return n === 5 + first || n === 6 + first ? at(1, first, n - 5 - first) : undefined;
  if (n === 7) return at(0, 0, 3);
  const lc = ((c[5] ?? 0) << 8) | (c[6] ?? 0);
  return n === 7 + lc || n === 9 + lc ? at(3, lc, n - 7 - lc) : undefined;
}

/** The trace as lines for a terminal; no colour. */
export function traceLines(traced: TracedExchange): string[] {
  const lines = [
    `> ${traced.title}  (${traced.command.bytes.length} bytes${traced.command.assembled ? ' put together' : ''})`,
  ];
  lines.push(...rangeLines(traced.command));
  if (traced.response === undefined) return [...lines, `< ${traced.status}`];
  const { response } = traced;
  lines.push(
    `< ${traced.status}  (${response.bytes.length} bytes${response.assembled ? ' put together' : ''})`,
  );
  lines.push(...rangeLines(response).slice(0, -1));
  return lines;
}

function rangeLines({ ranges, bytes }: TracedPart): string[] {
  const width = String(bytes.length).length;
  return ranges.map(({ start, end, name, text, depth }) => {
    const where = `${String(start).padStart(width)}..${String(end - 1).padEnd(width)}`;
    return `    ${where}  ${'  '.repeat(depth)}${name}${text === '' ? '' : `: ${text}`}`;
  });
}
