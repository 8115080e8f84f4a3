/**
 * Transactions over whose cryptogram the card was lost (card-application.md, 11.5): what must be kept to ask the card
 * for the same answer again.
 *
 * What must hold: a transaction is in the log before its GENERATE AC is sent, and leaves it only when its end is known,
 * when it is too old, or when the log is full of younger ones. The log is a value: whoever keeps it may write it down.
 */
import { type Bytes, equal } from '@sokkin/codec';
import type { TerminalConfig } from '../config/types.ts';
import type { CvmOutcome } from '../outcome.ts';
import { TAG } from '../tags.ts';
import type { Asked } from './cryptogram.ts';
import { dolData, everything, type KernelData, listOf } from './data.ts';
import type { KernelEnv } from './env.ts';

export interface TornTransaction {
  /** The merchant's name for it (`Transaction.id`), and what it was for. */
  readonly id: string;
  readonly amount: bigint;
  readonly pan: Bytes;
  readonly sequence: Bytes | undefined;
  readonly asked: Asked;
  /** What RECOVER AC shows to the card. */
  readonly drdolData: Bytes;
  /** All elements as they stood when the cryptogram was asked for. */
  readonly shown: ReadonlyMap<number, Bytes>;
  readonly cvm: CvmOutcome;
  /** By `TerminalTime.seconds`. */
  readonly atSeconds: number;
}

/** The oldest first. */
export type TornLog = readonly TornTransaction[];

const NONE: Bytes = new Uint8Array(0);

/** The log with this transaction; the same log for a card that has no RECOVER AC, or could not answer it. */
export function remember(
  log: TornLog,
  env: KernelEnv,
  data: KernelData,
  asked: Asked,
  cvm: CvmOutcome,
): TornLog {
  const drdol = listOf(data, TAG.drdol);
  const { depth } = env.config.torn;
  if (drdol.length === 0 || depth === 0 || asked.type !== 'tc') return log;
  const { transaction, time } = env;
  const torn: TornTransaction = {
    id: transaction.id,
    amount: transaction.amount,
    pan: data.card.get(TAG.pan) ?? NONE,
    sequence: data.card.get(TAG.sequence),
    asked,
    drdolData: dolData(data, drdol),
    shown: everything(data),
    cvm,
    atSeconds: time.seconds,
  };
  return [...log, torn].slice(-depth);
}

export const forget = (log: TornLog, done: readonly TornTransaction[]): TornLog =>
  done.length === 0 ? log : log.filter((t) => !done.includes(t));

/** Without what is older than its lifetime. */
export function withoutOld(log: TornLog, { torn }: TerminalConfig, seconds: number): TornLog {
  const kept = log.filter((t) => seconds - t.atSeconds <= torn.lifetimeSeconds);
  return kept.length === log.length ? log : kept;
}

/** Those of this very card, the youngest first: it is the likeliest that the card remembers. */
export function ofCard(log: TornLog, { card }: KernelData): readonly TornTransaction[] {
  const [pan, sequence] = [card.get(TAG.pan) ?? NONE, card.get(TAG.sequence) ?? NONE];
  return log.filter((t) => equal(t.pan, pan) && equal(t.sequence ?? NONE, sequence)).reverse();
}

/** Whether it is the transaction that is wanted now. */
export const isSame = (torn: TornTransaction, { transaction }: KernelEnv): boolean =>
  torn.id === transaction.id && torn.amount === transaction.amount;
