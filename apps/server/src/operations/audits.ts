/**
 * The audit as a habit: every so often one of the processes runs it, keeps what it found, and raises an alert when an
 * equation does not hold.
 *
 * What must hold: of several processes one runs it at a time (a lock of the database, which goes with its holder); a run
 * reads one moment; what fails here never stops the server, and is tried again.
 */
import { type Audit, audit, FIRST_ISSUER } from '@sokkin/issuer';
import { type Backend, issuerPurseId, lineFor, newId } from '../backend.ts';
import { type Habit, habit } from './habit.ts';
import { watchIssuers } from './issuer-watch.ts';

/** Runs the audit, unless another process did within the last `seconds`; undefined: it did. */
export async function auditNow(b: Backend, seconds: number): Promise<Audit | undefined> {
  return b.store.write(async (tx) => {
    const at = b.clock();
    // A timer may be early by a little.
    if (!(await tx.audits.claim(new Date(at.getTime() - seconds * 900), at))) return undefined;
    const began = performance.now();
    const totals = await b.store.read((one) => one.auditTotals());
    const found = audit(totals);
    const milliseconds = Math.round(performance.now() - began);
    await tx.audits.add({ at, holds: found.holds, totals, milliseconds });
    if (!found.holds) await raise(b, tx.alerts, found, at);
    b.audits.note(found, at);
    await watchIssuers(b);
    return found;
  });
}

type Alerts = Parameters<Parameters<Backend['store']['write']>[0]>[0]['alerts'];

async function raise(b: Backend, alerts: Alerts, found: Audit, at: Date): Promise<void> {
  for (const equation of found.equations.filter((e) => !e.holds)) {
    const { name, says, left, right } = equation;
    const digits = Object.entries(equation.terms).map(([term, value]) => [term, value.toString()]);
    await alerts.raise(
      {
        ...{ id: newId(b, 'alt'), kind: 'audit_failed', severity: 'proven', subject: name },
        // It is about the whole ledger: the first issuer's own purse stands for it.
        purse: issuerPurseId(lineFor(b, FIRST_ISSUER)),
        says: `The audit does not hold: ${says}, but ${left} is not ${right}.`,
        evidence: { left: left.toString(), right: right.toString(), terms: Object.fromEntries(digits) },
      },
      at,
    );
  }
}

/** `say` hears of what does not hold, too. */
export const auditHabit = (b: Backend, seconds: number, say: (line: string) => void): Habit =>
  habit({ seconds, name: 'The audit', say }, async () => {
    const found = await auditNow(b, seconds);
    if (found?.holds === false) say('The audit does not hold: see `sokkin audit` and the open alerts.');
  });
