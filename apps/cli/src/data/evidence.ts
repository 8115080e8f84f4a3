/**
 * What settles a dispute from two devices alone (invariant I8): a Payment, the payee's word on it, certificates.
 *
 *     evidence file = F2 { C2 Payment, E3, E2 of its payer }  [ F3 { C3 Receipt, E3, E2 of its payee } ]
 *
 * The folder keeps one for every payment that its phones saw. As JSON: {payment, payer: {issuer, purse}, receipt?,
 * payee?: {issuer, purse}}, octets in hexadecimal. Certificates in the file prove nothing without a root from elsewhere.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { concat, equal, hex, SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import {
  type CarriedPayment,
  type CarriedReceipt,
  decodeMailbox,
  EMPTY_MAILBOX,
  encodeMailbox,
  hashOfMessage,
} from '@sokkin/terminal';
import type { Context } from '../io/context.ts';
import { readIfThere, writeWhole } from './files.ts';
import { type Place, personalisedPlace } from './places.ts';

export interface Evidence {
  readonly payment: CarriedPayment;
  readonly receipt: CarriedReceipt | undefined;
}

/** How a payment is called by people: the first 16 digits of its hash. */
export const paymentName = (payment: CarriedPayment): string =>
  hex(hashOfMessage(payment.message)).slice(0, 16);

const folderOf = ({ data }: Context): string => join(data, 'evidence');

export async function keepPaymentEvidence(context: Context, payment: CarriedPayment): Promise<void> {
  const path = join(folderOf(context), `${paymentName(payment)}.tlv`);
  if ((await readIfThere(path)) === undefined)
    await writeWhole(path, encodeEvidence({ payment, receipt: undefined }));
}

/** Adds the payee's word to what is kept about the payment. */
export async function keepReceiptEvidence(context: Context, receipt: CarriedReceipt): Promise<void> {
  const name = hex(receipt.fields.paymentHash).slice(0, 16);
  const path = join(folderOf(context), `${name}.tlv`);
  const kept = await readIfThere(path);
  if (kept === undefined) return;
  const { payment } = decodeEvidence(kept);
  if (equal(hashOfMessage(payment.message), receipt.fields.paymentHash))
    await writeWhole(path, encodeEvidence({ payment, receipt }));
}

/** The kept evidence whose name begins so. */
export async function findEvidence(context: Context, prefix: string): Promise<Evidence> {
  const files = await readdir(folderOf(context)).catch(() => [] as string[]);
  const found = files.filter((f) => f.endsWith('.tlv') && f.startsWith(prefix.toLowerCase()));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    const why = only === undefined ? 'No payment' : 'More than one payment';
    throw new SokkinError(
      'not_found',
      `${why} in ${context.data} has a number that begins with "${prefix}".`,
    );
  }
  return decodeEvidence((await readIfThere(join(folderOf(context), only))) ?? new Uint8Array(0));
}

/** The latest payment between two, or undefined. */
export async function evidenceBetween(
  context: Context,
  from: Place,
  to: Place,
): Promise<Evidence | undefined> {
  const [payer, payee] = [(await personalisedPlace(from)).purse, (await personalisedPlace(to)).purse];
  const files = await readdir(folderOf(context)).catch(() => [] as string[]);
  let latest: Evidence | undefined;
  for (const file of files.filter((f) => f.endsWith('.tlv'))) {
    const evidence = decodeEvidence((await readIfThere(join(folderOf(context), file))) ?? new Uint8Array(0));
    const { fields } = evidence.payment;
    const later = latest === undefined || fields.seq > latest.payment.fields.seq;
    if (equal(fields.purse, payer) && equal(fields.payee, payee) && later) latest = evidence;
  }
  return latest;
}

export function encodeEvidence({ payment, receipt }: Evidence): Uint8Array {
  const box = { ...EMPTY_MAILBOX, payments: [payment], receipts: receipt === undefined ? [] : [receipt] };
  return encodeMailbox(box);
}

export function decodeEvidence(bytes: Uint8Array): Evidence {
  const { tickets, payments, receipts } = decodeMailbox(bytes);
  const [payment] = payments;
  if (payment === undefined || payments.length > 1 || receipts.length > 1 || tickets.length > 0) {
    throw new SokkinError('bad_evidence', 'An evidence file holds one Payment and at most one Receipt.');
  }
  return { payment, receipt: receipts[0] };
}

export function evidenceJson({ payment, receipt }: Evidence): Record<string, unknown> {
  return {
    payment: hex(payment.message),
    payer: read.chainJson(payment.chain),
    ...(receipt === undefined ? {} : { receipt: hex(receipt.message), payee: read.chainJson(receipt.chain) }),
  };
}

/** Reads either form. */
export function parseEvidence(bytes: Uint8Array): Evidence {
  const isJson = bytes[0] === 0x7b || bytes[0] === 0x20 || bytes[0] === 0x0a;
  return isJson ? evidenceOfJson(bytes) : decodeEvidence(concat(bytes));
}

function evidenceOfJson(bytes: Uint8Array): Evidence {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new SokkinError('bad_evidence', 'The file is neither JSON nor TLV.', { cause });
  }
  const o = read.object(value, 'the file');
  const payment = read.payment(o.payment, o.payer, 'payment');
  const receipt = o.receipt === undefined ? undefined : read.receipt(o.receipt, o.payee, 'receipt');
  return { payment, receipt };
}
