/**
 * A batch of uploads as one transaction (ADR 11).
 *
 * What must hold:
 * - journals, effects, Grants and answers are one transaction; a faulty journal changes nothing but raises an alert;
 * - what one upload brings decides nothing of another's fate;
 * - the same Statement again gets the same answer, whenever it comes;
 * - nothing is remembered from one batch to the next: a journal is locked before it is read, and written from where it
 *   stands, so any number of processes may serve.
 */
import { assert, type Bytes } from '@sokkin/codec';
import {
  type Appended,
  checkStatement,
  continues,
  type IssuedGrant,
  type LedgerTx,
  type LockedPurse,
  type Proof,
  type ReadEntry,
  replay,
  type SyncRow,
  startOf,
  type TicketWord,
} from '@sokkin/issuer';
import { type Backend, lineOfPurse } from '../../backend.ts';
import { Problem } from '../../problems.ts';
import { hexOf } from '../../store/sets.ts';
import { NONCE_MS, nonceIssuedAt, nonceUnknown } from '../nonces.ts';
import { type Accepted, acknowledge } from './acknowledge.ts';
import { settleOwn, wordsFor } from './counterparts.ts';
import { type ReadUpload, readUpload } from './read.ts';
import { refuseJournal, refuseUpload } from './refuse.ts';
import type { Settled, Upload } from './upload.ts';

/** Of different purses. The results, in their order, when they are on disk. */
export async function uploadAll(b: Backend, uploads: readonly Upload[]): Promise<readonly Settled[]> {
  const results = new Map<Upload, Settled>();
  const known = await b.store.read((tx) => tx.uploads.known(uploads.map((u) => u.purse)));
  const read: ReadUpload[] = [];
  const tried = uploads.map((upload) => orRefused(() => readUpload(b, upload, known.get(upload.purse))));
  for (const [i, one] of (await Promise.all(tried)).entries()) {
    const upload = uploads[i];
    assert(upload !== undefined, 'each was tried');
    if ('refused' in one) results.set(upload, one);
    else read.push(one.value);
  }
  if (read.length > 0) {
    const heard = await wordsFor(b, read);
    const settled = await b.store.write((tx) => writeAll(b, tx, read, heard));
    for (const [upload, result] of settled) results.set(upload, result);
  }
  return uploads.map((upload) => {
    const result = results.get(upload);
    assert(result !== undefined, 'every upload has a result');
    return result;
  });
}

/** A Problem is an outcome of one upload; anything else fails the batch. */
async function orRefused<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly refused: Problem }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof Problem) return { refused: error };
    throw error;
  }
}

interface Decided extends Accepted {
  readonly appended: Appended;
}

async function writeAll(
  b: Backend,
  tx: LedgerTx,
  uploads: readonly ReadUpload[],
  heard: readonly TicketWord[],
): Promise<ReadonlyMap<Upload, Settled>> {
  const settled = new Map<Upload, Settled>();
  const locked = await tx.uploads.lock(
    uploads.map((u) => u.purse.id),
    b.currency,
  );
  const before = await tx.uploads.accepted(
    uploads.map((u) => ({ purse: u.purse.id, statementHash: u.statementHash })),
  );
  const fresh: ReadUpload[] = [];
  for (const u of uploads) {
    const kept = before.get(u.purse.id);
    if (kept === undefined) fresh.push(u);
    else settled.set(u.upload, keptAnswer(kept));
  }
  const decided = await decideAll(b, tx, fresh, locked, settled);
  await tx.uploads.append(decided.map((d) => d.appended));
  const handed = decided.flatMap(({ row: { id: by }, read }) => read.handed.rows.map((row) => ({ by, row })));
  await tx.mailbox.handIn(handed);
  await settleOwn(
    tx,
    decided.map((d) => d.appended),
    heard,
  );
  const answers = await acknowledge(b, tx, decided);
  for (const [i, { read }] of decided.entries()) {
    const signers = read.handed.rows.map((r) => r.signer);
    settled.set(read.upload, { answer: Object(answers[i]), signers });
  }
  return settled;
}

/** Retention leaves an empty one. */
function keptAnswer({ answer }: SyncRow): Settled {
  const kept = Object(answer);
  if (Object.keys(kept).length > 0) return { answer: kept, signers: [] };
  const says = 'This Statement was synced long ago, and its answer is not kept any more.';
  return { refused: new Problem('answer_not_kept', says, 'statement') };
}

