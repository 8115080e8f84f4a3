/**
 * Evidence about a purse that convinces without the back-end's word (invariant I7).
 *
 * A *history* is a signed Statement and the journal entries that lead to it: each entry names the one before by
 * its hash, so the one signature covers them all. Two histories of one purse that have a number in common and
 * differ there are a fork, also when no two signed messages have the same number; a signed Payment, Ticket or
 * Receipt joins as a history of one entry. What must hold: two histories of one honest purse never fork.
 */
import { type Bytes, equal, hex } from '@sokkin/codec';
import type { Certificate, CryptoPort } from '@sokkin/crypto';
import {
  type Header,
  headAfter,
  isEntry,
  judgeFork,
  parseEntry,
  parsePayment,
  parseReceipt,
  parseStatement,
  verifySigned,
  type Witness,
} from '@sokkin/purse';

export type WitnessKind = 'statement' | 'payment' | 'receipt';

/** As it is stored and shown, all in hex. */
export interface HistoryFile {
  readonly kind: WitnessKind;
  /** Body and signature. */
  readonly message: string;
  /** Bodies of entries that lead to the message's chain head, oldest first; may be empty. */
  readonly entries: readonly string[];
}

export interface History {
  readonly witness: Witness;
  readonly entries: readonly Bytes[];
}

export type HistoryVerdict =
  | { readonly verdict: 'fork'; readonly seq: number; readonly says: string }
  | { readonly verdict: 'contradiction'; readonly says: string }
  | { readonly verdict: 'consistent' }
  | { readonly verdict: 'not_proven'; readonly says: string };

/** Reads a message as a witness. Throws `bad_message`. */
export function readWitness(kind: WitnessKind, message: Bytes): Witness {
  switch (kind) {
    case 'statement':
      return parseStatement(message);
    case 'payment':
      return parsePayment(message);
    case 'receipt':
      return parseReceipt(message);
  }
}

/** Verifies two histories against the purse's certificate (whose chain the reader has checked), and judges. */
export async function judgeHistories(
  crypto: CryptoPort,
  purse: Certificate,
  a: History,
  b: History,
): Promise<HistoryVerdict> {
  for (const { witness } of [a, b]) {
    const named = equal(witness.fields.purse, purse.subjectRef);
    if (!named || !(await verifySigned<Header>(crypto, purse, witness))) {
      return { verdict: 'not_proven', says: 'A message is not signed by the purse.' };
    }
  }
  const [left, right] = [headsOf(a), headsOf(b)];
  if (left === undefined || right === undefined) {
    return { verdict: 'not_proven', says: 'The entries do not lead to the message that is to prove them.' };
  }
  for (const [seq, head] of left) {
    const other = right.get(seq);
    if (other !== undefined && other !== head) {
      return { verdict: 'fork', seq, says: `The purse signed two different histories of its entry ${seq}.` };
    }
  }
  const verdict = judgeFork(a.witness, b.witness);
  switch (verdict.verdict) {
    case 'fork':
      return { verdict: 'fork', seq: verdict.seq, says: verdict.says };
    case 'contradiction':
      return { verdict: 'contradiction', says: verdict.says };
    case 'consistent':
      return { verdict: 'consistent' };
  }
}

/** The head after each number that the history proves, in hex; undefined if its chain is broken. */
function headsOf({ witness, entries }: History): Map<number, string> | undefined {
  const { seq, link } = witness.fields;
  const heads = new Map<number, string>();
  // An entry continues the head before it; an attestation stands at the head itself.
  let at = isEntry(witness.body) ? seq - 1 : seq;
  let head = link;
  heads.set(at, hex(head));
  if (isEntry(witness.body)) heads.set(seq, hex(headAfter(witness.body)));
  for (const body of [...entries].reverse()) {
    if (!equal(headAfter(body), head)) return undefined;
    const { fields } = parseEntry(body);
    if (fields.seq !== at || !equal(fields.purse, witness.fields.purse)) return undefined;
    at = fields.seq - 1;
    head = fields.link;
    heads.set(at, hex(head));
  }
  return heads;
}
