/**
 * Uploads that are not accepted. What must hold: only what the purse signed accuses it, with its evidence; an upload that does
 * not lead to its Statement is the phone's fault, changes nothing, and the same Statement may be sent again.
 */
import { hex } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import type { HistoryFile, LedgerTx, PurseRow, Replay, Unproven } from '@sokkin/issuer';
import { headAfter } from '@sokkin/purse';
import { type Backend, lineOfPurse, newId } from '../../backend.ts';
import { Problem } from '../../problems.ts';
import { raiseAlert } from '../alerts.ts';
import { provenHistory, raiseFork } from '../detect.ts';
import type { SyncRequest } from './upload.ts';

type Fault = Extract<Replay, { status: 'fault' }>;

const historyOf = ({ statement, entries }: SyncRequest): HistoryFile => ({
  kind: 'statement',
  message: hex(statement),
  entries: entries.map(hex),
});

/** Throws what is the phone's fault; gives what accuses the purse. */
export async function refuseUpload(
  b: Backend,
  tx: LedgerTx,
  row: PurseRow,
  proof: Unproven,
  request: SyncRequest,
  nonceIssuedAt: Date,
): Promise<Problem> {
  switch (proof.verdict) {
    case 'malformed':
      throw new Problem('journal_malformed', proof.says, `entries[${proof.index}]`);
    case 'gap':
      throw new Problem('journal_gap', proof.says, 'entries');
    case 'broken':
      throw new Problem('journal_broken', proof.says, 'entries');
    case 'stale': {
      const isFresh = row.lastSyncAt !== undefined && nonceIssuedAt > row.lastSyncAt;
      if (!isFresh) throw new Problem('statement_stale', proof.says, 'statement');
      const alert = await raiseRollback(b, tx, row, request);
      const says = `${proof.says} It signed this over a newer nonce, so its memory went back in time.`;
      return new Problem('journal_rolled_back', says, 'statement', { alert });
    }
    case 'fork':
      return refuseFork(b, tx, row, proof, request);
  }
}

async function refuseFork(
  b: Backend,
  tx: LedgerTx,
  row: PurseRow,
  { seq, says }: Extract<Unproven, { verdict: 'fork' }>,
  request: SyncRequest,
): Promise<Problem> {
  const proven = await provenHistory(tx, row.id, seq);
  if (proven === undefined) {
    const fault = { status: 'fault', fault: 'genesis_misplaced', seq, says } as const;
    return refuseJournal(b, tx, row, fault, request);
  }
  const alert = await raiseFork(b, tx, {
    purse: row.id,
    certificate: row.certificate,
    seq,
    histories: [proven, historyOf(request)],
  });
  return new Problem('journal_fork', says, 'entries', { alert });
}

async function raiseRollback(b: Backend, tx: LedgerTx, row: PurseRow, request: SyncRequest): Promise<string> {
  const newest = await provenHistory(tx, row.id, row.seq);
  return raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: 'rollback',
    // The order of the two Statements is our word: the nonces are ours.
    severity: 'suspected',
    purse: row.id,
    subject: `${row.id}/${hex(headAfter(request.statement))}`,
    says: 'The purse signed an older state over a newer nonce: its memory went back in time.',
    evidence: { certificates: certificatesOf(b, row), newest, older: historyOf(request) },
  });
}

/** Entries that no honest purse writes. */
export async function refuseJournal(
  b: Backend,
  tx: LedgerTx,
  row: PurseRow,
  fault: Fault,
  request: SyncRequest,
): Promise<Problem> {
  const says = `Entry ${fault.seq}: ${fault.says}`;
  const alert = await raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: 'invalid_journal',
    severity: 'proven',
    purse: row.id,
    subject: `${row.id}/${fault.seq}/${fault.fault}`,
    says,
    evidence: {
      fault: fault.fault,
      seq: fault.seq,
      certificates: certificatesOf(b, row),
      history: historyOf(request),
    },
  });
  return new Problem('journal_invalid', says, 'entries', { fault: fault.fault, alert });
}

/** What the purse's word is believed by. */
const certificatesOf = (b: Backend, row: PurseRow) => ({
  root: hex(b.pki.root.bytes),
  issuer: hex(lineOfPurse(b, parseCertificate(row.certificate)).issuer.certificate.bytes),
  purse: hex(row.certificate),
});
