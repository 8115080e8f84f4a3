/**
 * Redemption: a purse pays the issuer's purse, and the float pays the account (docs/spec/protocol.md, 6.9).
 *
 * What must hold: ticket, float, account and the issuer's journal change in one transaction; a ticket is
 * consumed once. A payment that is lost on its way here is found in its payer's journal at the next sync.
 */
import { type Bytes, hex } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import {
  type LedgerTx,
  move,
  type ProvenPayment,
  type RedemptionRow,
  SYSTEM_ACCOUNTS,
  takePayment,
  writeTicket,
} from '@sokkin/issuer';
import { messageHash, parsePaymentBody, REFERENCE_LENGTH, verifyPayment } from '@sokkin/purse';
import { actingAccount, purseFor, redemptionPath } from '../access/owned.ts';
import type { Principal } from '../access/principal.ts';
import { type Backend, issuerPurseId, lineOfPayer, lineOfPurse, newId, sign, trustOf } from '../backend.ts';
import { notBelieved, Problem } from '../problems.ts';
import { postOrRefuse } from './accounts.ts';
import { emitRedemption } from './events.ts';
import { keepOwn, lockIssuerPurse, storeWritten } from './issuer-journal.ts';
import { registered } from './purses.ts';

export async function openRedemption(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  request: { readonly account: string; readonly purse: string; readonly maxAmount: bigint },
): Promise<RedemptionRow> {
  const { account: accountId, purse, maxAmount } = request;
  await actingAccount(tx, who, accountId);
  const row = await purseFor(tx, who, purse, 'act');
  if (row === undefined) throw new Problem('purse_unknown', `There is no purse ${purse}.`, 'purse');
  // A purse pays its own issuer's purse beyond its limits; whose account gets it is another matter.
  const line = lineOfPurse(b, parseCertificate(row.certificate));
  const written = writeTicket(
    await lockIssuerPurse(b, tx, line),
    maxAmount,
    b.crypto.randomBytes(REFERENCE_LENGTH),
  );
  const ticketNo = written.seq;
  const ticket = await storeWritten(b, tx, line, written, [{ kind: 'ticket_opened', ticketNo, maxAmount }]);
  const id = newId(b, 'rdm');
  const payee = issuerPurseId(line);
  await tx.redemptions.add({ id, payee, accountId, purse, ticketNo, ticket, maxAmount }, b.clock());
  return told(b, tx, id);
}

/** As it is now, which its institution hears of. */
async function told(b: Backend, tx: LedgerTx, id: string): Promise<RedemptionRow> {
  const redemption = await tx.redemptions.byId(id);
  if (redemption === undefined) throw new Error('Bug: a redemption that was written is there');
  await emitRedemption(b, tx, redemption);
  return redemption;
}

export interface RedemptionAnswer {
  readonly redemption: RedemptionRow;
  readonly receipt: Bytes;
  /** What the answer says of this payment, which may not be the one that used the ticket. */
  readonly outcome: 'credited' | 'cancelled';
  readonly amount: bigint;
}

/** A Payment that a phone brought. The same Payment again gets the same Receipt. */
export async function takeRedemptionPayment(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  shown: { readonly payment: Bytes; readonly payer: Bytes },
): Promise<RedemptionAnswer> {
  await redemptionPath(tx, who, id, 'act');
  const redemption = await tx.redemptions.lock(id);
  if (redemption === undefined) throw new Error('Bug: a redemption that was seen is there');
  const payer = await registered(tx, who, shown.payer, 'payer.purse');
  const leaf = parseCertificate(payer.certificate);
  const chain = { issuer: lineOfPurse(b, leaf).issuer.certificate, leaf };
  const verified = await verifyPayment(b.crypto, trustOf(b), chain, shown.payment);
  if (verified.status !== 'ok') throw notBelieved(verified.status, 'payment');
  const payment = verified.value.fields;
  const onThisTicket = hex(payment.payee) === redemption.payee && payment.ticketNo === redemption.ticketNo;
  if (!onThisTicket) throw new Problem('payment_unrelated', 'The Payment is on another ticket.', 'payment');
  return settleRedemption(b, tx, redemption, { payment, hash: messageHash(verified.value) });
}

/** A payment that the payer's own proven journal shows: it needs no signature of its own. */
export async function takeProvenRedemption(
  b: Backend,
  tx: LedgerTx,
  id: string,
  body: Bytes,
  hash: Bytes,
): Promise<void> {
  const redemption = await tx.redemptions.lock(id);
  if (redemption?.status !== 'open') return;
  await settleRedemption(b, tx, redemption, { payment: parsePaymentBody(body), hash });
}

async function settleRedemption(
  b: Backend,
  tx: LedgerTx,
  redemption: RedemptionRow,
  proven: ProvenPayment,
): Promise<RedemptionAnswer> {
  const { payment, hash } = proven;
  const line = lineOfPayer(b, redemption.payee);
  const purse = await lockIssuerPurse(b, tx, line);
  const ticket = await tx.payments.ticket(redemption.payee, redemption.ticketNo);
  if (ticket === undefined) throw new Error('Bug: a redemption has its ticket');
  // The ticket is for one purse, and a blocked one gets its money back until somebody has looked at it.
  const isFor = hex(payment.purse) === redemption.purse;
  const blocked = (await tx.purses.byId(hex(payment.purse)))?.isBlocked ?? true;
  const answer = takePayment(purse, ticket, proven, isFor && !blocked);
  switch (answer.kind) {
    case 'again': {
      const { receipt, status } = redemption;
      if (receipt === undefined || status === 'open') throw new Error('Bug: a used ticket has its Receipt');
      return { redemption, receipt, outcome: status, amount: payment.amount };
    }
    case 'refusal': {
      const receipt = await sign(b, line.issuerPurse.key, answer.body);
      return { redemption, receipt, outcome: 'cancelled', amount: payment.amount };
    }
    case 'receipt': {
      const { written, outcome } = answer;
      const word = { kind: 'receipt' as const, outcome, seq: written.seq, currency: payment.currency };
      const receipt = await storeWritten(b, tx, line, written, [
        { kind: 'ticket_closed', ticketNo: redemption.ticketNo, outcome, by: hash },
        {
          kind: 'received',
          receipt: {
            ...word,
            purse: purse.purse,
            link: purse.head,
            amount: payment.amount,
            payer: payment.purse,
            paymentNo: payment.seq,
            paymentHash: hash,
            ticketNo: payment.ticketNo,
          },
        },
      ]);
      await keepOwn(tx, line, 'receipt', receipt, written);
      await tx.redemptions.settle(redemption.id, {
        status: outcome,
        amount: payment.amount,
        paymentHash: hash,
        receipt,
      });
      if (outcome === 'credited') {
        const { id, accountId } = redemption;
        await postOrRefuse(
          b,
          tx,
          move('redemption', id, SYSTEM_ACCOUNTS.float.id, accountId, payment.amount),
        );
      }
      const settled = await told(b, tx, redemption.id);
      return { redemption: settled, receipt, outcome, amount: payment.amount };
    }
  }
}
