/**
 * A situation: the memories of all purses, everything the adversary has seen, what the back-end knows, and a
 * ghost record of what really became of each payment and approval, kept by the checker and by nothing under test.
 *
 * Situations are values: a move makes a new one. Messages, approvals and payments go by names that do not depend on
 * sequence numbers or hashes ("B.t1:2" is the first ticket of B, at most 2; "A>B.t1:2/1" the payment of 1 by A on
 * it), so that situations reached in another order can be recognised as equal (see key.ts).
 */
import type { Bytes } from '@sokkin/codec';
import type { Resolution } from '@sokkin/purse';
import type { Memory } from './rig.ts';

export type MessageKind = 'ticket' | 'payment' | 'receipt' | 'grant' | 'tc';

/** A message that the adversary can send whenever it likes. */
export interface Known {
  readonly kind: MessageKind;
  readonly name: string;
  /** Who signed it (gave it, of a TC), or for a Grant who may apply it: the index of a purse. */
  readonly of: number;
  /** The message as it travels; for a Grant the whole data field, for a TC the whole answer. */
  readonly bytes: Bytes;
}

/** What really became of a payment. */
export interface Ghost {
  readonly name: string;
  readonly payer: number;
  readonly payee: number;
  readonly ticketNo: number;
  readonly paymentNo: number;
  readonly amount: bigint;
  readonly hash: string;
  readonly credited: boolean;
  readonly recredited: boolean;
}

/** What really became of an EMV approval. */
export interface GhostApproval {
  readonly name: string;
  readonly purse: number;
  readonly approvalNo: number;
  readonly amount: bigint;
  readonly atc: number;
  readonly cryptogram: string;
  /** The back-end paid the shop. */
  readonly cleared: boolean;
  readonly recredited: boolean;
}

export interface GhostTicket {
  readonly name: string;
  readonly purse: number;
  readonly ticketNo: number;
  readonly max: bigint;
  readonly reference: number;
}

/** A Grant that the back-end has signed. */
export interface GhostGrant {
  readonly name: string;
  readonly purse: number;
  readonly grantNo: number;
  readonly ackSeq: number;
  readonly resolutions: readonly Resolution[];
}

/** What the back-end has proven from journals (protocol.md, section 10). */
export interface Backend {
  /** By purse: the number up to which its journal is proven, and the chain head there. */
  readonly proven: readonly { readonly seq: number; readonly head: string }[];
  /** Open payments by "payer:number", as the payers' journals tell. */
  readonly open: ReadonlyMap<
    string,
    { readonly payee: number; readonly ticketNo: number; readonly hash: string }
  >;
  /** What consumed a ticket, by "payee:number", as the payees' journals tell: a credited payment, or nothing. */
  readonly consumed: ReadonlyMap<string, { readonly credited: string | undefined; readonly name: string }>;
  readonly grants: readonly GhostGrant[];
  /** Open approvals by "purse:number", as the journals tell. */
  readonly approvals: ReadonlyMap<string, { readonly fateKey: string }>;
  /** What the back-end decided about an approval, once and for all; by "purse:ATC:cryptogram" (`fateKey`). */
  readonly fates: ReadonlyMap<string, 'cleared' | 'cancelled'>;
}

export interface Situation {
  readonly memories: readonly Memory[];
  readonly known: ReadonlyMap<string, Known>;
  readonly tickets: readonly GhostTicket[];
  readonly payments: readonly Ghost[];
  readonly approvals: readonly GhostApproval[];
  readonly backend: Backend;
}

export const LETTERS = ['A', 'B', 'C', 'D'] as const;
export const letter = (purse: number): string => LETTERS[purse] ?? `P${purse}`;

export function memoryOf(s: Situation, purse: number): Memory {
  const memory = s.memories[purse];
  if (memory === undefined) throw new Error(`There is no purse ${purse}`);
  return memory;
}

export const withMemory = (s: Situation, purse: number, memory: Memory): Situation => ({
  ...s,
  memories: s.memories.map((m, i) => (i === purse ? memory : m)),
});

export function learn(s: Situation, message: Known | undefined): Situation {
  if (message === undefined || s.known.has(message.name)) return s;
  return { ...s, known: new Map([...s.known, [message.name, message]]) };
}

/** Debited by its payer, and neither credited nor re-credited. */
export const inFlight = (p: Ghost): boolean => !p.credited && !p.recredited;
/** Debited, and neither paid to the shop nor re-credited. */
export const isUnsettled = (a: GhostApproval): boolean => !a.cleared && !a.recredited;

/** By what card, journal and TC name one approval. */
export const fateKey = (purse: number, atc: number, cryptogram: string): string =>
  `${purse}:${atc}:${cryptogram}`;
