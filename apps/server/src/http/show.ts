/** Rows as the API shows them. */
import { type Bytes, hex, isoOfEpoch } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import {
  type AccountEntry,
  type AccountRow,
  type AlertRow,
  type Audit,
  FIRST_ISSUER,
  type FundingRow,
  type PurseRow,
  type RedemptionRow,
} from '@sokkin/issuer';
import { STATUS } from '@sokkin/purse';
import { type Backend, lineFor, lineOfPayer, lineOfPurse, purseName } from '../backend.ts';
import type { Signer } from '../keys/pki.ts';
import { stateOf } from '../operations/fleet-rules.ts';
import { signerOf } from '../operations/issuer-journal.ts';
import type { RedemptionAnswer } from '../operations/redemption.ts';
import type { SyncAnswer } from '../operations/uploads/upload.ts';
import { CURRENCY } from './schemas.ts';

const currency = CURRENCY;
const iso = (at: Date): string => at.toISOString();

export const showAccount = (a: AccountRow) => ({
  id: a.id,
  name: a.name,
  kind: a.kind,
  institution: a.institution,
  party: a.party ?? null,
  anonymous: a.isAnonymous,
  balance: a.balance.toString(),
  held: a.held.toString(),
  currency,
  created_at: iso(a.createdAt),
});

export const showEntry = (e: AccountEntry) => ({
  id: e.id,
  kind: e.kind,
  reference: e.reference,
  amount: e.amount.toString(),
  balance_after: e.balanceAfter.toString(),
  currency,
  at: iso(e.at),
});

export const showPurse = (b: Backend, p: PurseRow) => ({
  id: purseName(p.id),
  account: p.accountId,
  device: p.device ?? null,
  assurance: p.assurance,
  tier: p.tier,
  anonymous: p.isAnonymous,
  status: p.lifecycle === 'blank' ? ('enrolled' as const) : p.lifecycle,
  state: stateOf(b, p),
  blocked: p.isBlocked,
  waits_for_holder: p.isHeld,
  pin_tries: showPinReset(p.pinReset),
  expires: isoOfEpoch(parseCertificate(p.certificate).expiration),
  retired_at: p.retiredAt === undefined ? null : iso(p.retiredAt),
  replaces: p.replaces === undefined ? null : purseName(p.replaces),
  replaced_by: p.replacedBy === undefined ? null : purseName(p.replacedBy),
  acknowledged: {
    seq: p.seq,
    balance: p.balance.toString(),
    at: p.lastSyncAt === undefined ? null : iso(p.lastSyncAt),
  },
  currency,
  last_sync_at: p.lastSyncAt === undefined ? null : iso(p.lastSyncAt),
  created_at: iso(p.createdAt),
  certificate: hex(p.certificate),
});

function showPinReset(reset: PurseRow['pinReset']) {
  if (reset === undefined) return null;
  const { askedAt, askedBy, firstGrant, givenAt } = reset;
  const state = givenAt !== undefined ? 'given' : firstGrant !== undefined ? 'carried' : 'waiting';
  const given_at = givenAt === undefined ? null : iso(givenAt);
  return { asked_at: iso(askedAt), asked_by: askedBy, state, given_at } as const;
}

const bytesOf = (signer: Signer): string => hex(signer.certificate.bytes);

/** What a purse gets at its birth. */
export const certificatesOf = (b: Backend, certificate: Bytes) => ({
  root: hex(b.pki.root.bytes),
  issuer: bytesOf(lineOfPurse(b, parseCertificate(certificate)).issuer),
  purse: hex(certificate),
});

export const showPki = (b: Backend) => {
  const first = lineFor(b, FIRST_ISSUER);
  return {
    currency,
    root: hex(b.pki.root.bytes),
    issuers: b.pki.lines.map((line) => ({
      id: hex(line.issuer.certificate.subjectRef),
      certificate: bytesOf(line.issuer),
      current: line.isCurrent,
      authority: bytesOf(line.authority),
      issuer_purse: bytesOf(line.issuerPurse),
    })),
    authority: bytesOf(first.authority),
    issuer_purse: bytesOf(first.issuerPurse),
  };
};

