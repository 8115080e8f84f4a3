/**
 * One round: some of what is due is carried to its counterparts, settled and judged, and then marked as met.
 *
 * What must hold: the mark comes last, so whatever is cut off is done again from its start; each step is a transaction of
 * its own, and finds what an earlier try has done.
 */
import type { Due, LedgerTx, MeetingRows, Shadow } from '@sokkin/issuer';
import { meet, outcomeOfVerdict, shadowBalance } from '@sokkin/issuer';
import { judgeCleared } from '../acceptance/clearing/denied.ts';
import type { Backend } from '../backend.ts';
import { follow } from '../operations/claims/follow.ts';
import { settleFunding } from '../operations/funding.ts';
import { takeProvenRedemption } from '../operations/redemption.ts';
import { deliver, judgeMessages } from './deliver.ts';
import { raiseContradicted, raiseUnknown, watchShadow } from './findings.ts';
import { countDays } from './velocity.ts';

/** How many journals it took up. */
export async function round(b: Backend, from: string, limit: number): Promise<number> {
  await deliver(b);
  return b.store.write(async (claim) => {
    const due = await claim.matcher.claim(from, limit);
    if (due.length > 0) await work(b, due);
    return due.length;
  });
}

async function work(b: Backend, due: readonly Due[]): Promise<void> {
  const met = await meet(apart(b), due);
  for (const found of met.unknown) await b.store.write((tx) => raiseUnknown(b, tx, found));
  const purses = due.filter((d) => !d.isIssuer).map((d) => d.purse);
  for (const purse of await b.store.read((tx) => tx.matcher.withOwn(purses)))
    await b.store.write((tx) => settleOwn(b, tx, purse));
  await judgeMessages(b, await b.store.read((tx) => tx.matcher.unjudgedSigners(due.map((d) => d.purse))));
  await judgeCleared(b, purses);
  await watchShadows(b, met.touched);
  for (const purse of await b.store.read((tx) => tx.claims.among(met.touched)))
    await b.store.write((tx) => follow(b, tx, purse));
  await b.store.write((tx) => tx.mailbox.clear(purses));
  await b.store.write(async (tx) => {
    await countDays(b, tx, await tx.matcher.markMet(due), met.facts);
  });
}

/**
 * Each call a transaction of its own; none where there is nothing to do. What contradicts is raised with the row that says so: that
 * row is written once, and whoever repeats the round does not come upon it again.
 */
function apart(b: Backend): MeetingRows {
  const read = <T>(ask: (rows: MeetingRows) => Promise<T>) => b.store.read((tx) => ask(tx.meetings));
  const tell =
    <I>(how: (rows: MeetingRows, items: readonly I[]) => Promise<void>) =>
    async (items: readonly I[]): Promise<void> => {
      if (items.length > 0) await b.store.write((tx) => how(tx.meetings, items));
    };
  return {
    facts: (due) => read((rows) => rows.facts(due)),
    addArrivals: tell((rows, arrivals) => rows.addArrivals(arrivals)),
    arrivalsAt: (payees) => read((rows) => rows.arrivalsAt(payees)),
    dropArrivals: tell((rows, arrivals) => rows.dropArrivals(arrivals)),
    ticketWords: async (asked) => (asked.length === 0 ? [] : read((rows) => rows.ticketWords(asked))),
    addMeetings: tell((rows, credits) => rows.addMeetings(credits)),
    reachedMeetings: (payers) => read((rows) => rows.reachedMeetings(payers)),
    async setMeetings(meetings) {
      if (meetings.length === 0) return;
      await b.store.write(async (tx) => {
        await tx.meetings.setMeetings(meetings);
        for (const one of meetings)
          if (one.state !== 'ahead') await raiseContradicted(b, tx, { ...one, found: one.state });
      });
    },
    dropMeetings: tell((rows, meetings) => rows.dropMeetings(meetings)),
    payerWords: async (asked) => (asked.length === 0 ? [] : read((rows) => rows.payerWords(asked))),
    async setVerdicts(verdicts) {
      if (verdicts.length === 0) return [];
      return b.store.write(async (tx) => {
        const takenBack = await tx.meetings.setVerdicts(verdicts);
        for (const one of takenBack) await raiseContradicted(b, tx, { ...one, found: 'taken_back' });
        return takenBack;
      });
    },
    shadows: (purses) => read((rows) => rows.shadows(purses)),
  };
}

/** What a journal settles between its purse and the issuer: fundings it took or refused, redemptions it paid. */
async function settleOwn(b: Backend, tx: LedgerTx, purse: string): Promise<void> {
  await tx.purses.lock(purse);
  for (const funding of await tx.fundings.unsettled(purse)) {
    const outcome = outcomeOfVerdict(funding.verdict);
    if (outcome === undefined) continue;
    const locked = await tx.fundings.lock(funding.id);
    if (locked?.status === 'paid') await settleFunding(b, tx, locked, outcome);
  }
  for (const { id, paymentNo } of await tx.redemptions.payable(purse)) {
    const [entry] = await tx.journals.entries(purse, paymentNo - 1, 1);
    if (entry !== undefined) await takeProvenRedemption(b, tx, id, entry.body, entry.hash);
  }
}

export async function watchShadows(b: Backend, purses: readonly string[]): Promise<void> {
  const shadows = await b.store.read((tx) => tx.meetings.shadows(purses));
  const [below, above]: [Shadow[], Shadow[]] = [[], []];
  // An issuer's own purse holds nothing: it pays what it issues.
  for (const known of shadows) if (!known.isIssuer) (shadowBalance(known) < 0n ? below : above).push(known);
  const at = b.clock();
  if (above.length > 0) {
    const names = above.map((known) => known.purse);
    await b.store.write((tx) => tx.alerts.explain(names, 'shadow_negative', at));
  }
  for (const known of below) await b.store.write((tx) => watchShadow(b, tx, known));
}
