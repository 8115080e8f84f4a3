/** Keeps the signed messages of payments. What must hold: a Payment and the Receipt that answers it are one row, whichever came first; what is given was verified. */
import { hex } from '@sokkin/codec';
import { type CarriedPayment, type CarriedReceipt, encodeCarried, hashOfMessage } from '@sokkin/terminal';
import { bankNow } from '../wallet/time.ts';
import type { PeopleStore } from './people-store.ts';

const now = (): string => new Date(bankNow()).toISOString();

export async function keepPaymentProof(people: PeopleStore, payment: CarriedPayment): Promise<void> {
  const id = hex(hashOfMessage(payment.message));
  const before = await people.one('proofs', id);
  const { purse, payee, seq } = payment.fields;
  await people.put('proofs', {
    ...{ id, payer: hex(purse), payee: hex(payee), paymentNo: seq },
    receiptNo: before?.receiptNo,
    receipt: before?.receipt,
    payment: encodeCarried('payment', payment),
    at: before?.at ?? now(),
  });
}

export async function keepReceiptProof(people: PeopleStore, receipt: CarriedReceipt): Promise<void> {
  const { purse, payer, seq, paymentNo, paymentHash } = receipt.fields;
  const id = hex(paymentHash);
  const before = await people.one('proofs', id);
  await people.put('proofs', {
    ...{ id, payer: hex(payer), payee: hex(purse), paymentNo },
    receiptNo: seq,
    payment: before?.payment,
    receipt: encodeCarried('receipt', receipt),
    at: before?.at ?? now(),
  });
}
