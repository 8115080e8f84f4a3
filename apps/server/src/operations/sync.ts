/**
 * Sync: a purse proves its journal and gets its Grant (docs/spec/protocol.md, sections 6.5 and 6.6).
 *
 * What must hold:
 * - journal, effects, Grant and answer are one transaction; a faulty journal changes nothing but raises an alert;
 * - only what the purse signed accuses it: an upload that does not lead to its Statement is the phone's fault;
 * - the same Statement again gets the same answer, whenever it comes.
 */
import { type Bytes, type Epoch, fromHex, hex } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import {
  checkStatement,
  composeGrant,
  type HistoryFile,
  type JournalView,
  type LedgerTx,
  type Proof,
  type PurseRow,
  prove,
  type ReadEntry,
  type Replay,
  replay,
  resolutionsFrom,
  type SyncRow,
  type TicketWord,
  type Unproven,
} from '@sokkin/issuer';
import {
  encodeGrant,
  headAfter,
  MAX_BLOCKED,
  messageHash,
  type Signed,
  type Statement,
  verifyStatement,
} from '@sokkin/purse';
import { pursePath } from '../access/owned.ts';
import type { Principal } from '../access/principal.ts';
import { type Backend, dayOf, lineOfPurse, newId, sign, trustOf } from '../backend.ts';
import { earlyWords, settleEarly } from '../matching/early.ts';
import { notBelieved, Problem } from '../problems.ts';
import { raiseAlert } from './alerts.ts';
import { provenHistory, raiseFork } from './detect.ts';
import { emitOfPurse } from './events.ts';
import { standingOf } from './fleet.ts';
import { limitsNow } from './policy.ts';
import { spendNonce } from './purses.ts';
import { type Delivery, deliveryOf, type HandedLists, type HandedRefusal, keepHandedIn } from './signed.ts';

export interface SyncRequest extends HandedLists {
  readonly statement: Bytes;
  readonly entries: readonly Bytes[];
}

export interface SyncAnswer {
  readonly id: string;
  readonly acknowledgedSeq: number;
  readonly grant: Bytes;
  /** Certificate of who signed it. */
  readonly authority: Bytes;
  readonly payments: readonly Delivery[];
  readonly receipts: readonly Delivery[];
  readonly refused: readonly HandedRefusal[];
}

/** At most this many Payments, and Receipts, go out with one sync; the rest with the next. */
const DELIVERIES = 64;

type Settled<A> = { readonly answer: A; readonly signers: readonly string[] } | { readonly refused: Problem };

/** `shape` makes the answer as it is sent, and kept to be sent again. */
export async function sync<A extends object>(
  b: Backend,
  who: Principal,
  purse: string,
  request: SyncRequest,
  shape: (answer: SyncAnswer) => A,
): Promise<A | object> {
  const words = await earlyWords(b, request.entries);
  const settled = await b.store.write(async (tx) => {
    await pursePath(tx, who, purse, 'act');
    return apply(b, tx, purse, { ...request, words }, shape);
  });
  if ('refused' in settled) throw settled.refused;
  await b.bell.ring([purse], settled.signers);
  return settled.answer;
}