/** The chain of the issuer's purse that signed `message`. */
async function chainOf(b: Backend, issuerPurse: string, message: Bytes) {
  const line = lineOfPayer(b, issuerPurse);
  return { issuer: bytesOf(line.issuer), purse: bytesOf(await signerOf(b, line, message)) };
}

export const showFunding = async (b: Backend, f: FundingRow) => ({
  id: f.id,
  status: f.status,
  account: f.accountId,
  purse: purseName(f.purse),
  ticket_no: f.ticketNo,
  amount: f.amount.toString(),
  currency,
  payment: hex(f.payment),
  payer: await chainOf(b, f.payer, f.payment),
  created_at: iso(f.createdAt),
});

const orNull = (bytes: Bytes | undefined): string | null => (bytes === undefined ? null : hex(bytes));

export const showRedemption = async (b: Backend, r: RedemptionRow) => ({
  id: r.id,
  status: r.status,
  account: r.accountId,
  purse: purseName(r.purse),
  max_amount: r.maxAmount.toString(),
  amount: r.amount === undefined ? null : r.amount.toString(),
  currency,
  ticket: hex(r.ticket),
  payee: await chainOf(b, r.payee, r.ticket),
  receipt: orNull(r.receipt),
  created_at: iso(r.createdAt),
});

export const showRedemptionAnswer = async (b: Backend, answer: RedemptionAnswer) => ({
  id: answer.redemption.id,
  status: answer.outcome,
  amount: answer.amount.toString(),
  currency,
  receipt: hex(answer.receipt),
  payee: await chainOf(b, answer.redemption.payee, answer.receipt),
});

export const showSync = (s: SyncAnswer) => ({
  id: s.id,
  acknowledged_seq: s.acknowledgedSeq,
  grant: hex(s.grant),
  authority: hex(s.authority),
  deliveries: {
    payments: s.payments.map((d) => ({
      payment: hex(d.message),
      payer: { issuer: hex(d.issuer), purse: hex(d.purse) },
    })),
    receipts: s.receipts.map((d) => ({
      receipt: hex(d.message),
      payee: { issuer: hex(d.issuer), purse: hex(d.purse) },
    })),
  },
  refused: s.refused.map(({ list, index, status }) => ({
    list,
    index,
    code: status,
    detail: STATUS[status].says,
  })),
});

const decimal = (amounts: Readonly<Record<string, bigint>>): Record<string, string> =>
  Object.fromEntries(Object.entries(amounts).map(([name, value]) => [name, value.toString()]));

export const showAudit = (a: Audit, at: Date) => ({
  holds: a.holds,
  currency,
  issued: a.issued.toString(),
  online: a.online.toString(),
  offline: a.offline.toString(),
  in_flight: a.inFlight.toString(),
  on_its_way: a.onItsWay.toString(),
  counted_twice: a.countedTwice.toString(),
  inFlight: a.inFlight.toString(),
  approvals: a.approvals.toString(),
  refunded: a.refunded.toString(),
  redeemed: a.redeemed.toString(),
  equations: a.equations.map((e) => ({
    name: e.name,
    says: e.says,
    left: e.left.toString(),
    right: e.right.toString(),
    terms: decimal(e.terms),
    holds: e.holds,
  })),
  at: iso(at),
});

export const showAlert = (a: AlertRow) => ({
  id: a.id,
  kind: a.kind,
  severity: a.severity,
  status: a.status,
  purse: purseName(a.purse),
  says: a.says,
  evidence: { ...Object(a.evidence) },
  created_at: iso(a.createdAt),
  closed_at: a.closedAt === undefined ? null : iso(a.closedAt),
  closed_by: a.closedBy ?? null,
  close_reason: a.closeReason ?? null,
});
