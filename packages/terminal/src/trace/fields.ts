/**
 * Naming bytes: data objects and messages cut into ranges, each with its name and its reading.
 *
 * What must hold: ranges are offsets in the bytes that were given; bytes that are not understood are shown as
 * such and never skipped; nothing here throws for any input.
 */
import {
  type Bytes,
  decodeDate,
  decodeTlvs,
  formatAmount,
  hex,
  isoOfEpoch,
  SokkinError,
  type Tlv,
} from '@sokkin/codec';
import { LIFECYCLES, OBJECT, READOUT } from '@sokkin/purse';
import {
  APPLICATION,
  AUTHORISATION,
  ENTRIES,
  type FieldRow,
  type Layout,
  MESSAGES,
  READOUTS,
  type Show,
} from './layouts.ts';

export interface Range {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly name: string;
  /** The value in words; empty for what holds other ranges. */
  readonly text: string;
  readonly depth: number;
}

/** What a tag means: a name, and the layout of its value if it is a message. */
interface Meaning {
  readonly name: string;
  readonly layout?: Layout;
  readonly show?: Show;
}

const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [OBJECT.ticket, { name: 'Ticket', layout: MESSAGES.ticket }],
  [OBJECT.payment, { name: 'Payment', layout: MESSAGES.payment }],
  [OBJECT.receipt, { name: 'Receipt', layout: MESSAGES.receipt }],
  [OBJECT.statement, { name: 'Statement', layout: MESSAGES.statement }],
  [OBJECT.grant, { name: 'Grant', layout: MESSAGES.grant }],
  [OBJECT.entry, { name: 'journal entry' }],
  [OBJECT.enrolment, { name: 'Enrolment', layout: MESSAGES.enrolment }],
  [OBJECT.amount, { name: 'amount', show: 'amount' }],
  [OBJECT.reference, { name: 'reference', show: 'hex' }],
  [OBJECT.number, { name: 'number', show: 'number' }],
  [OBJECT.pinBlock, { name: 'PIN block (not shown)', show: 'text' }],
  [OBJECT.nonce, { name: 'nonce', show: 'hex' }],
  [OBJECT.root, { name: 'root certificate' }],
  [OBJECT.issuer, { name: 'issuer certificate' }],
  [OBJECT.purse, { name: 'purse certificate' }],
  [OBJECT.authority, { name: 'authority certificate' }],
  [READOUT.summary, { name: 'summary', layout: READOUTS.summary }],
  [READOUT.limits, { name: 'limits', layout: READOUTS.limits }],
  [READOUT.openPayments, { name: 'open payments', layout: READOUTS.openPayments }],
  [READOUT.openTickets, { name: 'open tickets', layout: READOUTS.openTickets }],
  [READOUT.history, { name: 'last transactions', layout: READOUTS.history }],
  [READOUT.approvals, { name: 'open approvals', layout: READOUTS.approvals }],
  [0x6f, { name: 'FCI template' }],
  [0x84, { name: 'application identifier', show: 'hex' }],
  [0xa5, { name: 'proprietary information' }],
  [0x7f21, { name: 'certificate' }],
  [0x7f4e, { name: 'certificate body' }],
  [0x5f29, { name: 'profile', show: 'number' }],
  [0x42, { name: 'issuer reference', show: 'hex' }],
  [0x7f49, { name: 'public key' }],
  [0x06, { name: 'object identifier', show: 'hex' }],
  [0x86, { name: 'public point', show: 'hex' }],
  [0x5f20, { name: 'holder reference', show: 'hex' }],
  [0x7f4c, { name: 'holder authorisation' }],
  [0x53, { name: 'rights', layout: AUTHORISATION }],
  [0x5f25, { name: 'valid from', show: 'date' }],
  [0x5f24, { name: 'valid until', show: 'date' }],
  [0x5f37, { name: 'signature', show: 'hex' }],
]);
/** C0 means the application information inside an FCI only. */
const IN_FCI: Meaning = { name: 'application', layout: APPLICATION };

/** The data objects in the bytes, from `offset` on. */
export function nameObjects(bytes: Bytes, offset = 0, depth = 0): Range[] {
  try {
    const objects = decodeTlvs(bytes.subarray(offset), { repeatable: new Set([OBJECT.entry]) });
    return objects.flatMap((o) => nameObject(bytes, offset, o, depth, false));
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    return [unknown(bytes, offset, bytes.length, depth, error.message)];
  }
}