async function apply<A extends object>(
  b: Backend,
  tx: LedgerTx,
  purse: string,
  request: SyncRequest & { readonly words: readonly TicketWord[] },
  shape: (answer: SyncAnswer) => A,
): Promise<Settled<A | object>> {
  const row = await tx.purses.lock(purse);
  if (row === undefined) throw new Error('Bug: a purse that was seen is there');
  const statement = await believe(b, row, request.statement);
  const statementHash = messageHash(statement);
  const before = await tx.purses.syncByStatement(purse, statementHash);
  if (before !== undefined) return { answer: keptAnswer(before), signers: [] };
  const nonceIssuedAt = await spendNonce(b, tx, statement.fields.nonce, 'statement');

  const view = await tx.journals.view(purse, b.currency);
  if (view === undefined) throw new Error('Bug: a registered purse has a journal');
  const proof = await proveUpload(tx, view, statement.fields, request.entries);
  if (proof.verdict !== 'proven') {
    return { refused: await refuseUpload(b, tx, row, proof, request, nonceIssuedAt) };
  }
  const grants = await tx.purses.grantsAfter(purse, view.grantNo);
  const { issuerPurse } = lineOfRow(b, row);
  const replayed = replay(view, proof.fresh, {
    grants,
    issuerPurse: issuerPurse.certificate.subjectRef,
  });
  if (replayed.status === 'fault') return { refused: await refuseJournal(b, tx, row, replayed, request) };
  const checked = checkStatement(replayed.view, statement.fields);
  if (checked.status === 'fault') return { refused: await refuseJournal(b, tx, row, checked, request) };
  await tx.journals.append(replayed.view, proof.fresh.map(toRow), replayed.effects);
  const { refused, signers } = await keepHandedIn(b, tx, request);
  await settleEarly(tx, purse, replayed.effects, request.words);
  const answer = await acknowledge(b, tx, row, replayed.view, statement.fields.nonce, refused);
  const shaped = shape(answer);
  const { statement: message } = request;
  await tx.purses.addSync(
    { id: answer.id, purse, statementHash, statement: message, seq: replayed.view.seq, answer: shaped },
    b.clock(),
  );
  await emitOfPurse(b, tx, row, 'purse.synced', {
    acknowledged_seq: replayed.view.seq,
    balance: replayed.view.balance.toString(),
  });
  return { answer: shaped, signers };
}

const lineOfRow = (b: Backend, row: PurseRow) => lineOfPurse(b, parseCertificate(row.certificate));

const toRow = ({ entry, body, hash }: ReadEntry) => ({ seq: entry.fields.seq, body, hash });

async function believe(b: Backend, row: PurseRow, message: Bytes): Promise<Signed<Statement>> {
  const leaf = parseCertificate(row.certificate);
  const issuer = lineOfPurse(b, leaf).issuer.certificate;
  const verified = await verifyStatement(b.crypto, trustOf(b), { issuer, leaf }, message);
  if (verified.status === 'certificate_wrong_issuer') {
    throw new Problem('purse_mismatch', 'The Statement is of another purse.', 'statement');
  }
  if (verified.status !== 'ok') throw notBelieved(verified.status, 'statement');
  return verified.value;
}

async function proveUpload(
  tx: LedgerTx,
  view: JournalView,
  statement: Statement,
  entries: readonly Bytes[],
): Promise<Proof> {
  // As many old heads as the upload can touch.
  const oldest = Math.max(1, Math.min(view.seq, statement.seq) - entries.length);
  const heads = await tx.journals.heads(hex(view.purse), oldest, view.seq);
  const known = { seq: view.seq, headAt: (seq: number) => heads.get(seq) };
  return prove(known, { purse: statement.purse, seq: statement.seq, head: statement.link }, entries);
}

const historyOf = ({ statement, entries }: SyncRequest): HistoryFile => ({
  kind: 'statement',
  message: hex(statement),
  entries: entries.map(hex),
});

/** Retention leaves an empty one. */
function keptAnswer({ answer }: SyncRow): object {
  const kept = Object(answer);
  if (Object.keys(kept).length > 0) return kept;
  throw new Problem(
    'answer_not_kept',
    'This Statement was synced long ago, and its answer is not kept any more.',
    'statement',
  );
}

