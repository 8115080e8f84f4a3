/**
 * Funding: the issuer's purse pays a purse, and the account pays the float (docs/spec/protocol.md, section 6.9).
 *
 * What must hold: account, float and the issuer's journal change in one transaction; a ticket is funded once;
 * the money comes back to the account only on the payee's own word that it will never be credited.
 */
import { type Bytes, equal } from '@sokkin/codec';
import {
  type FundingRow,
  type LedgerTx,
  move,
  SYSTEM_ACCOUNTS,
  writePayment,
  writeSettle,
} from '@sokkin/issuer';
import { hasExpired, type Outcome, verifyReceipt, verifyTicket } from '@sokkin/purse';
import { actingAccount, fundingPath } from '../access/owned.ts';
import type { Principal } from '../access/principal.ts';
import { type Backend, issuerPurseId, lineOfPayer, lineOfPurse, newId, trustOf } from '../backend.ts';
import { type IssuerLine, lineOf } from '../keys/pki.ts';
import { notBelieved, Problem } from '../problems.ts';
import { postOrRefuse } from './accounts.ts';
import { emitFunding } from './events.ts';
import { keepOwn, lockIssuerPurse, storeWritten } from './issuer-journal.ts';
import { parseOrRefuse, registered } from './purses.ts';
import { assertMayHold } from './tiers.ts';

export interface FundingRequest {
  readonly account: string;
  readonly ticket: Bytes;
  readonly payee: Bytes;
  readonly amount: bigint;
}

export async function fund(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  request: FundingRequest,
): Promise<FundingRow> {
  const { institution } = await actingAccount(tx, who, request.account);
  const leaf = parseOrRefuse(request.payee, 'payee.purse');
  const line = lineOf(b.pki, leaf);
  if (line === undefined) throw notBelieved('certificate_wrong_issuer', 'payee.purse');
  const chain = { issuer: line.issuer.certificate, leaf };
  const verified = await verifyTicket(b.crypto, trustOf(b), chain, request.ticket);
  if (verified.status !== 'ok') throw notBelieved(verified.status, 'ticket');
  const { seq: ticketNo, maxAmount, currency } = verified.value.fields;
  if (currency !== b.currency)
    throw new Problem('wrong_currency', 'The ticket is in another currency.', 'ticket');
  const purse = await registered(tx, who, request.payee, 'payee.purse');
  assertOwn(line, institution);
  await tx.purses.lock(purse.id);
  const before = await tx.fundings.byTicket(purse.id, ticketNo);
  if (before !== undefined) return sameOrRefuse(before, request);
  if (request.amount > maxAmount) {
    throw new Problem('amount_over_ticket', `The ticket allows ${maxAmount} at most.`, 'amount');
  }
  // A ticket verifies after its signer expired, so that what was paid on it can be repeated; nothing new is paid.
  if (hasExpired(chain, trustOf(b).epoch)) throw notBelieved('certificate_expired', 'payee.purse');
  if (purse.isBlocked) throw new Problem('purse_blocked', 'A blocked purse is not funded.', 'payee.purse');
  await assertTicketUsable(tx, purse.id, purse.seq, ticketNo);
  await assertMayHold(b, tx, purse, request.amount);
  return payOut(b, tx, line, request, { purse: purse.id, payee: leaf.subjectRef, ticketNo });
}

/** An issuer stands for what its own purse pays in. What purses pay each other knows no such bounds. */
function assertOwn(line: IssuerLine, institution: string): void {
  if (line.institution === institution) return;
  throw new Problem(
    'issuer_mismatch',
    'The account is kept by another issuer than the one of the purse: fund it from an account there.',
    'account',
  );
}

/** Asked again for the same ticket, the same payment goes out. */
function sameOrRefuse(before: FundingRow, request: FundingRequest): FundingRow {
  if (before.accountId === request.account && before.amount === request.amount) return before;
  throw new Problem(
    'ticket_already_used',
    'Another funding was paid on this ticket: ask for a new one.',
    'ticket',
  );
}

