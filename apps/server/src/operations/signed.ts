/**
 * Signed messages that a phone hands in with a sync: Payments to be delivered, Receipts to be brought back, and
 * either as evidence.
 *
 * What must hold: nothing is kept that was not verified; what is refused is named to the phone and does not
 * stop the sync.
 */
import { type Bytes, hex } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import type { SignedRow } from '@sokkin/issuer';
import {
  messageHash,
  parsePayment,
  parseReceipt,
  type Refusal,
  type ShownChain,
  shownCertificate,
} from '@sokkin/purse';
import type { Backend } from '../backend.ts';
import { lineOf } from '../keys/pki.ts';
import { believeSigned } from './uploads/believe.ts';
import type { Delivery, HandedIn, HandedLists, HandedRefusal } from './uploads/upload.ts';

/** What was believed, to be kept, and what was not. */
export interface HandedMessages {
  readonly rows: readonly SignedRow[];
  readonly refused: readonly HandedRefusal[];
}

export async function readHandedIn(b: Backend, lists: HandedLists): Promise<HandedMessages> {
  const refused: HandedRefusal[] = [];
  const rows: SignedRow[] = [];
  for (const list of ['payments', 'receipts'] as const) {
    const read = list === 'payments' ? readPayment : readReceipt;
    const all = await Promise.all(lists[list].map((item) => read(b, item)));
    for (const [index, one] of all.entries()) {
      if (typeof one === 'string') refused.push({ list, index, status: one });
      else rows.push(one);
    }
  }
  return { rows, refused };
}

/** Of a leaf that one of our issuers signed. */
const ourIssuerOf = (b: Backend, leaf: Certificate | undefined): Certificate | undefined =>
  leaf && lineOf(b.pki, leaf)?.issuer.certificate;

function chainOf(b: Backend, item: HandedIn): ShownChain | undefined {
  const leaf = shownCertificate(item.purse);
  const issuer = item.issuer === undefined ? ourIssuerOf(b, leaf) : shownCertificate(item.issuer);
  return leaf === undefined || issuer === undefined ? undefined : { leaf, issuer };
}

async function readPayment(b: Backend, item: HandedIn): Promise<SignedRow | Refusal> {
  const chain = chainOf(b, item);
  if (chain === undefined) return 'certificate_malformed';
  const verified = await believeSigned(b, chain, item.message, parsePayment);
  if (verified.status !== 'ok') return verified.status;
  const p = verified.value.fields;
  const route = { payer: hex(p.purse), paymentNo: p.seq, payee: hex(p.payee), ticketNo: p.ticketNo };
  return rowOf('payment', item, chain, messageHash(verified.value), p.seq, route);
}

async function readReceipt(b: Backend, item: HandedIn): Promise<SignedRow | Refusal> {
  const chain = chainOf(b, item);
  if (chain === undefined) return 'certificate_malformed';
  const verified = await believeSigned(b, chain, item.message, parseReceipt);
  if (verified.status !== 'ok') return verified.status;
  const r = verified.value.fields;
  const route = { payer: hex(r.payer), paymentNo: r.paymentNo, payee: hex(r.purse), ticketNo: r.ticketNo };
  return rowOf('receipt', item, chain, messageHash(verified.value), r.seq, route);
}

const rowOf = (
  kind: SignedRow['kind'],
  item: HandedIn,
  chain: ShownChain,
  hash: Bytes,
  seq: number,
  route: Pick<SignedRow, 'payer' | 'paymentNo' | 'payee' | 'ticketNo'>,
): SignedRow => ({
  kind,
  hash,
  seq,
  signer: hex(chain.leaf.subjectRef),
  ...route,
  message: item.message,
  issuerCertificate: chain.issuer.bytes,
  purseCertificate: chain.leaf.bytes,
});

export const deliveryOf = (row: SignedRow): Delivery => ({
  message: row.message,
  issuer: row.issuerCertificate,
  purse: row.purseCertificate,
});
