/** Messages, certificates and states as JSON: bytes in lower-case hexadecimal, amounts as decimal text. */
import type { FactoryKeys } from '@sokkin/card';
import { type Bytes, decodeTlvs, hex, isoOfEpoch, Reader, type Tlv } from '@sokkin/codec';
import { ASSURANCE, type Certificate, parseCertificate, ROLE, sha256 } from '@sokkin/crypto';
import {
  census,
  idOf,
  type Limits,
  OBJECT,
  type PurseState,
  parseBlockListBody,
  parseEnrolmentBody,
  parseEntry,
  parseGrantBody,
  parseHistory,
  parseOpenApprovals,
  parseOpenPayments,
  parseOpenTickets,
  parseReceiptBody,
  parseStatementBody,
  parseSummary,
  READOUT,
  readLimits,
  SIGNATURE_LENGTH,
  TYPE,
} from '@sokkin/purse';
import type { Person } from './people.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Fields in the JSON of the vectors. `epoch` and dates are days, written as people do. */
export function showFields(fields: object): { [key: string]: Json } {
  const shown: { [key: string]: Json } = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || name === 'kind') continue;
    shown[name] = showValue(name, value);
  }
  return shown;
}

const DAYS = ['epoch', 'effective', 'expiration'];

function showValue(name: string, value: unknown): Json {
  if (value instanceof Uint8Array) return hex(value);
  if (value instanceof BigUint64Array) return [...value].map((reference) => hex(idOf(reference)));
  if (typeof value === 'bigint') return value.toString();
  if (name === 'currency' && typeof value === 'number') return value.toString(16).padStart(4, '0');
  if (DAYS.includes(name) && typeof value === 'number') return isoOfEpoch(value);
  if (Array.isArray(value)) return value.map((v) => showValue(name, v));
  if (typeof value === 'object' && value !== null) return showFields(value);
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  throw new Error(`${name} has no place in a vector`);
}

const NAMES: Readonly<Record<number, string>> = {
  [TYPE.genesis]: 'Genesis',
  [TYPE.ticket]: 'Ticket',
  [TYPE.payment]: 'Payment',
  [TYPE.receipt]: 'Receipt',
  [TYPE.void]: 'Void',
  [TYPE.settle]: 'Settle',
  [TYPE.grantApplied]: 'GrantApplied',
  [TYPE.approval]: 'Approval',
  [TYPE.statement]: 'Statement',
  [TYPE.refusal]: 'Refusal',
  [TYPE.grant]: 'Grant',
  [TYPE.blockList]: 'BlockList',
  [TYPE.enrolment]: 'Enrolment',
};

function fieldsOf(body: Bytes): object {
  switch (body[0]) {
    case TYPE.statement:
      return parseStatementBody(body);
    case TYPE.refusal:
      return parseReceiptBody(body);
    case TYPE.grant:
      return parseGrantBody(body);
    case TYPE.blockList:
      return parseBlockListBody(body);
    case TYPE.enrolment:
      return parseEnrolmentBody(body);
    default:
      return parseEntry(body).fields;
  }
}

export interface ShownMessage {
  readonly message: string;
  readonly fields: { readonly [key: string]: Json };
  readonly body: string;
  readonly hash: string;
  readonly signature?: string;
}

export function showBody(body: Bytes, signature?: Bytes): ShownMessage {
  const message = NAMES[body[0] ?? 0] ?? 'unknown';
  const shown = { message, fields: showFields(fieldsOf(body)), body: hex(body), hash: hex(sha256(body)) };
  return signature === undefined ? shown : { ...shown, signature: hex(signature) };
}

/** A message as it travels: body, then signature. */
export const showMessage = (bytes: Bytes): ShownMessage => {
  const end = bytes.length - SIGNATURE_LENGTH;
  return showBody(bytes.slice(0, end), bytes.slice(end));
};