/** Those that are believed; what becomes of the others is put into `settled`. */
async function decideAll(
  b: Backend,
  tx: LedgerTx,
  uploads: readonly ReadUpload[],
  locked: ReadonlyMap<string, LockedPurse>,
  settled: Map<Upload, Settled>,
): Promise<Decided[]> {
  if (uploads.length === 0) return [];
  const now = b.clock();
  const used = await tx.uploads.spentNonces(uploads.map((u) => u.purse.id));
  const grants = await tx.uploads.grants(uploads.flatMap(namedGrants));
  const decided: Decided[] = [];
  const spent: { purse: string; nonce: Bytes; expiresAt: Date }[] = [];
  for (const u of uploads) {
    const purse = locked.get(u.purse.id);
    assert(purse !== undefined, 'a purse that was seen is there');
    const { nonce } = u.statement;
    const issuedAt = used.get(u.purse.id)?.has(hexOf(nonce)) ? undefined : nonceIssuedAt(b, nonce);
    const result = await orRefused(() => decide(b, tx, u, purse, issuedAt, grants.get(u.purse.id)));
    if ('refused' in result) {
      settled.set(u.upload, result);
      continue;
    }
    const expiresAt = new Date((issuedAt?.getTime() ?? 0) + NONCE_MS);
    spent.push({ purse: u.purse.id, nonce, expiresAt });
    if ('accuses' in result.value) settled.set(u.upload, { refused: result.value.accuses });
    else decided.push(result.value);
  }
  await tx.uploads.spendNonces(spent, now);
  return decided;
}

/** The Grants that the entries say were applied. */
const namedGrants = ({ chain, purse }: ReadUpload) =>
  chain.verdict !== 'chained'
    ? []
    : chain.entries.flatMap(({ entry }) =>
        entry.type === 'grantApplied' ? [{ purse: purse.id, grantNo: entry.fields.grantNo }] : [],
      );

/** Throws what is the phone's fault. */
async function decide(
  b: Backend,
  tx: LedgerTx,
  read: ReadUpload,
  { row, view }: LockedPurse,
  issuedAt: Date | undefined,
  grants: ReadonlyMap<number, IssuedGrant> = new Map(),
): Promise<Decided | { readonly accuses: Problem }> {
  if (issuedAt === undefined) throw nonceUnknown('statement');
  const { request } = read.upload;
  const proof = await prove(tx, read, view);
  if (proof.verdict !== 'proven')
    return { accuses: await refuseUpload(b, tx, row, proof, request, issuedAt) };
  const { issuerPurse } = lineOfPurse(b, read.leaf);
  const context = { grants, issuerPurse: issuerPurse.certificate.subjectRef };
  const replayed = replay(view, proof.fresh, context);
  if (replayed.status === 'fault') return { accuses: await refuseJournal(b, tx, row, replayed, request) };
  const checked = checkStatement(replayed.view, read.statement);
  if (checked.status === 'fault') return { accuses: await refuseJournal(b, tx, row, checked, request) };
  const entries = proof.fresh.map(({ entry, body, hash }) => ({ seq: entry.fields.seq, body, hash }));
  const appended = { view: replayed.view, entries, effects: replayed.effects };
  return { read, row, view: replayed.view, appended, firstApplied: firstApplied(proof.fresh, grants) };
}

/** Of the Grants that these entries say were applied. */
function firstApplied(fresh: readonly ReadEntry[], grants: ReadonlyMap<number, IssuedGrant>) {
  for (const { entry } of fresh)
    if (entry.type === 'grantApplied') return grants.get(entry.fields.grantNo)?.grant;
  return undefined;
}

/** Old heads are read only where the upload begins before what is known. */
async function prove(tx: LedgerTx, { chain, claim }: ReadUpload, view: LockedPurse['view']): Promise<Proof> {
  if (chain.verdict !== 'chained') return chain;
  const from = startOf(claim, chain.entries).seq;
  const heads =
    from < view.seq
      ? await tx.journals.heads(hexOf(view.purse), Math.max(1, from), Math.min(view.seq, claim.seq))
      : new Map<number, Bytes>();
  const headAt = (seq: number) => (seq === view.seq ? view.head : heads.get(seq));
  return continues({ seq: view.seq, headAt }, claim, chain.entries);
}
