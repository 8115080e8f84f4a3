/**
 * Whom a purse believes (invariant I5; docs/spec/protocol.md, section 3).
 *
 * A message is believed when its certificate chain leads to the root, every link has the right role and
 * currency, and the signature over its body is right. Cheap checks come before expensive ones; the result says
 * which check failed. Nothing here looks at or changes a purse's state.
 */
import { type Bytes, type Epoch, equal, SokkinError } from '@sokkin/codec';
import {
  type Awaitable,
  type Certificate,
  type ChainVerdict,
  type CryptoPort,
  checkChain,
  parseCertificate,
  ROLE,
  type Role,
  sha256,
} from '@sokkin/crypto';
import { type BlockList, parseBlockList } from './messages/block-list.ts';
import { type Enrolment, parseEnrolment } from './messages/enrolment.ts';
import { type Grant, parseGrant } from './messages/grant.ts';
import type { Signed } from './messages/header.ts';
import { type Payment, parsePayment } from './messages/payment.ts';
import { parseReceipt, type Receipt } from './messages/receipt.ts';
import { parseStatement, type Statement } from './messages/statement.ts';
import { parseTicket, type Ticket } from './messages/ticket.ts';
import type { Refusal } from './status.ts';

/** What the verifier takes as given. */
export interface Trust {
  readonly root: Certificate;
  /** Issuer certificates that were verified before; showing them again costs nothing. */
  readonly knownIssuers: readonly Certificate[];
  /** The verifier's date. */
  readonly epoch: Epoch;
}

/** Certificates as they came in, purse (or authority) and its issuer. */
export interface ShownChain {
  readonly issuer: Certificate;
  readonly leaf: Certificate;
}

export type Verified<T> = { readonly status: 'ok'; readonly value: T } | { readonly status: Refusal };

export const PURSE_ROLES: readonly Role[] = [ROLE.purse, ROLE.issuerPurse];

const REFUSAL_OF: Readonly<Record<Exclude<ChainVerdict, 'ok'>, Refusal>> = {
  wrong_issuer: 'certificate_wrong_issuer',
  wrong_role: 'certificate_wrong_role',
  wrong_currency: 'certificate_wrong_currency',
  wrong_suite: 'certificate_wrong_suite',
  expired: 'certificate_expired',
  outside_issuer_validity: 'certificate_outside_issuer_validity',
  bad_signature: 'certificate_bad_signature',
};

/** Expiry matters for who is paid; value on its way is honoured after its signer's certificate expired. */
export type ExpiryRule = 'refuse_expired' | 'ignore_expiry';

/** Verifies root -> issuer -> leaf. Costs no more than two signature checks, one for a known issuer. */
export async function verifyShownChain(
  crypto: CryptoPort,
  trust: Trust,
  { issuer, leaf }: ShownChain,
  roles: readonly Role[],
  expiry: ExpiryRule,
): Promise<'ok' | Refusal> {
  const epoch = expiry === 'refuse_expired' ? trust.epoch : undefined;
  const verdict = checkChain(trust.root, issuer, leaf, { epoch, roles });
  if (verdict !== 'ok') return REFUSAL_OF[verdict];
  const known = trust.knownIssuers.some((c) => equal(c.bytes, issuer.bytes));
  if (!known && !(await isSignedBy(crypto, trust.root, issuer))) return REFUSAL_OF.bad_signature;
  return (await isSignedBy(crypto, issuer, leaf)) ? 'ok' : REFUSAL_OF.bad_signature;
}

const isSignedBy = (crypto: CryptoPort, signer: Certificate, signed: Certificate): Awaitable<boolean> =>
  crypto.verify(signer.publicKey, signed.body, signed.signature);

/** Whether either certificate of the chain has expired at `epoch`. */
export function hasExpired(chain: ShownChain, epoch: Epoch): boolean {
  return chain.leaf.expiration < epoch || chain.issuer.expiration < epoch;
}

/** Expiry of the payee is not judged here: a purse that already paid on the ticket repeats its Payment all the same. */
export const verifyTicket = (
  crypto: CryptoPort,
  trust: Trust,
  chain: ShownChain,
  message: Bytes,
): Promise<Verified<Signed<Ticket>>> =>
  verifyMessage(crypto, trust, chain, message, parseTicket, (t) => t.purse, 'ignore_expiry', PURSE_ROLES);

/** Expiry of the payer is not judged here: the payee answers it with a cancelled Receipt. */
export const verifyPayment = (
  crypto: CryptoPort,
  trust: Trust,
  chain: ShownChain,
  message: Bytes,
): Promise<Verified<Signed<Payment>>> =>
  verifyMessage(crypto, trust, chain, message, parsePayment, (p) => p.purse, 'ignore_expiry', PURSE_ROLES);

