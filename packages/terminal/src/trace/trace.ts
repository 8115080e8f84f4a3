/**
 * An APDU exchange, decoded: every byte range of command and response with its name, the status in words.
 * Used by `sokkin trace` and wherever a conversation is shown to people.
 *
 * What must hold: bytes are named by the application that is selected, the purse if none was yet; PINs are never
 * shown; any bytes at all give a trace; a chain of commands, or an answer fetched in pieces, is decoded as a whole
 * at its last piece.
 */
import { type Bytes, concat, hex, SW } from '@sokkin/codec';
import {
  type Application,
  allOf,
  bringsSecrets,
  GET_RESPONSE,
  type Header,
  isDone,
  moved,
  SELECT,
} from './application.ts';
import type { Range } from './fields.ts';
import { purseApplication } from './purse.ts';
import { createSelection } from './selection.ts';

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

const CHAINED = 0x10;
const HIDDEN = 'data (not shown)';

/** Where the fields of a command APDU lie (ISO/IEC 7816-3, 12.1.3); undefined if it is none of the seven cases. */
interface Body {
  readonly lc: readonly [number, number];
  readonly data: readonly [number, number];
  readonly le: readonly [number, number];
}

export function createTracer(): Tracer {
  const selection = createSelection();
  let selected: Application = purseApplication;
  let chain: Bytes[] = [];
  let hidden: string | undefined;
  /** Whether an earlier piece of the chain may hold a secret, whatever the last one is called. */
  let carried = false;
  let answer: Bytes[] = [];
  /** The command whose answer comes, perhaps by GET RESPONSE, and its data. */
  let asked = headerOf(new Uint8Array(0));
  let askedData: Bytes = new Uint8Array(0);

  /** Whose names count for an exchange: those of the application that a SELECT leads to. */
  function follow(sw: number): Application {
    if (!isSelectByName(asked)) return selected;
    const whole = concat(...answer);
    if (isDone(sw)) {
      selected = selection.byAnswer(askedData, whole);
      return selected;
    }
    return selection.byName(askedData) ?? selected;
  }

  return {
    exchange(command, response) {
      const header = headerOf(command);
      const body = bodyOf(command);
      const more = (header.cla & CHAINED) !== 0;
      chain.push(body === undefined ? new Uint8Array(0) : command.subarray(...body.data));
      const whole = concat(...chain);
      const pieces = chain.length;
      if (header.ins !== GET_RESPONSE) {
        answer = [];
        asked = header;
        askedData = whole;
      }
      const sw = response === undefined ? undefined : swOf(response);
      const end = Math.max(0, (response?.length ?? 0) - 2);
      if (response !== undefined) answer.push(response.subarray(0, end));
      const names = follow(sw ?? 0);
      hidden = names.secret(header) ?? hidden ?? (carried && !bringsSecrets(header.ins) ? HIDDEN : undefined);
      carried ||= bringsSecrets(header.ins);
      const naming: Naming = { names, header, hidden };
      const title = names.title(header);
      const sent = traceCommand(command, body, naming, more || pieces > 1);
      const assembled: TracedPart = { bytes: whole, ranges: nameData(whole, naming), assembled: true };
      const received =
        response === undefined ? undefined : traceResponse(response, answer, { ...naming, header: asked });
      const status =
        response === undefined ? 'the card was lost' : statusText(response, { ...naming, header: asked });
      if (sw !== undefined && sw >> 8 !== SW.moreData >> 8) names.over(asked, concat(...answer), sw);
      if (!more) {
        chain = [];
        hidden = undefined;
        carried = false;
      }
      const named = title ?? `unknown instruction ${hex(command.subarray(1, 2))}`;
      return {
        title: more || pieces > 1 ? `${named} (piece ${pieces}${more ? '' : ', the last'})` : named,
        command: pieces > 1 && !more ? assembled : sent,
        response: received,
        status,
      };
    },
  };
}