/** What the purse has proven may already say that a payment on this ticket could only come back. */
async function assertTicketUsable(tx: LedgerTx, purse: string, seq: number, ticketNo: number): Promise<void> {
  const known = await tx.payments.ticket(purse, ticketNo);
  const spent = known === undefined ? ticketNo <= seq : known.state !== 'open';
  if (spent) throw new Problem('ticket_spent', 'The purse has used up or withdrawn this ticket.', 'ticket');
}

async function payOut(
  b: Backend,
  tx: LedgerTx,
  line: IssuerLine,
  { account, amount }: FundingRequest,
  { purse, payee, ticketNo }: { purse: string; payee: Bytes; ticketNo: number },
): Promise<FundingRow> {
  const id = newId(b, 'fnd');
  const written = writePayment(await lockIssuerPurse(b, tx, line), payee, ticketNo, amount);
  const { seq: paymentNo, hash } = written;
  const payment = await storeWritten(b, tx, line, written, [
    { kind: 'paid', payment: { paymentNo, payee, ticketNo, amount, hash } },
  ]);
  await keepOwn(tx, line, 'payment', payment, written);
  await tx.fundings.add(
    {
      id,
      payer: issuerPurseId(line),
      accountId: account,
      purse,
      ticketNo,
      amount,
      paymentNo,
      paymentHash: hash,
      payment,
    },
    b.clock(),
  );
  await postOrRefuse(b, tx, move('funding', id, account, SYSTEM_ACCOUNTS.float.id, amount));
  return told(b, tx, id);
}

/** As it is now, which its institution hears of. */
async function told(b: Backend, tx: LedgerTx, id: string): Promise<FundingRow> {
  const funding = await tx.fundings.byId(id);
  if (funding === undefined) throw new Error('Bug: a funding that was written is there');
  await emitFunding(b, tx, funding);
  return funding;
}

/** The payee's word, brought by its phone. The same word again changes nothing. */
export async function takeFundingReceipt(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  receipt: Bytes,
): Promise<FundingRow> {
  await fundingPath(tx, who, id, 'act');
  const funding = await tx.fundings.lock(id);
  if (funding === undefined) throw new Error('Bug: a funding that was seen is there');
  const purse = await tx.purses.byId(funding.purse);
  if (purse === undefined) throw new Error('Bug: a funding has its purse');
  const leaf = parseOrRefuse(purse.certificate, 'receipt');
  const issuer = lineOfPurse(b, leaf).issuer.certificate;
  const verified = await verifyReceipt(b.crypto, trustOf(b), { issuer, leaf }, receipt);
  if (verified.status !== 'ok') throw notBelieved(verified.status, 'receipt');
  const word = verified.value.fields;
  if (!equal(word.paymentHash, funding.paymentHash)) {
    throw new Problem('receipt_unrelated', 'The Receipt is not for the payment of this funding.', 'receipt');
  }
  if (funding.status !== 'paid') return funding;
  return settleFunding(b, tx, funding, word.outcome);
}

/** Closes a funding that is locked, or is of a purse that is. */
export async function settleFunding(
  b: Backend,
  tx: LedgerTx,
  funding: FundingRow,
  outcome: Outcome,
): Promise<FundingRow> {
  const line = lineOfPayer(b, funding.payer);
  const written = writeSettle(await lockIssuerPurse(b, tx, line), funding.paymentNo, outcome);
  await storeWritten(b, tx, line, written, [{ kind: 'settled', paymentNo: funding.paymentNo, outcome }]);
  await tx.fundings.setStatus(funding.id, outcome);
  if (outcome === 'cancelled') {
    const { id, accountId, amount } = funding;
    await postOrRefuse(b, tx, move('funding_returned', id, SYSTEM_ACCOUNTS.float.id, accountId, amount));
  }
  return told(b, tx, funding.id);
}
