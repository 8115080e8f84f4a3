/**
 * What was kept long enough is removed, as a habit of the server.
 *
 * What must hold: of several processes one removes at a time; each transaction removes a bounded number of rows; what it was
 * told to keep it keeps (store/retention-rows.ts, operations/erasure.ts); what fails never stops the server, and is tried
 * again; a dry run removes nothing.
 */
import type { LedgerTx, RetentionRun, RetentionTable } from '@sokkin/issuer';
import { SYSTEM } from '../access/audit-log.ts';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';
import { erase } from './erasure.ts';
import { type Habit, habit } from './habit.ts';
import { moveIdentities } from './identity-records.ts';
import { type RetentionClass, type RetentionDocument, retentionInForce } from './retention-policy.ts';

const DAY_MS = 86_400_000;
const LOOK_AT = 2_000;
const ERASE_AT_ONCE = 50;
/** A dry run looks no further. */
const DRY_PAGES = 100;
const DRY_PEOPLE = 200;
/** A record whose transaction in the ledger has not committed after so long never will. */
const STRAY_AFTER_MS = DAY_MS;
const STRAY_WITHIN_MS = 8 * DAY_MS;

const TABLES: Readonly<Record<Exclude<RetentionClass, 'closed_identities'>, readonly RetentionTable[]>> = {
  kept_answers: ['kept_answers'],
  sync_answers: ['sync_answers'],
  challenges: ['challenges'],
  audit_runs: ['audit_runs'],
  deliveries: ['deliveries', 'events'],
  signed_messages: ['signed_messages'],
  shop_messages: ['shop_messages', 'shop_payments', 'card_orders_ended'],
};

export type Removed = Readonly<Record<RetentionClass, number>>;

/** Removes what is due, unless another process did within the last `seconds` or is at it. */
export async function retain(b: Backend, seconds: number): Promise<Removed | undefined> {
  const { document, last } = await b.store.read(async (tx) => ({
    ...(await retentionInForce(tx)),
    last: await tx.retention.lastRun(),
  }));
  // A timer may be early by a little.
  if (last !== undefined && b.clock().getTime() - last.at.getTime() < seconds * 900) return undefined;
  const began = performance.now();
  await moveIdentities(b);
  const removed = nothing();
  for (const [name, tables] of entriesOf(TABLES))
    for (const table of tables) {
      const done = await walk((after) => removePage(b, table, before(b, document[name]), after));
      if (done === undefined) return undefined;
      removed[name] += done;
    }
  removed.closed_identities = await forget(b, before(b, document.closed_identities));
  await removeStrays(b);
  const milliseconds = Math.round(performance.now() - began);
  await b.store.write((tx) => tx.retention.addRun({ at: b.clock(), removed, milliseconds }));
  return removed;
}

export interface DryRun {
  readonly document: RetentionDocument;
  readonly version: number;
  readonly wouldRemove: Removed;
  /** False: there is more than it looked at, and so perhaps more to remove. */
  readonly isComplete: boolean;
  readonly last: RetentionRun | undefined;
}

/** What the next run would remove; it looks at so many rows of each table at most. */
export async function dryRun(b: Backend): Promise<DryRun> {
  return b.store.read(async (tx) => {
    const { document, version } = await retentionInForce(tx);
    const wouldRemove = nothing();
    let isComplete = true;
    for (const [name, tables] of entriesOf(TABLES))
      for (const table of tables) {
        let pages = 0;
        const until = before(b, document[name]);
        const count = await walk(async (after) => {
          const page = await tx.retention.page(table, until, { after, limit: LOOK_AT, isDry: true });
          pages += 1;
          if (pages < DRY_PAGES || page.next === undefined) return page;
          isComplete = false;
          return { ...page, next: undefined };
        });
        wouldRemove[name] += count ?? 0;
      }
    const due = await tx.privacy.closedBefore(before(b, document.closed_identities), DRY_PEOPLE, '');
    if (due.length === DRY_PEOPLE) isComplete = false;
    for (const party of due) if (await isForgettable(tx, party)) wouldRemove.closed_identities += 1;
    const last = await tx.retention.lastRun();
    // A run of the program before knew of less.
    const whole = last && { ...last, removed: { ...nothing(), ...last.removed } };
    return { document, version, wouldRemove, isComplete, last: whole };
  });
}

const nothing = (): Record<RetentionClass, number> => ({
  kept_answers: 0,
  sync_answers: 0,
  challenges: 0,
  audit_runs: 0,
  deliveries: 0,
  signed_messages: 0,
  shop_messages: 0,
  closed_identities: 0,
});
const entriesOf = <K extends string, V>(of: Readonly<Record<K, V>>) => Object.entries(of) as [K, V][];
const before = (b: Backend, days: number): Date => new Date(b.clock().getTime() - days * DAY_MS);

type Page = Awaited<ReturnType<LedgerTx['retention']['page']>>;

/** Page after page; undefined: one could not be had. */
async function walk(
  page: (after: string | undefined) => Promise<Page | undefined>,
): Promise<number | undefined> {
  let [after, removed]: [string | undefined, number] = [undefined, 0];
  do {
    const done = await page(after);
    if (done === undefined) return undefined;
    removed += done.removed;
    after = done.next;
  } while (after !== undefined);
  return removed;
}

/** undefined: another process is at it. */
const removePage = (b: Backend, table: RetentionTable, until: Date, after: string | undefined) =>
  b.store.write(async (tx) => {
    if (!(await tx.retention.claim())) return undefined;
    return tx.retention.page(table, until, { after, limit: LOOK_AT, isDry: false });
  });

const isForgettable = async (tx: LedgerTx, id: string): Promise<boolean> => {
  const party = await tx.institutions.party(id);
  return party !== undefined && (await tx.privacy.obstacles(party)).length === 0;
};

/** Whom something stands against is left, and looked at again the next time. */
async function forget(b: Backend, until: Date): Promise<number> {
  let [after, forgotten] = ['', 0];
  for (;;) {
    const parties = await b.store.read((tx) => tx.privacy.closedBefore(until, ERASE_AT_ONCE, after));
    for (const party of parties) if (await forgetOne(b, party)) forgotten += 1;
    const last = parties.at(-1);
    if (last === undefined) return forgotten;
    after = last;
  }
}

async function forgetOne(b: Backend, id: string): Promise<boolean> {
  try {
    await b.store.write((tx) => erase(b, tx, SYSTEM, id));
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

/** Records of whom the ledger does not know, and keys of those whom it has forgotten. */
async function removeStrays(b: Backend): Promise<void> {
  const now = b.clock().getTime();
  const [from, to] = [new Date(now - STRAY_WITHIN_MS), new Date(now - STRAY_AFTER_MS)];
  let after = '';
  for (;;) {
    const parties = await b.identities.since(from, to, after, LOOK_AT);
    const strays = await b.store.read((tx) => tx.privacy.unknownOrErased(parties));
    for (const party of strays) await b.identities.erase(party);
    const last = parties.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

export const retentionHabit = (b: Backend, seconds: number, say: (line: string) => void): Habit =>
  habit({ seconds, name: 'Retention', say }, () => retain(b, seconds));
