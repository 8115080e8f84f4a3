/**
 * What the back-end must still hear: how much it is, and sending it.
 *
 * What must hold: an item leaves the queue when it was taken or refused for good, and at no other time; a refund that was refused is none; sent twice,
 * it is the same item; the journal of the own purse is one sync, however many sales it has.
 */
import { type CarriedReceipt, decodeCarried, MOST_HANDED_UP, syncPurse } from '@sokkin/terminal';
import { isFailure, type Scene } from './scene.ts';
import type { QueueItem, SaleRecord } from './types.ts';

export interface QueueStanding {
  readonly count: number;
  /** Minor units: what the shop has not been paid for sure, and what it owes. */
  readonly value: bigint;
  /** Milliseconds since 1970, of the oldest; undefined: nothing waits. */
  readonly since: number | undefined;
}

export function standingOf(items: readonly QueueItem[]): QueueStanding {
  return {
    count: items.length,
    value: items.reduce((sum, { amount }) => sum + amount, 0n),
    since: items.reduce<number | undefined>(
      (first, { at }) => (first === undefined || at < first ? at : first),
      undefined,
    ),
  };
}

export interface Flushed extends QueueStanding {
  readonly sent: number;
  /** Items that nobody wants: they are out of the queue, and somebody should look at them. */
  readonly refused: readonly QueueItem[];
}

/** Sends what it can, the oldest first, until there is no answer. */
export async function flushQueue(scene: Scene): Promise<Flushed> {
  const { store, online } = scene;
  const refused: QueueItem[] = [];
  let sent = 0;
  const items = await store.queue();
  const journals = items.filter((item) => item.kind === 'journal');
  if (journals.length > 0 && (await syncOwn(scene, journals))) {
    sent += journals.length;
    await store.write({ done: journals.map(({ id }) => id) });
  }
  for (const item of items) {
    if (item.kind === 'journal') continue;
    const answer = await online.send(item).catch(() => 'none' as const);
    if (answer === 'none') break;
    if (answer === 'refused') refused.push(item);
    else sent += 1;
    const sales = answer === 'refused' && item.kind === 'refund' ? await notRefunded(scene, item) : [];
    await store.write({ sales, done: [item.id] });
  }
  return { ...standingOf(await store.queue()), sent, refused };
}

/** The issuer will not take it: nothing went back, and the sale can be refunded anew. */
async function notRefunded({ store }: Scene, item: QueueItem & { readonly of: string }) {
  const [refund, sale] = [await store.sale(item.sale), await store.sale(item.of)];
  if (refund?.state !== 'approved' || sale === undefined) return [];
  const { receipt: _, ...bare } = refund;
  const declined: SaleRecord = { ...bare, state: 'declined', reason: 'declined_by_issuer' };
  return [declined, { ...sale, refunded: sale.refunded - refund.amount }];
}

type Journal = Extract<QueueItem, { kind: 'journal' }>;

/** The own purse's journal, with the receipts that payers have not seen. */
async function syncOwn(scene: Scene, journals: readonly Journal[]): Promise<boolean> {
  const { backend, verifier } = scene;
  if (backend === undefined) return false;
  const receipts: CarriedReceipt[] = journals
    .flatMap(({ receipt }) => (receipt === undefined ? [] : [decodeCarried('receipt', receipt)]))
    .slice(0, MOST_HANDED_UP);
  try {
    const upload = { payments: [], receipts };
    const synced = await scene.own((purse) => syncPurse(purse, verifier, backend, upload));
    return synced.status === 'ok';
  } catch (error) {
    if (isFailure(error) || isUnreachable(error)) return false;
    throw error;
  }
}

const isUnreachable = (error: unknown): boolean => {
  const { code } = Object(error);
  return code === 'backend_unreachable' || code === 'backend_refused';
};