export const verifyReceipt = (
  crypto: CryptoPort,
  trust: Trust,
  chain: ShownChain,
  message: Bytes,
): Promise<Verified<Signed<Receipt>>> =>
  verifyMessage(crypto, trust, chain, message, parseReceipt, (r) => r.purse, 'ignore_expiry', PURSE_ROLES);

/** The same by a payee whose chain was verified before. */
export async function verifyReceiptOf(
  crypto: CryptoPort,
  payee: Certificate,
  message: Bytes,
): Promise<Verified<Signed<Receipt>>> {
  const signed = parseFrom(payee, message, parseReceipt, (r) => r.purse);
  if (signed.status !== 'ok') return signed;
  return (await verifySigned(crypto, payee, signed.value)) ? signed : { status: 'bad_signature' };
}

export const verifyStatement = (
  crypto: CryptoPort,
  trust: Trust,
  chain: ShownChain,
  message: Bytes,
): Promise<Verified<Signed<Statement>>> =>
  verifyMessage(crypto, trust, chain, message, parseStatement, (s) => s.purse, 'ignore_expiry', PURSE_ROLES);

export const verifyGrant = (
  crypto: CryptoPort,
  trust: Trust,
  chain: ShownChain,
  message: Bytes,
): Promise<Verified<Signed<Grant>>> =>
  verifyMessage(crypto, trust, chain, message, parseGrant, (g) => g.authority, 'refuse_expired', [
    ROLE.authority,
  ]);

/**
 * A list of blocked purses, by an authority of the issuer that whoever carries it belongs to: show that issuer's
 * certificate in `chain`, not the one that came with the list. `ignore_expiry`: of one that was taken before.
 */
export const verifyBlockList = (
  crypto: CryptoPort,
  trust: Trust,
  chain: ShownChain,
  message: Bytes,
  expiry: ExpiryRule = 'refuse_expired',
): Promise<Verified<Signed<BlockList>>> =>
  verifyMessage(crypto, trust, chain, message, parseBlockList, (l) => l.authority, expiry, [ROLE.authority]);

/** An enrolment proves itself: it is signed with the key that it shows. */
export async function verifyEnrolment(
  crypto: CryptoPort,
  message: Bytes,
): Promise<Verified<Signed<Enrolment>>> {
  const signed = tryParse(() => parseEnrolment(message));
  if (signed === undefined) return { status: 'malformed' };
  const good = await crypto.verify(signed.fields.publicKey, signed.body, signed.signature);
  return good ? { status: 'ok', value: signed } : { status: 'bad_signature' };
}

/** Parses a certificate from the other side; undefined if it is malformed. */
export const shownCertificate = (bytes: Bytes): Certificate | undefined =>
  tryParse(() => parseCertificate(bytes));

async function verifyMessage<T>(
  crypto: CryptoPort,
  trust: Trust,
  chain: ShownChain,
  message: Bytes,
  parse: (message: Bytes) => Signed<T>,
  signerOf: (fields: T) => Bytes,
  expiry: ExpiryRule,
  roles: readonly Role[],
): Promise<Verified<Signed<T>>> {
  const signed = parseFrom(chain.leaf, message, parse, signerOf);
  if (signed.status !== 'ok') return signed;
  const verdict = await verifyShownChain(crypto, trust, chain, roles, expiry);
  if (verdict !== 'ok') return { status: verdict };
  return (await verifySigned(crypto, chain.leaf, signed.value)) ? signed : { status: 'bad_signature' };
}

function parseFrom<T>(
  signer: Certificate,
  message: Bytes,
  parse: (message: Bytes) => Signed<T>,
  signerOf: (fields: T) => Bytes,
): Verified<Signed<T>> {
  const value = tryParse(() => parse(message));
  if (value === undefined) return { status: 'malformed' };
  if (!equal(signerOf(value.fields), signer.subjectRef)) return { status: 'certificate_wrong_issuer' };
  return { status: 'ok', value };
}

/** The signature alone, for a signer whose certificate is already believed. */
export const verifySigned = <T>(
  crypto: CryptoPort,
  signer: Certificate,
  signed: Signed<T>,
): Awaitable<boolean> => crypto.verify(signer.publicKey, signed.body, signed.signature);

/** What identifies a message everywhere: the hash of its body. */
export const messageHash = (signed: { readonly body: Bytes }): Bytes => sha256(signed.body);

function tryParse<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}
