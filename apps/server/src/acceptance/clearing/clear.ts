/**
 * Clearing one offline approval: the offline float pays the merchant (docs/clearing.md).
 *
 * What must hold:
 * - a card's counter is paid once, whoever presents it, however often, in whatever order with the purse's journal;
 * - a phone's limited-use key pays as often as it may be used, by its questions at the desk and its TCs together;
 * - payment, its row and what the journal has to say of it are one transaction, under the lock of the purse;
 * - nothing is paid whose cryptogram is not the card's; what is refused changes no balance and is kept with its reason.
 */
import { createHash } from 'node:crypto';
import { type Bytes, concat, equal, tlv } from '@sokkin/codec';
import {
  type AcceptingMerchant,
  type ClearedCard,
  type ClearingRow,
  cryptogramProfileOf,
  type EmvKeyPort,
  type GenuineTc,
  isContradicted,
  judgeTc,
  type LedgerTx,
  meetApproval,
  move,
  SYSTEM_ACCOUNTS,
  type TcFinding,
} from '@sokkin/issuer';
import { SYSTEM } from '../../access/audit-log.ts';
import { type Backend, dayOf, newId } from '../../backend.ts';
import { watchShadows } from '../../matching/round.ts';
import { follow } from '../../operations/claims/follow.ts';
import { emit, type NewEvent } from '../../operations/events.ts';
import { USES_OF_A_KEY } from '../../personalisation/order.ts';
import { raiseDenied, raiseRefused, raiseTwice } from './alerts.ts';
import { isLapsed } from './lapse.ts';
import { cover } from './loss.ts';
import { type ClearingPolicy, clearingInForce } from './policy.ts';
import type { ClearingRefusal, ClearingResult, PresentedTc } from './presented.ts';

const FLOAT = SYSTEM_ACCOUNTS.float.id;
/** PAN, track 2 and the holder's name: they go into no row. */
const PERSONAL: ReadonlySet<number> = new Set([0x5a, 0x57, 0x5f20, 0x56]);
const JPY = '392';

/** What is presented, with what is known of it before any row is locked. */
interface Known {
  readonly presented: PresentedTc;
  readonly digest: Bytes;
  readonly keys: EmvKeyPort;
}

/** Fails only where the store or the keys cannot be reached; then nothing was done that a repeat would not find. */
export async function clear(b: Backend, presented: PresentedTc): Promise<ClearingResult> {
  const keys = await b.emvKeys.get();
  const known = { presented, digest: digestOf(presented, keys), keys };
  const { result, purse } = await b.store.write((tx) => decide(b, tx, known));
  if (purse !== undefined) await afterwards(b, purse);
  return result;
}

/** What others must know of it: each a transaction of its own. Who dies here gave no answer, and the repeat does it again. */
async function afterwards(b: Backend, purse: string): Promise<void> {
  await watchShadows(b, [purse]);
  for (const claimed of await b.store.read((tx) => tx.claims.among([purse])))
    await b.store.write((tx) => follow(b, tx, claimed));
}

function digestOf({ acquirer, acceptor, terminal = '', ...p }: PresentedTc, keys: EmvKeyPort): Bytes {
  const head = JSON.stringify([acquirer, acceptor, terminal, p.amount.toString(), p.currency]);
  return createHash('sha256')
    .update(head)
    .update(keys.panHash(p.pan.reveal()))
    .update(chipOf(p.chip))
    .digest();
}

/** In the order of the tags, so that it is the same however the message had them. */
function chipOf(chip: ReadonlyMap<number, Bytes>): Bytes {
  const kept = [...chip].filter(([tag]) => !PERSONAL.has(tag)).sort(([a], [z]) => a - z);
  return concat(...kept.map(([tag, value]) => tlv(tag, value)));
}

interface Decided {
  readonly result: ClearingResult;
  /** Whose TC was paid. */
  readonly purse: string | undefined;
}

async function decide(b: Backend, tx: LedgerTx, known: Known): Promise<Decided> {
  const { presented, keys, digest } = known;
  const before = await tx.clearings.lockPresented(presented.acquirer, digest);
  if (before?.status === 'settled') return again(before);
  const id = before?.id ?? newId(b, 'clr');
  const attempt = { ...known, id, row: rowOf(b, id, known), earlier: before?.alert };
  const card = await tx.clearings.cardOf(keys.panHash(presented.pan.reveal()));
  if (card === undefined) return refuse(b, tx, attempt, 'card_unknown');
  const { document: policy } = await clearingInForce(tx);
  const found = judge(b, known, card, policy);
  if (found.verdict !== 'genuine') return refuse(b, tx, attempt, found.verdict, card.purse);
  const merchant = await tx.clearings.merchantOf(presented.acquirer, presented.acceptor);
  if (merchant?.isOpen !== true)
    return refuse(
      b,
      tx,
      attempt,
      merchant === undefined ? 'merchant_unknown' : 'merchant_blocked',
      card.purse,
    );
  return settle(b, tx, { ...attempt, card, found, merchant, policy });
}

const again = ({ id, amount, purse }: ClearingRow): Decided => ({
  result: { id, status: 'settled', isRepeat: true, reason: undefined, amount },
  purse,
});

interface Attempt extends Known {
  readonly id: string;
  readonly row: ClearingRow;
  /** The alert that it raised when it was refused. */
  readonly earlier: string | undefined;
}

interface Settling extends Attempt {
  readonly card: ClearedCard;
  readonly found: GenuineTc;
  readonly merchant: AcceptingMerchant;
  readonly policy: ClearingPolicy;
}

