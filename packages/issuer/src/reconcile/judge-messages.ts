/**
 * Signed messages of one purse, held against its proven journal and against each other: by the server (apps/server/src/matching/findings.ts) and
 * by the simulation, with the same words.
 *
 * What must hold: two contents under one number are a fork, whether the second is another message or an entry of the journal (I7);
 * what the journal has as it was signed accuses nobody. Of messages that the journal does not reach, the first under each number waits for it.
 */
import { type Bytes, equal } from '@sokkin/codec';

export interface SignedClaim {
  /** The number that it has in its signer's journal. */
  readonly seq: number;
  /** Of its body: the head of the journal that has it as its last entry. */
  readonly hash: Bytes;
}

export interface ForkedMessage<M> {
  readonly message: M;
  /** What it contradicts; undefined: the journal. */
  readonly other: M | undefined;
}

export interface JudgedMessages<M> {
  readonly forks: readonly ForkedMessage<M>[];
  /** The journal reaches them, and has had its say. */
  readonly covered: readonly M[];
  readonly waiting: readonly M[];
}

/** `provenSeq`: the newest entry of the proven journal; `headAt`: its head after an entry that it has. */
export function judgeMessages<M extends SignedClaim>(
  messages: readonly M[],
  provenSeq: number,
  headAt: (seq: number) => Bytes | undefined,
): JudgedMessages<M> {
  const forks: ForkedMessage<M>[] = [];
  const covered: M[] = [];
  const waiting = new Map<number, M>();
  for (const message of messages) {
    const { seq, hash } = message;
    if (seq <= provenSeq) {
      covered.push(message);
      const head = headAt(seq);
      if (head === undefined || !equal(head, hash)) forks.push({ message, other: undefined });
      continue;
    }
    const other = waiting.get(seq);
    if (other === undefined) waiting.set(seq, message);
    else if (!equal(other.hash, hash)) forks.push({ message, other });
  }
  return { forks, covered, waiting: [...waiting.values()] };
}
