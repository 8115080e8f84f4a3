/**
 * From what a purse tells of its last transactions to what its holder reads.
 *
 * What must hold: a line of the purse is one record, however often it is read; a record's state only moves on from `open`.
 */
import { type Bytes, equal, hex } from '@sokkin/codec';
import type { HistoryLine } from '@sokkin/purse';
import type { MoneyRecord, RecordKind, WalletStore } from '../keep/store.ts';

/** Purses of the issuer: what comes from them was a top-up, what goes to them a cash-out. */
export type IsIssuer = (purse: Bytes) => boolean;

export const issuerAmong =
  (known: readonly Bytes[]): IsIssuer =>
  (purse) =>
    known.some((one) => equal(one, purse));

export const recordId = ({ kind, seq }: Pick<HistoryLine, 'kind' | 'seq'>): string =>
  `${kind === 'paid' || kind === 'shop' ? 'out' : 'in'}-${String(seq).padStart(10, '0')}`;

function kindOf({ kind, counterparty }: HistoryLine, isIssuer: IsIssuer): RecordKind {
  if (kind === 'paid') return isIssuer(counterparty) ? 'cashed_out' : 'paid';
  if (kind === 'received') return isIssuer(counterparty) ? 'topped_up' : 'received';
  return kind;
}

/** Takes in what the purse tells. Answers the records that are new, oldest first. */
export async function takeIn(
  store: WalletStore,
  lines: readonly HistoryLine[],
  isIssuer: IsIssuer,
  now: Date,
): Promise<MoneyRecord[]> {
  const fresh: MoneyRecord[] = [];
  for (const line of [...lines].reverse()) {
    const id = recordId(line);
    const before = await store.record(id);
    if (before === undefined) {
      const at = now.toISOString();
      const { amount, state } = line;
      const counterparty = hex(line.counterparty);
      const record = { id, kind: kindOf(line, isIssuer), amount, state, counterparty, at, changedAt: at };
      await store.keepRecord(record);
      fresh.push(record);
    } else if (before.state === 'open' && line.state !== 'open')
      await store.keepRecord({ ...before, state: line.state, changedAt: now.toISOString() });
  }
  return fresh;
}
