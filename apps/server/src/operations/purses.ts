/** Provisioning: challenges, certificates, blocking. */
import { type Bytes, hex } from '@sokkin/codec';
import { parseCertificate, REFERENCE_LENGTH, sha256 } from '@sokkin/crypto';
import {
  bornView,
  certificateFields,
  type LedgerTx,
  type PurseAssurance,
  type PurseRow,
  purseSubject,
} from '@sokkin/issuer';
import { verifyEnrolment } from '@sokkin/purse';
import { record } from '../access/audit-log.ts';
import { actingAccount, assertDevice, purseFor, pursePath } from '../access/owned.ts';
import type { Principal } from '../access/principal.ts';
import { type Backend, dayOf, lineFor, purseName } from '../backend.ts';
import { signCertificate } from '../keys/certify.ts';
import { notBelieved, Problem } from '../problems.ts';
import { emitOfPurse } from './events.ts';
import { assertMayMove, othersBlock } from './fleet-rules.ts';
import { NONCE_MS, nonceIssuedAt, nonceUnknown } from './nonces.ts';
import { tierFor } from './tiers.ts';

export interface EnrolRequest {
  readonly account: string;
  readonly assurance: PurseAssurance;
  readonly tier: number;
  /** The wallet or terminal that it lives on. */
  readonly device: string | undefined;
  readonly enrolment: Bytes;
}

export interface EnrolWish extends Omit<EnrolRequest, 'tier'> {
  /** undefined: the lowest that the account has. */
  readonly tier: number | undefined;
}

/** A key that is shown to us by who asks for its certificate. */
export async function enrolFor(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  request: EnrolWish,
): Promise<PurseRow> {
  const account = await actingAccount(tx, who, request.account);
  const wish = who.kind === 'device' ? ownPurse(who, request) : request;
  await assertDevice(tx, account, wish.device);
  return enrol(b, tx, { ...wish, tier: tierFor(account, wish.tier) });
}

/** Nothing attests to what a device says of itself: its own purse is software, of the lowest tier. */
function ownPurse({ id }: Principal, request: EnrolWish): EnrolWish {
  if (request.assurance !== 'software' || (request.device ?? id) !== id || request.tier !== undefined)
    throw new Problem(
      'device_assurance',
      'A device has its own purse certified, as software and without a tier: ask its institution for anything else.',
      request.assurance === 'software' ? undefined : 'assurance',
    );
  return { ...request, device: id };
}

/**
 * Issues the purse's certificate, for an account that was looked at before. The assurance is the caller's word: attestation of chips joins with the
 * operators' roles. One key has one certificate; asked again, it is the same one.
 */
export async function enrol(b: Backend, tx: LedgerTx, request: EnrolRequest): Promise<PurseRow> {
  const verified = await verifyEnrolment(b.crypto, request.enrolment);
  if (verified.status !== 'ok') throw notBelieved(verified.status, 'enrolment');
  const { nonce, publicKey } = verified.value.fields;
  const issuedAt = nonceIssuedAt(b, nonce);
  const now = b.clock();
  const expiresAt = new Date((issuedAt?.getTime() ?? 0) + NONCE_MS);
  if (issuedAt === undefined || !(await tx.control.spendNonce(nonce, issuedAt, expiresAt, now)))
    throw nonceUnknown('enrolment');
  const before = await tx.purses.byPublicKey(publicKey);
  if (before !== undefined) return sameOrRefuse(before, request);
  const { account: accountId, assurance, tier, device } = request;
  const subject = purseSubject(b.crypto.randomBytes(REFERENCE_LENGTH), publicKey, assurance, tier);
  const account = await tx.accounts.byId(accountId);
  if (account === undefined) throw new Error('Bug: an account that was looked at before is there');
  const { issuer } = lineFor(b, account.institution);
  const fields = certificateFields(subject, issuer.certificate, b.currency, dayOf(now));
  const certificate = await signCertificate(b.keys, issuer.key, fields);
  const id = hex(certificate.subjectRef);
  await tx.journals.create(bornView(certificate.subjectRef, b.currency, sha256(certificate.bytes)));
  const row = { id, accountId, device, assurance, tier, publicKey, certificate: certificate.bytes };
  const { isAnonymous } = account;
  await tx.purses.add({ ...row, isAnonymous }, now);
  const purse = await getPurse(tx, id);
  await emitOfPurse(b, tx, purse, 'purse.enrolled', { assurance });
  return purse;
}

function sameOrRefuse(before: PurseRow, request: EnrolRequest): PurseRow {
  const same =
    before.accountId === request.account &&
    before.assurance === request.assurance &&
    // Its tier may be another by now: the certificate keeps the one that was asked for.
    parseCertificate(before.certificate).tier === request.tier &&
    before.device === request.device;
  if (same) return before;
  throw new Problem(
    'key_already_certified',
    'This key was certified with another account, device, assurance or tier.',
    'enrolment',
  );
}

export async function getPurse(tx: LedgerTx, id: string): Promise<PurseRow> {
  const purse = await tx.purses.byId(id);
  if (purse === undefined) throw new Error(`Bug: there is no purse ${id}`);
  return purse;
}

/** The principal's purse that a shown certificate names; the very certificate that we issued. */
export async function registered(
  tx: LedgerTx,
  who: Principal,
  certificate: Bytes,
  param: string,
): Promise<PurseRow> {
  const shown = parseOrRefuse(certificate, param);
  const purse = await purseFor(tx, who, hex(shown.subjectRef), 'act');
  if (purse === undefined || hex(purse.certificate) !== hex(certificate)) {
    throw new Problem('purse_unknown', `The purse ${hex(shown.subjectRef)} is not registered here.`, param);
  }
  return purse;
}

export function parseOrRefuse(certificate: Bytes, param: string) {
  try {
    return parseCertificate(certificate);
  } catch {
    throw new Problem('certificate_invalid', 'The certificate is malformed.', param);
  }
}

export async function setBlocked(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  isBlocked: boolean,
): Promise<PurseRow> {
  const before = await pursePath(tx, who, id, 'act');
  assertMayMove(b, before, isBlocked ? 'block' : 'unblock');
  const reasons = (await tx.purses.blocks(id)).map(({ reason }) => reason);
  const standing = reasons.includes('operator');
  if (!standing && !isBlocked && reasons.length > 0) throw othersBlock(reasons);
  if (standing === isBlocked) return before;
  if (isBlocked) await tx.purses.block(id, { reason: 'operator', by: who.id }, b.clock());
  else await tx.purses.lift(id, 'operator');
  record(b, tx, who, isBlocked ? 'purse.blocked' : 'purse.unblocked', purseName(id));
  const purse = await getPurse(tx, id);
  // Others may have blocked it for reasons of their own.
  if (purse.isBlocked !== before.isBlocked)
    await emitOfPurse(b, tx, purse, isBlocked ? 'purse.blocked' : 'purse.unblocked');
  return purse;
}