/** Who names the bytes of an exchange, and what of them stays hidden, also over the pieces of a chain. */
interface Naming {
  readonly names: Application;
  readonly header: Header;
  readonly hidden: string | undefined;
}

const headerOf = ([cla = 0, ins = 0, p1 = 0, p2 = 0]: Iterable<number> & Bytes): Header => ({
  cla,
  ins,
  p1,
  p2,
});
const isSelectByName = ({ ins, p1 }: Header): boolean => ins === SELECT && p1 === 0x04;
const swOf = (response: Bytes): number => ((response.at(-2) ?? 0) << 8) | (response.at(-1) ?? 0);

function traceCommand(bytes: Bytes, body: Body | undefined, naming: Naming, partial: boolean): TracedPart {
  const { names, header, hidden } = naming;
  const ranges: Range[] = [];
  const add = (start: number, end: number, name: string, text: string) => {
    if (start < end) ranges.push({ start, end, name, text, depth: 0 });
  };
  add(0, Math.min(1, bytes.length), 'CLA', `${hex(bytes.subarray(0, 1))}${classText(bytes[0] ?? 0)}`);
  add(
    1,
    Math.min(2, bytes.length),
    'INS',
    `${hex(bytes.subarray(1, 2))} ${names.title(header) ?? 'unknown'}`,
  );
  const parameters = bytes.length < 4 ? '' : names.parameters(header);
  add(2, Math.min(4, bytes.length), 'P1-P2', `${hex(bytes.subarray(2, 4))}${parameters && ` ${parameters}`}`);
  if (body === undefined) {
    const isSecret = hidden !== undefined || bringsSecrets(header.ins);
    const text = isSecret ? '(not shown)' : hex(bytes.subarray(4));
    add(4, bytes.length, '? no length fields that make sense', text);
    return { bytes, ranges, assembled: false };
  }
  const number = ([start, end]: readonly [number, number]) =>
    bytes.subarray(start, end).reduce((n, b) => n * 256 + b, 0);
  add(...body.lc, 'Lc', `${number(body.lc)}`);
  const [start, end] = body.data;
  if (partial) add(start, end, 'data', `${end - start} bytes of a chain`);
  else ranges.push(...moved(nameData(bytes.subarray(start, end), naming), start));
  add(...body.le, 'Le', `${number(body.le) || (body.le[1] - body.le[0] === 1 ? 256 : 65536)}`);
  return { bytes, ranges, assembled: false };
}

const classText = (cla: number): string => ((cla & CHAINED) === 0 ? '' : ' (more follows)');

function nameData(data: Bytes, { names, header, hidden }: Naming): Range[] {
  if (data.length === 0) return [];
  return hidden === undefined ? names.data(header, data) : allOf(data, hidden, '');
}

/** `answer`: the pieces up to and with this one. */
function traceResponse(bytes: Bytes, answer: readonly Bytes[], naming: Naming): TracedPart {
  const { names, header } = naming;
  const end = Math.max(0, bytes.length - 2);
  const data = bytes.subarray(0, end);
  const swRange = (at: number): Range => ({
    start: at,
    end: at + Math.min(2, bytes.length),
    name: 'SW1-SW2',
    text: statusText(bytes, naming),
    depth: 0,
  });
  const more = bytes[end] === SW.moreData >> 8;
  if (!more && answer.length > 1) {
    const whole = concat(...answer);
    return {
      bytes: concat(whole, bytes.subarray(end)),
      ranges: [...names.answer(header, whole), swRange(whole.length)],
      assembled: true,
    };
  }
  const piece: Range = { start: 0, end, name: 'data', text: `${end} bytes, more to come`, depth: 0 };
  const ranges = end === 0 ? [] : more ? [piece] : names.answer(header, data);
  return { bytes, ranges: [...ranges, swRange(end)], assembled: false };
}

const statusText = (response: Bytes, { names, header }: Naming): string =>
  response.length < 2 ? 'no status word' : names.status(header, swOf(response));

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