const roleName = (role: number): string => Object.entries(ROLE).find(([, code]) => code === role)?.[0] ?? '';
const assuranceName = (code: number): string =>
  Object.entries(ASSURANCE).find(([, c]) => c === code)?.[0] ?? '';

export function showCertificate(c: Certificate): { [key: string]: Json } {
  const { bytes, body, signature, role, assurance, ...fields } = c;
  return {
    fields: { ...showFields(fields), role: roleName(role), assurance: assuranceName(assurance) },
    body: hex(body),
    bodyHash: hex(sha256(body)),
    signature: hex(signature),
    certificate: hex(bytes),
  };
}

export const showPerson = (p: Person): { [key: string]: Json } => ({
  name: p.name,
  id: hex(p.certificate.subjectRef),
  certifiedBy: p.issuer?.name ?? p.name,
  privateKey: hex(p.scalar),
  publicKey: hex(p.certificate.publicKey),
  certificate: hex(p.certificate.bytes),
});

/** The keys that a card leaves its factory with (docs/spec/card-application.md, section 10.7). */
export const showFactory = ({ diversification, keys }: FactoryKeys): { [key: string]: Json } => ({
  diversification: hex(diversification),
  ...showFields(keys),
});

export interface After {
  readonly lifecycle: string;
  readonly balance: string;
  readonly pending: string;
  readonly reserved: string;
  readonly seq: number;
  readonly head: string;
}

export function showState(state: PurseState): After {
  const { pending, reserved } = census(state);
  return {
    lifecycle: state.lifecycle,
    balance: state.balance.toString(),
    pending: pending.toString(),
    reserved: reserved.toString(),
    seq: state.seq,
    head: hex(state.head),
  };
}

const limitsOf = (bytes: Bytes): Limits => readLimits(new Reader(bytes, 'limits'));

/** The answer to SELECT (docs/spec/card-application.md, section 3.1). */
function showFci(children: readonly Tlv[]): Json {
  const shown: { [key: string]: Json } = {};
  for (const o of children.flatMap((c) => (c.tag === 0xa5 ? (c.children ?? []) : [c]))) {
    if (o.tag === 0x84) shown.aid = hex(o.value);
    if (o.tag === OBJECT.purse) shown.certificate = hex(parseCertificate(o.value).subjectRef);
    if (o.tag !== 0xc0) continue;
    const r = new Reader(o.value, 'application information');
    Object.assign(shown, { version: r.u8(), lifecycle: r.u8(), longestData: r.u16() });
  }
  return shown;
}

/** The objects of an answer, decoded. */
export function showAnswer(data: Bytes): Json[] {
  if (data.length === 0) return [];
  return decodeTlvs(data, { repeatable: new Set([OBJECT.entry]) }).map((o): Json => {
    switch (o.tag) {
      case OBJECT.ticket:
      case OBJECT.payment:
      case OBJECT.receipt:
      case OBJECT.statement:
      case OBJECT.enrolment:
        return { ...showMessage(o.value) };
      case OBJECT.entry:
        return { ...showBody(o.value) };
      case OBJECT.root:
      case OBJECT.issuer:
      case OBJECT.purse:
        return { certificate: hex(parseCertificate(o.value).subjectRef) };
      case READOUT.summary:
        return { summary: showFields(parseSummary(o.value)) };
      case READOUT.limits:
        return { limits: showFields(limitsOf(o.value)) };
      case READOUT.openPayments:
        return { openPayments: parseOpenPayments(o.value).map(showFields) };
      case READOUT.openTickets:
        return { openTickets: parseOpenTickets(o.value).map(showFields) };
      case READOUT.history:
        return { history: parseHistory(o.value).map((line) => ({ what: line.kind, ...showFields(line) })) };
      case READOUT.approvals:
        return { openApprovals: parseOpenApprovals(o.value).map(showFields) };
      case 0x6f:
        return { fci: showFci(o.children ?? []) };
      default:
        return { object: o.tag.toString(16).toUpperCase(), value: hex(o.value) };
    }
  });
}
