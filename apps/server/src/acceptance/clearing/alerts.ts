/**
 * What is wrong with what was presented, as alerts with their evidence.
 *
 * What must hold: nobody is accused with `proven`: who has the issuer's keys could have made the cryptogram, and who has not
 * cannot check it. What the purse signed convinces by itself; packages/issuer/src/reconcile/judge-tc.ts says what of it.
 */
import { hex } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import {
  type ClearedApproval,
  type ClearingRow,
  FIRST_ISSUER,
  type HistoryFile,
  type LedgerTx,
} from '@sokkin/issuer';
import { type Backend, issuerPurseId, lineFor, lineOfPurse, newId, purseName } from '../../backend.ts';
import { raiseAlert } from '../../operations/alerts.ts';
import { CLEARING_REFUSALS, type ClearingRefusal } from './presented.ts';

/** The card took nothing: the message came the wrong way, and nobody has lost or won anything. */
const HARMLESS: ReadonlySet<ClearingRefusal> = new Set(['not_offline']);
/** Genuine, and nobody could be paid yet. */
const UNPAID: ReadonlySet<ClearingRefusal> = new Set([
  'merchant_unknown',
  'merchant_blocked',
  'float_short',
  'account_full',
  'lapsed',
]);

/** A card that is nobody's: the first issuer's own purse stands for it. */
const nobodys = (b: Backend): string => issuerPurseId(lineFor(b, FIRST_ISSUER));

const presentation = (row: ClearingRow) => ({
  clearing: row.id,
  acquirer: row.acquirer,
  card_acceptor: row.acceptor,
  terminal: row.terminal ?? null,
  pan_last4: row.panLast4,
  amount: row.amount.toString(),
  chip: hex(row.chip),
  presented_at: row.receivedAt.toISOString(),
});

export async function raiseRefused(
  b: Backend,
  tx: LedgerTx,
  row: ClearingRow,
  reason: ClearingRefusal,
  purse: string = nobodys(b),
): Promise<string | undefined> {
  if (HARMLESS.has(reason)) return undefined;
  if (reason === 'journal_denies') return raiseUnpaidDenied(b, tx, row, purse);
  const { says } = CLEARING_REFUSALS[reason];
  return raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: UNPAID.has(reason) ? 'tc_unpaid' : 'tc_wrong',
    severity: 'suspected',
    purse,
    subject: row.id,
    says: `${row.acquirer} presented an offline approval over ${row.amount} of card acceptor ${row.acceptor}, which is not paid. ${says}`,
    evidence: { reason, presented: presentation(row) },
  });
}

/** Two shops have one approval, or two approvals have one counter. */
export async function raiseTwice(
  b: Backend,
  tx: LedgerTx,
  row: ClearingRow,
  first: ClearingRow,
  isSame: boolean,
): Promise<string> {
  const what = isSame
    ? 'was presented by another merchant, who was paid for it'
    : 'has the counter of another one that was paid: there are two cards with one key, or the keys are known';
  return raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: 'tc_twice',
    severity: 'suspected',
    purse: row.purse ?? nobodys(b),
    subject: row.id,
    says: `The offline approval over ${row.amount} that ${row.acquirer} presented for card acceptor ${row.acceptor} ${what}.`,
    evidence: {
      reason: isSame ? 'presented_elsewhere' : 'counter_conflict',
      presented: presentation(row),
      paid: presentation(first),
    },
  });
}

const DENIALS: Readonly<Record<string, string>> = {
  no_such_approval: 'has later approvals and not this one',
  other_approval: 'has another approval under its counter',
  taken_back: 'took it back',
};

/** It was paid, and the purse's journal says otherwise: the card's element is broken, or its keys are known. */
export async function raiseDenied(
  b: Backend,
  tx: LedgerTx,
  cleared: Pick<ClearedApproval, 'purse' | 'atc' | 'amount' | 'state'>,
  row: ClearingRow,
): Promise<string> {
  const { purse, atc, amount, state } = cleared;
  return raise(b, tx, row, purse, {
    says: `A shop was paid ${amount} for a genuine approval of the card under counter ${atc}; its journal ${DENIALS[state]}.`,
    evidence: { state, was_paid: true, ...(await journalOf(b, tx, purse, atc)) },
  });
}

const raiseUnpaidDenied = async (b: Backend, tx: LedgerTx, row: ClearingRow, purse: string) =>
  raise(b, tx, row, purse, {
    says: `${row.acquirer} presented a genuine approval over ${row.amount}, which its purse's journal denies, and which the policy does not pay.`,
    evidence: { was_paid: false, ...(await journalOf(b, tx, purse, row.atc ?? 0)) },
  });

const raise = (
  b: Backend,
  tx: LedgerTx,
  row: ClearingRow,
  purse: string,
  { says, evidence }: { readonly says: string; readonly evidence: object },
): Promise<string> =>
  raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: 'tc_denied',
    severity: 'suspected',
    purse,
    subject: `${purse}/${row.atc}`,
    says,
    evidence: {
      reason: 'journal_denies',
      purse: purseName(purse),
      presented: presentation(row),
      ...evidence,
    },
  });

/** Entries that are shown at most. */
const MOST_ENTRIES = 256;

/** From the last approval before this counter on, under the Statement that covers the first one at it or after it. */
async function journalOf(b: Backend, tx: LedgerTx, purse: string, atc: number) {
  const row = await tx.purses.byId(purse);
  if (row === undefined) throw new Error('Bug: what was cleared has its purse');
  const issuer = lineOfPurse(b, parseCertificate(row.certificate)).issuer.certificate.bytes;
  const history = await historyOf(tx, purse, await tx.clearings.neighbours(purse, atc));
  return {
    certificates: {
      root: hex(b.pki.root.bytes),
      purse: { issuer: hex(issuer), purse: hex(row.certificate) },
    },
    histories: history === undefined ? {} : { purse: history },
  };
}

async function historyOf(
  tx: LedgerTx,
  purse: string,
  { before = 1, from }: { readonly before: number | undefined; readonly from: number | undefined },
): Promise<HistoryFile | undefined> {
  const sync = from === undefined ? undefined : await tx.purses.syncCovering(purse, from);
  if (sync === undefined || from === undefined) return undefined;
  const first = sync.seq - before < MOST_ENTRIES ? before : from;
  const entries = await tx.journals.entries(purse, first - 1, sync.seq - first + 1);
  return { kind: 'statement', message: hex(sync.statement), entries: entries.map((e) => hex(e.body)) };
}
