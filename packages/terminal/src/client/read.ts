/** SELECT and GET DATA: who a purse is and how it stands (docs/spec/card-application.md, sections 3 and 4.3). */
import { type Bytes, decodeTlv, equal, Reader, SokkinError, type Tlv } from '@sokkin/codec';
import { type Certificate, parseCertificate } from '@sokkin/crypto';
import {
  CLA,
  type HistoryLine,
  LIFECYCLES,
  type Lifecycle,
  type Limits,
  OBJECT,
  type OpenApproval,
  type OpenPayment,
  type OpenTicket,
  PURSE_AID,
  parseHistory,
  parseOpenApprovals,
  parseOpenPayments,
  parseOpenTickets,
  parseSummary,
  READOUT,
  readLimits,
  type ShownChain,
  type Summary,
} from '@sokkin/purse';
import type { Verifier } from '../carried.ts';
import { type Outcome, ok, reading } from '../outcome.ts';
import type { ApduTransport } from '../transport.ts';
import { call, soleTag } from './call.ts';

export interface PurseInfo {
  readonly version: number;
  readonly lifecycle: Lifecycle;
  /** Bytes of command data it takes, chained or extended. */
  readonly maxData: number;
  /** undefined: the purse is blank. Shown, not yet verified. */
  readonly certificate: Certificate | undefined;
}

const TAG_FCI = 0x6f;
const TAG_NAME = 0x84;
const TAG_PROPRIETARY = 0xa5;
const TAG_APPLICATION = 0xc0;
const SELECT_BY_NAME = 0x0400;
const NOTHING = new Uint8Array(0);

/** Makes the purse the current application and reads who it is. What was verified before (PIN) is gone. */
export async function select(transport: ApduTransport): Promise<Outcome<PurseInfo>> {
  const answer = await call(transport, 'select', PURSE_AID, 'object', SELECT_BY_NAME, CLA.interindustry);
  return answer.status === 'ok' ? reading(() => readFci(answer.value)) : answer;
}

function readFci(data: Bytes): PurseInfo {
  const fci = decodeTlv(data, { maxDepth: 8 });
  const name = child(fci, TAG_NAME);
  const proprietary = child(fci, TAG_PROPRIETARY);
  if (fci.tag !== TAG_FCI || name === undefined || proprietary === undefined || !equal(name.value, PURSE_AID))
    throw badFci();
  const info = child(proprietary, TAG_APPLICATION);
  const shown = child(proprietary, OBJECT.purse);
  if (info === undefined) throw badFci();
  const r = new Reader(info.value, 'application information');
  const [version, code, maxData] = [r.u8(), r.u8(), r.u16()];
  r.end();
  const lifecycle = LIFECYCLES[code];
  if (lifecycle === undefined) throw badFci();
  const certificate = shown === undefined ? undefined : parseCertificate(shown.value);
  return { version, lifecycle, maxData, certificate };
}

const child = (node: Tlv, tag: number): Tlv | undefined => node.children?.find((c) => c.tag === tag);
const badFci = () => new SokkinError('bad_message', 'The answer to SELECT is not that of a purse.');

/** A purse met in this tap: selected, and its certificates at hand. They are shown, not yet verified. */
export interface Met {
  readonly transport: ApduTransport;
  readonly info: PurseInfo;
  readonly chain: ShownChain;
}

/** SELECT; the issuer's certificate is read from the purse only if the device has never seen it. */
export async function meet(transport: ApduTransport, verifier: Verifier): Promise<Outcome<Met>> {
  const selected = await select(transport);
  if (selected.status !== 'ok') return selected;
  const info = selected.value;
  const leaf = info.certificate;
  if (leaf === undefined) return { status: 'wrong_lifecycle' };
  const known = verifier.trust.knownIssuers.find((c) => equal(c.subjectRef, leaf.issuerRef));
  if (known !== undefined) return ok({ transport, info, chain: { issuer: known, leaf } });
  const issuer = await issuerCertificate(transport);
  return issuer.status === 'ok' ? ok({ transport, info, chain: { issuer: issuer.value, leaf } }) : issuer;
}

async function readout<T>(
  transport: ApduTransport,
  tag: number,
  what: string,
  read: (value: Bytes) => T,
): Promise<Outcome<T>> {
  const answer = await call(transport, 'getData', NOTHING, 'list', tag);
  return answer.status === 'ok' ? reading(() => read(soleTag(answer.value, tag, what))) : answer;
}

export const summary = (t: ApduTransport): Promise<Outcome<Summary>> =>
  readout(t, READOUT.summary, 'summary', parseSummary);

export const limits = (t: ApduTransport): Promise<Outcome<Limits>> =>
  readout(t, READOUT.limits, 'limits', (value) => {
    const r = new Reader(value, 'limits');
    const found = readLimits(r);
    r.end();
    return found;
  });

export const openPayments = (t: ApduTransport): Promise<Outcome<OpenPayment[]>> =>
  readout(t, READOUT.openPayments, 'open payments', parseOpenPayments);

/** Offline EMV approvals that no Grant has settled yet. */
export const openApprovals = (t: ApduTransport): Promise<Outcome<OpenApproval[]>> =>
  readout(t, READOUT.approvals, 'open approvals', parseOpenApprovals);

export const openTickets = (t: ApduTransport): Promise<Outcome<OpenTicket[]>> =>
  readout(t, READOUT.openTickets, 'open tickets', parseOpenTickets);

/** The last transactions, newest first. */
export const history = (t: ApduTransport): Promise<Outcome<HistoryLine[]>> =>
  readout(t, READOUT.history, 'history', parseHistory);

export const rootCertificate = (t: ApduTransport): Promise<Outcome<Certificate>> =>
  readout(t, OBJECT.root, 'root', parseCertificate);

export const issuerCertificate = (t: ApduTransport): Promise<Outcome<Certificate>> =>
  readout(t, OBJECT.issuer, 'issuer', parseCertificate);
