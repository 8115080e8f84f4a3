/**
 * The signed messages of payments, to be shown to whoever doubts one (docs/spec/protocol.md, section 9; `sokkin verify` judges them offline).
 *
 * What must hold: what is kept was verified before; a file holds the messages as they were signed, with their certificates, and no name.
 */
import { hex, SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import {
  believeReceipt,
  type CarriedPayment,
  type CarriedReceipt,
  decodeCarried,
  hashOfMessage,
  meet,
  reissue,
} from '@sokkin/terminal';
import type { Proof } from '../keep/people-store.ts';
import { keepReceiptProof } from '../keep/proofs.ts';
import type { MoneyRecord } from '../keep/store.ts';
import type { HeardReceipt } from '../purse/overhear.ts';
import type { Done, Wallet } from './wallet.ts';

/** What the payee's reader told this wallet's purse at the end of a tap: its word on the payment, which the purse uses and does not keep. */
export async function keepHeard(wallet: Wallet, heard: HeardReceipt | undefined): Promise<void> {
  if (heard === undefined) return;
  const verifier = await wallet.verifier();
  const { leaf, receipt } = heard;
  const issuer =
    heard.issuer ??
    verifier.trust.knownIssuers.find(({ subjectRef }) => hex(subjectRef) === hex(leaf.issuerRef));
  if (issuer === undefined) return;
  const believed = await believeReceipt(verifier, { issuer, leaf }, receipt);
  if (believed.status === 'ok') await keepReceiptProof(wallet.parts.people.store, believed.value);
}

const numberOf = ({ id }: MoneyRecord): number => Number(id.slice(id.indexOf('-') + 1));

async function proofOf(wallet: Wallet, record: MoneyRecord): Promise<Proof | undefined> {
  const all = await wallet.parts.people.store.all('proofs');
  const no = numberOf(record);
  return record.id.startsWith('out')
    ? all.find((one) => one.paymentNo === no && one.payee === record.counterparty)
    : all.find((one) => one.receiptNo === no && one.payer === record.counterparty);
}

/** The purse signs nothing anew: it shows what it signed then, for as long as it remembers it. */
async function askPurse(wallet: Wallet, paymentNo: number): Promise<CarriedPayment | undefined> {
  const verifier = await wallet.verifier();
  const shown = await wallet.parts.purse.use(async (t) => {
    const met = await meet(t, verifier);
    return met.status === 'ok' ? reissue(met.value, verifier, paymentNo) : met;
  });
  return shown.status === 'ok' ? shown.value : undefined;
}

export interface Evidence {
  readonly payment: CarriedPayment;
  readonly receipt: CarriedReceipt | undefined;
}

/** undefined: nothing signed is left of it here. */
export async function evidenceOf(wallet: Wallet, record: MoneyRecord): Promise<Evidence | undefined> {
  const kept = await proofOf(wallet, record);
  const payment =
    kept?.payment === undefined
      ? record.id.startsWith('out')
        ? await askPurse(wallet, numberOf(record))
        : undefined
      : decodeCarried('payment', kept.payment);
  if (payment === undefined) return undefined;
  return { payment, receipt: kept?.receipt && decodeCarried('receipt', kept.receipt) };
}

/** As `sokkin verify` reads it. */
export const evidenceJson = ({ payment, receipt }: Evidence): string =>
  `${JSON.stringify(
    {
      payment: hex(payment.message),
      payer: read.chainJson(payment.chain),
      ...(receipt === undefined
        ? {}
        : { receipt: hex(receipt.message), payee: read.chainJson(receipt.chain) }),
    },
    null,
    2,
  )}\n`;

export async function evidenceFile(wallet: Wallet, record: MoneyRecord): Promise<Done<File>> {
  try {
    const evidence = await evidenceOf(wallet, record);
    if (evidence === undefined)
      return { status: 'said', code: 'no_evidence', message: 'Nothing signed is left of this payment here.' };
    const name = `sokkin-${hex(hashOfMessage(evidence.payment.message)).slice(0, 12)}.json`;
    return { status: 'ok', value: new File([evidenceJson(evidence)], name, { type: 'application/json' }) };
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    return { status: 'said', code: error.code, message: error.message };
  }
}
