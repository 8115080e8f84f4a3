/**
 * Who takes part beside the card: a root, an issuer, its authority and its purse, and what they send to a card.
 *
 * What must hold: nothing here knows a card, ours or another: `cardConformance` holds any card to these bytes.
 */
import { type Bytes, concat } from '@sokkin/codec';
import {
  ASSURANCE,
  type Certificate,
  type CertificateFields,
  type CryptoPort,
  issueCertificate,
  type KeyPair,
  ROLE,
  type Role,
} from '@sokkin/crypto';
import {
  encodeGrant,
  encodePayment,
  type Grant,
  headAfter,
  type Limits,
  NONCE_LENGTH,
  object,
  pinBlock,
  type Ticket,
} from '@sokkin/purse';

export const YEN = 0x0392;
export const TODAY = 20500;
export const PIN = '1234';
export const ZERO_NONCE: Bytes = new Uint8Array(NONCE_LENGTH);

/** An eight-byte name: a subject, a reference. */
export const name8 = (n: number): Bytes =>
  Uint8Array.of(0, 0, 0, 0, n >>> 24, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff);

export interface Party {
  readonly key: KeyPair;
  readonly certificate: Certificate;
}

export interface World {
  readonly crypto: CryptoPort;
  readonly root: Party;
  readonly issuer: Party;
  readonly authority: Party;
  readonly issuerPurse: Party;
  /** The next number in the journal of the issuer's purse, and where its chain stands. */
  readonly issuance: { seq: number; link: Bytes };
}

const DATES = { effective: 20000, expiration: 24000 };

/** Certificate fields with the usual values; a test overrides what it is about. */
export const fieldsOf = (
  role: Role,
  issuerRef: Bytes,
  subjectRef: Bytes,
  publicKey: Bytes,
  override: Partial<CertificateFields> = {},
): CertificateFields => ({
  suite: 1,
  currency: YEN,
  tier: 0,
  ...DATES,
  role,
  issuerRef,
  subjectRef,
  publicKey,
  assurance: role === ROLE.purse || role === ROLE.issuerPurse ? ASSURANCE.secureElement : ASSURANCE.none,
  ...override,
});

/** A key and its certificate, signed by `signer` (or by itself: a root). */
export async function makeParty(
  crypto: CryptoPort,
  signer: Party | undefined,
  role: Role,
  no: number,
  override: Partial<CertificateFields> = {},
): Promise<Party> {
  const key = await crypto.generateKey();
  const subject = name8(no);
  const fields = fieldsOf(role, signer?.certificate.subjectRef ?? subject, subject, key.publicKey, override);
  return { key, certificate: await issueCertificate(crypto, (signer?.key ?? key).handle, fields) };
}

export async function makeWorld(
  crypto: CryptoPort,
  override: Partial<CertificateFields> = {},
  firstNo = 1,
): Promise<World> {
  const root = await makeParty(crypto, undefined, ROLE.root, firstNo, override);
  const issuer = await makeParty(crypto, root, ROLE.issuer, firstNo + 1, override);
  const authority = await makeParty(crypto, issuer, ROLE.authority, firstNo + 2, override);
  const issuerPurse = await makeParty(crypto, issuer, ROLE.issuerPurse, firstNo + 3, override);
  return {
    crypto,
    root,
    issuer,
    authority,
    issuerPurse,
    issuance: { seq: 1, link: new Uint8Array(32).fill(7) },
  };
}

export function blockOf(digits: string): Bytes {
  const block = pinBlock(digits);
  if (block === undefined) throw new Error(`${digits} is no PIN`);
  return block;
}

export const LARGE_LIMITS: Limits = {
  holding: 1_000_000n,
  count: 1000,
  perPaymentWithoutPin: 1_000_000n,
  cumulativeWithoutPin: 1_000_000n,
  byClass: [
    { perPayment: 1_000_000n, cumulative: 1_000_000n },
    { perPayment: 1_000_000n, cumulative: 1_000_000n },
    { perPayment: 1_000_000n, cumulative: 1_000_000n },
  ],
};

/** The data field of APPLY GRANT for a purse that stands where `at` says; `override` changes the Grant. */
export async function grantFor(
  world: World,
  at: { readonly purse: Bytes; readonly seq: number; readonly link: Bytes; readonly grantNo: number },
  override: Partial<Grant> = {},
  signer: Party = world.authority,
): Promise<Bytes> {
  const body = encodeGrant({
    authority: signer.certificate.subjectRef,
    purse: at.purse,
    grantNo: at.grantNo + 1,
    ackSeq: at.seq,
    ackHead: at.link,
    order: 'none',
    resetPinTries: false,
    epoch: TODAY,
    nonce: ZERO_NONCE,
    limits: LARGE_LIMITS,
    resolutions: [],
    blocked: [],
    ...override,
  });
  const signature = await world.crypto.sign(signer.key.handle, body);
  return concat(object('authority', signer.certificate.bytes), object('grant', body, signature));
}

export const storeData = (world: World, purse: Certificate, pin: string = PIN): Bytes =>
  concat(
    object('root', world.root.certificate.bytes),
    object('issuer', world.issuer.certificate.bytes),
    object('purse', purse.bytes),
    object('pinBlock', blockOf(pin)),
  );

/** The data field of CREDIT for new money: the next Payment of the issuer's purse, on this ticket. */
export async function issuerPayment(world: World, ticket: Ticket, amount: bigint): Promise<Bytes> {
  const { issuance, issuerPurse } = world;
  const body = encodePayment({
    purse: issuerPurse.certificate.subjectRef,
    seq: issuance.seq,
    link: issuance.link,
    currency: ticket.currency,
    amount,
    payee: ticket.purse,
    ticketNo: ticket.seq,
  });
  issuance.seq++;
  issuance.link = headAfter(body);
  const signature = await world.crypto.sign(issuerPurse.key.handle, body);
  return concat(object('purse', issuerPurse.certificate.bytes), object('payment', body, signature));
}

export const ticketRequest = (maxAmount: bigint, reference: number): Bytes =>
  concat(object('amount', amount8(maxAmount)), object('reference', name8(reference)));

const amount8 = (amount: bigint): Bytes => {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, amount);
  return out;
};

/** The data field of PAY for a purse of the same issuer. */
export const payRequest = (payee: Certificate, ticket: Bytes, amount: bigint): Bytes =>
  concat(object('purse', payee.bytes), object('ticket', ticket), object('amount', amount8(amount)));

/** The data field of CREDIT and CANCEL. */
export const creditRequest = (payer: Certificate, payment: Bytes): Bytes =>
  concat(object('purse', payer.bytes), object('payment', payment));

/** The data field of SETTLE. */
export const settleRequest = (payee: Certificate, receipt: Bytes): Bytes =>
  concat(object('purse', payee.bytes), object('receipt', receipt));
