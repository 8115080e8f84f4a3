/**
 * What others have said before a purse syncs, so that its next Grant settles it at once and not only the one after.
 *
 * What must hold: what others say is read before the sync's transaction, by key, and only what is final is used; within
 * the transaction nothing but rows of the purse itself is touched. Whatever is missed here the matcher settles.
 */
import { hex } from '@sokkin/codec';
import {
  type Appended,
  judgeCredit,
  type LedgerTx,
  lastWord,
  type TicketWord,
  type Verdict,
} from '@sokkin/issuer';
import type { Backend } from '../backend.ts';

/** Of uploads of many payments, the rest is settled by the next Grant. */
const MOST = 1_000;

/** What payees have proven of these tickets; the uploads that paid on them are not believed yet. */
export async function ticketWordsFor(
  b: Backend,
  paidOn: readonly { readonly payee: string; readonly ticketNo: number }[],
): Promise<readonly TicketWord[]> {
  const asked = paidOn.slice(-MOST);
  return asked.length === 0 ? [] : b.store.read((tx) => tx.meetings.ticketWords(asked));
}

/** In the syncs' transaction, after their entries are written. */
export async function settleEarly(
  tx: LedgerTx,
  journals: readonly Appended[],
  words: readonly TicketWord[],
): Promise<void> {
  const byTicket = new Map(words.map((word) => [`${word.payee}/${word.ticketNo}`, word]));
  const verdicts: Verdict[] = [];
  for (const { view, effects } of journals) {
    const payer = hex(view.purse);
    for (const effect of effects) {
      if (effect.kind !== 'paid') continue;
      const { paymentNo, payee, ticketNo, hash } = effect.payment;
      const word = lastWord({ ticketNo, hash: hex(hash) }, byTicket.get(`${hex(payee)}/${ticketNo}`));
      // A credit is believed where it was carried: with its amount.
      if (word !== undefined && word !== 'credited') verdicts.push({ payer, paymentNo, verdict: word });
    }
  }
  const payers = journals.filter(({ entries }) => entries.length > 0).map(({ view }) => hex(view.purse));
  const reached = payers.length === 0 ? [] : await tx.meetings.reachedMeetings(payers);
  const asked = reached.length === 0 ? [] : await tx.meetings.payerWords(reached);
  const own = new Map(asked.map((word) => [`${word.payer}/${word.paymentNo}`, word]));
  // What contradicts is the matcher's.
  const agreed = reached.filter((credit) => {
    const word = own.get(`${credit.payer}/${credit.paymentNo}`);
    return word?.paid?.isCancelled === false && judgeCredit(credit, word) === 'agrees';
  });
  verdicts.push(
    ...agreed.map(({ payer, paymentNo }) => ({ payer, paymentNo, verdict: 'credited' as const })),
  );
  if (verdicts.length > 0) await tx.meetings.setVerdicts(verdicts);
  if (agreed.length > 0) await tx.meetings.dropMeetings(agreed);
}