/** Throws what is the phone's fault, so that it may send the same Statement again; gives what accuses the purse. */
async function refuseUpload(
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
      const provenAt = await tx.purses.lastProvenAt(row.id);
      const isFresh = provenAt !== undefined && nonceIssuedAt > provenAt;
      if (!isFresh) throw new Problem('statement_stale', proof.says, 'statement');
      const alert = await raiseRollback(b, tx, row, request);
      const says = `${proof.says} It signed this over a newer nonce, so its memory went back in time.`;
      return new Problem('journal_rolled_back', says, 'statement', { alert });
    }
    case 'fork': {
      const proven = await provenHistory(tx, row.id, proof.seq);
      if (proven === undefined) {
        const fault = {
          status: 'fault',
          fault: 'genesis_misplaced',
          seq: proof.seq,
          says: proof.says,
        } as const;
        return refuseJournal(b, tx, row, fault, request);
      }
      const alert = await raiseFork(b, tx, {
        purse: row.id,
        certificate: row.certificate,
        seq: proof.seq,
        histories: [proven, historyOf(request)],
      });
      return new Problem('journal_fork', proof.says, 'entries', { alert });
    }
  }
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
    evidence: {
      certificates: {
        root: hex(b.pki.root.bytes),
        issuer: hex(lineOfRow(b, row).issuer.certificate.bytes),
        purse: hex(row.certificate),
      },
      newest,
      older: historyOf(request),
    },
  });
}

async function refuseJournal(
  b: Backend,
  tx: LedgerTx,
  row: PurseRow,
  fault: Extract<Replay, { status: 'fault' }>,
  request: SyncRequest,
): Promise<Problem> {
  const alert = await raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: 'invalid_journal',
    severity: 'proven',
    purse: row.id,
    subject: `${row.id}/${fault.seq}/${fault.fault}`,
    says: `Entry ${fault.seq}: ${fault.says}`,
    evidence: {
      fault: fault.fault,
      seq: fault.seq,
      certificates: {
        root: hex(b.pki.root.bytes),
        issuer: hex(lineOfRow(b, row).issuer.certificate.bytes),
        purse: hex(row.certificate),
      },
      history: historyOf(request),
    },
  });
  const says = `Entry ${fault.seq}: ${fault.says}`;
  return new Problem('journal_invalid', says, 'entries', { fault: fault.fault, alert });
}

/**
 * Today, but not later than the last day on which the purse, and the certificates it must still believe to be
 * settled and to pay its value home, are valid: a purse whose epoch has passed them takes no further Grant.
 */
function grantDate(b: Backend, row: PurseRow, today: Epoch): Epoch {
  const { authority, issuerPurse } = lineOfRow(b, row);
  const purse = parseCertificate(row.certificate);
  return Math.min(
    today,
    purse.expiration,
    authority.certificate.expiration,
    issuerPurse.certificate.expiration,
  );
}

async function acknowledge(
  b: Backend,
  tx: LedgerTx,
  row: PurseRow,
  view: JournalView,
  nonce: Bytes,
  refused: readonly HandedRefusal[],
): Promise<SyncAnswer> {
  const now = b.clock();
  const { authority } = lineOfRow(b, row);
  const resolutions = resolutionsFrom(await tx.payments.openWithVerdicts(row.id));
  const blocked = (await tx.purses.blocked(MAX_BLOCKED + 1)).filter((id) => id !== row.id).map(fromHex);
  const grant = composeGrant({
    authority: authority.certificate.subjectRef,
    view,
    issuedGrantNo: row.issuedGrantNo,
    nonce,
    epoch: grantDate(b, row, dayOf(now)),
    limits: await limitsNow(b, tx, row),
    resolutions,
    blocked,
    ...(await standingOf(b, tx, row, view)),
  });
  const body = encodeGrant(grant);
  const message = await sign(b, authority.key, body);
  await tx.purses.addGrant(row.id, grant, headAfter(body), message, now);
  const resolved = new Set(resolutions.map((r) => r.paymentNo));
  const receipts = (await tx.payments.receiptsFor(row.id, DELIVERIES)).filter(
    (r) => !resolved.has(r.paymentNo),
  );
  return {
    id: newId(b, 'syn'),
    acknowledgedSeq: view.seq,
    grant: message,
    authority: authority.certificate.bytes,
    payments: (await tx.payments.deliverable(row.id, DELIVERIES)).map(deliveryOf),
    receipts: receipts.map(deliveryOf),
    refused,
  };
}