function nameObject(bytes: Bytes, base: number, o: Tlv, depth: number, inFci: boolean): Range[] {
  const tag = o.tag.toString(16).toUpperCase();
  const meaning = inFci && o.tag === 0xc0 ? IN_FCI : MEANINGS.get(o.tag);
  const [start, valueStart, end] = [base + o.start, base + o.valueStart, base + o.end];
  const value = bytes.subarray(valueStart, end);
  const name = `${tag} ${meaning?.name ?? 'unknown object'}`;
  const self = (text: string): Range => ({ start, end, name, text, depth });
  if (o.children !== undefined) {
    const inner = o.children.flatMap((c) => nameObject(bytes, base, c, depth + 1, inFci || o.tag === 0x6f));
    return [self(''), ...inner];
  }
  const layout = o.tag === OBJECT.entry ? ENTRIES.get(value[0] ?? -1) : meaning?.layout;
  if (layout !== undefined) return [self(''), ...nameFields(bytes, valueStart, end, layout, depth + 1)];
  return [self(show(value, meaning?.show ?? 'hex'))];
}

/** The fields of a fixed layout between two offsets. */
export function nameFields(bytes: Bytes, start: number, end: number, layout: Layout, depth: number): Range[] {
  const ranges: Range[] = [];
  let at = start;
  const take = ([name, length, how]: FieldRow): boolean => {
    if (at + length > end) return false;
    const text = show(bytes.subarray(at, at + length), how);
    ranges.push({ start: at, end: at + length, name, text, depth });
    at += length;
    return true;
  };
  for (const part of layout) {
    if (!('repeat' in part)) {
      if (!take(part)) break;
      continue;
    }
    let left = part.repeat === 'counted' ? (bytes[at - 1] ?? 0) : Number.POSITIVE_INFINITY;
    while (left-- > 0 && at < end) if (!part.rows.every(take)) break;
  }
  if (at < end) ranges.push(unknown(bytes, at, end, depth, 'not understood'));
  return ranges;
}

function unknown(bytes: Bytes, start: number, end: number, depth: number, why: string): Range {
  return { start, end, name: `? ${why}`, text: hex(bytes.subarray(start, end)), depth };
}

const TYPES: ReadonlyMap<number, string> = new Map([
  [0x01, 'Genesis'],
  [0x02, 'Ticket'],
  [0x03, 'Payment'],
  [0x04, 'Receipt'],
  [0x05, 'Void'],
  [0x06, 'Settle'],
  [0x07, 'GrantApplied'],
  [0x08, 'Approval'],
  [0x11, 'Statement'],
  [0x12, 'Refusal'],
  [0x21, 'Grant'],
  [0x31, 'Enrolment'],
]);
const ROLES: ReadonlyMap<number, string> = new Map([
  [0x01, 'root'],
  [0x02, 'issuer'],
  [0x03, 'authority'],
  [0x10, 'purse'],
  [0x11, "issuer's purse"],
]);
const ASSURANCES: readonly string[] = ['none', 'secure element', 'TEE', 'software'];
const OUTCOMES: readonly string[] = ['?', 'credited', 'cancelled'];
const ORDERS: readonly string[] = ['none', 'activate', 'block', 'terminate'];

function show(value: Bytes, how: Show): string {
  const n = value.length <= 6 ? value.reduce((sum, b) => sum * 256 + b, 0) : 0;
  switch (how) {
    case 'hex':
      return hex(value);
    case 'number':
      return String(n);
    case 'amount':
      return formatAmount(value.reduce((sum, b) => sum * 256n + BigInt(b), 0n));
    case 'date':
      return date(value);
    case 'currency':
      return hex(value).slice(1);
    case 'type':
      return TYPES.get(n) ?? `unknown (${n})`;
    case 'suite':
      return n === 1 ? 'ECDSA P-256 SHA-256' : `unknown (${n})`;
    case 'outcome':
      return OUTCOMES[n] ?? `unknown (${n})`;
    case 'order':
      return ORDERS[n] ?? `unknown (${n})`;
    case 'lifecycle':
      return LIFECYCLES[n] ?? `unknown (${n})`;
    case 'role':
      return ROLES.get(n) ?? `unknown (${n})`;
    case 'assurance':
      return ASSURANCES[n] ?? `unknown (${n})`;
    case 'text':
      return '';
  }
}

function date(value: Bytes): string {
  try {
    return isoOfEpoch(decodeDate(value));
  } catch (error) {
    if (error instanceof SokkinError) return hex(value);
    throw error;
  }
}
