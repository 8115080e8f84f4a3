/**
 * What others have said before a purse syncs, so that its next Grant settles it at once and not only the one after.
 *
 * What must hold: what others say is read before the sync's transaction, by key, and only what is final is used; within
 * the transaction nothing but rows of the purse itself is touched. Whatever is missed here the matcher settles.
 */
import { type Bytes, hex, SokkinError } from '@sokkin/codec';
import {
  type Effect,
  judgeCredit,
  type LedgerTx,
  lastWord,
  type TicketWord,
  type Verdict,
} from '@sokkin/issuer';
import { parseEntry } from '@sokkin/purse';
import type { Backend } from '../backend.ts';

/** Of an upload of many payments, the rest is settled by the next Grant. */
const MOST = 1_000;

/** What the payees of these entries' payments have proven of their tickets. The entries are not believed yet. */
export async function earlyWords(b: Backend, entries: readonly Bytes[]): Promise<readonly TicketWord[]> {
  const asked: { payee: string; ticketNo: number }[] = [];
  for (const body of entries.slice(-MOST)) {
    const ticket = ticketPaidOn(body);
    if (ticket !== undefined) asked.push(ticket);
  }
  return asked.length === 0 ? [] : b.store.read((tx) => tx.meetings.ticketWords(asked));
}

function ticketPaidOn(body: Bytes) {
  try {
    const entry = parseEntry(body);
    if (entry.type !== 'payment') return undefined;
    return { payee: hex(entry.fields.payee), ticketNo: entry.fields.ticketNo };
  } catch (error) {
    // The sync will name it.
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

/** In the sync's transaction, after its entries are written. */
export async function settleEarly(
  tx: LedgerTx,
  purse: string,
  effects: readonly Effect[],
  words: readonly TicketWord[],
): Promise<void> {
  const byTicket = new Map(words.map((word) => [`${word.payee}/${word.ticketNo}`, word]));
  const verdicts: Verdict[] = [];
  for (const effect of effects) {
    if (effect.kind !== 'paid') continue;
    const { paymentNo, payee, ticketNo, hash } = effect.payment;
    const word = lastWord({ ticketNo, hash: hex(hash) }, byTicket.get(`${hex(payee)}/${ticketNo}`));
    // A credit is believed where it was carried: with its amount.
    if (word !== undefined && word !== 'credited') verdicts.push({ payer: purse, paymentNo, verdict: word });
  }
  const reached = await tx.meetings.reachedMeetings([purse]);
  const own = new Map((await tx.meetings.payerWords(reached)).map((word) => [word.paymentNo, word]));
  // What contradicts is the matcher's.
  const agreed = reached.filter((credit) => {
    const word = own.get(credit.paymentNo);
    return word?.paid?.isCancelled === false && judgeCredit(credit, word) === 'agrees';
  });
  verdicts.push(
    ...agreed.map(({ payer, paymentNo }) => ({ payer, paymentNo, verdict: 'credited' as const })),
  );
  await tx.meetings.setVerdicts(verdicts);
  await tx.meetings.dropMeetings(agreed);
}