const rowOf = (b: Backend, id: string, { presented: p, digest }: Known): ClearingRow => ({
  ...{ id, digest, acquirer: p.acquirer, acceptor: p.acceptor, terminal: p.terminal },
  ...{ merchant: undefined, account: undefined, purse: undefined, atc: undefined, alert: undefined },
  ...{ panLast4: p.pan.lastFour, amount: p.amount, status: 'refused', reason: undefined },
  ...{ transactionDate: undefined, reference: p.reference, stan: p.stan, chip: chipOf(p.chip) },
  receivedAt: b.clock(),
});

function judge(b: Backend, { presented, keys }: Known, card: ClearedCard, policy: ClearingPolicy): TcFinding {
  const profile = b.profiles.get(card.profile);
  if (profile === undefined) return { verdict: 'key_unknown' };
  const version = cryptogramProfileOf(profile);
  const issuer = keys.issuer(version.cipher);
  const keysOf = (index: number) => (index === issuer.keyIndex ? issuer.masterKeys : undefined);
  const identity = { pan: presented.pan.reveal(), sequence: card.panSequence };
  const rules = { currency: JPY, today: dayOf(b.clock()), mostDays: policy.most_days };
  return judgeTc(keys.preparation.symmetric, keysOf, version, identity, presented, rules);
}

async function settle(b: Backend, tx: LedgerTx, s: Settling): Promise<Decided> {
  const { card, found, merchant, policy, id } = s;
  const { purse } = card;
  const { atc, amount, cryptogram } = found;
  const locked = await tx.purses.lock(purse);
  if (locked === undefined) throw new Error('Bug: a card has the purse that it names');
  const row = { ...s.row, merchant: merchant.id, purse, atc, transactionDate: found.date };
  const before = await tx.clearings.cleared(purse, atc);
  if (before !== undefined) return presentedBefore(b, tx, { ...s, row }, before);
  const counter = { ...card, account: locked.accountId, atc, keyNumber: found.keyNumber };
  if ((await tx.clearings.keyUses(counter)) >= USES_OF_A_KEY)
    return refuse(b, tx, { ...s, row }, 'key_used_up', purse);
  const state = meetApproval(found, await tx.clearings.journalWord(purse, atc));
  if (isContradicted(state) && !policy.pay_denied)
    return refuse(b, tx, { ...s, row }, 'journal_denies', purse);
  const posted = await tx.accounts.post(move('clearing', id, FLOAT, merchant.account, amount), b.clock());
  if (posted.status !== 'ok')
    return refuse(
      b,
      tx,
      { ...s, row },
      posted.status === 'insufficient_funds' ? 'float_short' : 'account_full',
      purse,
    );
  const cleared = { purse, atc, clearing: id, amount, cryptogram, state };
  await tx.clearings.addCleared(cleared);
  let alert: string | undefined;
  if (isContradicted(state)) {
    alert = await raiseDenied(b, tx, cleared, { ...row, account: merchant.account });
    await cover(b, tx, cleared);
  }
  await tx.clearings.countTc(counter, cryptogram, b.clock());
  await tx.clearings.put({ ...row, account: merchant.account, status: 'settled', alert });
  if (s.earlier !== undefined)
    await tx.alerts.close(s.earlier, SYSTEM.id, 'It was presented again, and is paid.', b.clock());
  const data = { clearing: id, merchant: merchant.id, amount: amount.toString() };
  await tell(b, tx, { type: 'clearing.settled', institution: merchant.acquirer, subject: id, data });
  return { result: { id, status: 'settled', isRepeat: false, reason: undefined, amount }, purse };
}

/** The counter was paid before, in other words: a repeat, or an approval that is used twice. */
async function presentedBefore(
  b: Backend,
  tx: LedgerTx,
  s: Settling,
  before: { readonly clearing: string; readonly cryptogram: Bytes },
): Promise<Decided> {
  if (isLapsed(before.clearing)) return refuse(b, tx, s, 'lapsed', s.card.purse);
  const first = await tx.clearings.byId(before.clearing);
  if (first === undefined) throw new Error('Bug: what was paid has its row');
  const isSame = equal(before.cryptogram, s.found.cryptogram);
  if (isSame && first.merchant === s.merchant.id) return again(first);
  const reason = isSame ? 'presented_elsewhere' : 'counter_conflict';
  const alert = await raiseTwice(b, tx, s.row, first, isSame);
  return kept(b, tx, s, reason, alert);
}

/** It may be presented again: what was in the way may be gone then. */
async function refuse(
  b: Backend,
  tx: LedgerTx,
  attempt: Attempt,
  reason: ClearingRefusal,
  purse?: string,
): Promise<Decided> {
  const alert = await raiseRefused(b, tx, attempt.row, reason, purse);
  return kept(b, tx, attempt, reason, alert);
}

async function kept(
  b: Backend,
  tx: LedgerTx,
  { id, row }: Attempt,
  reason: ClearingRefusal,
  alert: string | undefined,
): Promise<Decided> {
  await tx.clearings.put({ ...row, reason, alert });
  const data = { clearing: id, reason, amount: row.amount.toString() };
  await tell(b, tx, { type: 'clearing.refused', institution: row.acquirer, subject: id, data });
  return { result: { id, status: 'refused', isRepeat: false, reason, amount: 0n }, purse: undefined };
}

/** Only where somebody listens. */
async function tell(b: Backend, tx: LedgerTx, event: NewEvent): Promise<void> {
  const hearers = await tx.events.hearers(event.type, [event.institution]);
  if (hearers.length > 0) await emit(b, tx, event);
}
