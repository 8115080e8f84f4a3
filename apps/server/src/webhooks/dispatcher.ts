/**
 * Takes events out of the outbox and brings them to those who want them.
 *
 * What must hold: every event reaches every endpoint that wants it at least once, whatever process dies at whatever
 * moment: a delivery is taken for a while, and comes back if it is not settled by then. Several processes may run this at
 * once. Within one process an endpoint gets one delivery at a time, oldest event first; after failures the order is lost,
 * which `created_at` and the id tell the receiver.
 */
import type { DeliveryOutcome, LedgerTx, TakenDelivery } from '@sokkin/issuer';
import type { Backend } from '../backend.ts';
import { emit } from '../operations/events.ts';
import { signedHeaders } from './secret.ts';
import { type Sent, send } from './send.ts';

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];
/** After the first failure, the second, and so on: some three days in all. */
export const PAUSES_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
/** An endpoint that has failed for so long is not told any more. */
export const DISABLED_AFTER_MS = 5 * 24 * HOUR;
const GONE = 410;

export interface DispatcherOptions {
  /** How often the outbox is looked at. */
  readonly pollMs?: number;
  readonly timeoutMs?: number;
  /** What went wrong beside endpoints; the dispatcher goes on. */
  readonly onError?: (error: unknown) => void;
}

export interface Dispatcher {
  /** Ends what is under way, and takes nothing new. */
  stop(): Promise<void>;
}

/** How long what was taken is this process's own. */
const LEAST_LEASE_MS = 30_000;
const AT_ONCE = 64;
const FAN_OUT = 500;

export function startDispatcher(b: Backend, options: DispatcherOptions = {}): Dispatcher {
  const { pollMs = 500, timeoutMs = 15_000, onError = () => undefined } = options;
  const stopping = new AbortController();
  // One after another for the same endpoint, each of which may take until it times out.
  const leaseMs = Math.max(timeoutMs * 4, LEAST_LEASE_MS);
  let before = Number.POSITIVE_INFINITY;
  const round = async (): Promise<boolean> => {
    const now = b.clock();
    // Also at the start: the clock may have been set right while nothing ran.
    if (now.getTime() < before) await b.store.write((tx) => tx.deliveries.recall(aheadOf(now), now));
    before = now.getTime();
    const fanned = await b.store.write((tx) => tx.events.fanOut(FAN_OUT, now));
    const until = new Date(now.getTime() + leaseMs);
    const taken = await b.store.write((tx) => tx.deliveries.take(AT_ONCE, b.clock(), until));
    const begunAt = performance.now();
    const mayBegin = (): boolean =>
      performance.now() - begunAt + timeoutMs < leaseMs && !stopping.signal.aborted;
    await Promise.all(
      byEndpoint(taken).map((queue) => deliverAll(b, queue, { timeoutMs, stopping, mayBegin })),
    );
    return fanned === FAN_OUT || taken.length === AT_ONCE;
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const isMore = await round().catch((error: unknown) => {
        if (!stopping.signal.aborted) onError(error);
        return false;
      });
      if (!isMore) await pause(pollMs, stopping.signal);
    }
  };
  const running = loop();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

/** Clocks of processes differ by less than a minute; the longest pause is a day and a tenth. */
const aheadOf = (now: Date) => ({
  written: new Date(now.getTime() + MINUTE),
  due: new Date(now.getTime() + 27 * HOUR),
});

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    // A program that has nothing else to do may end.
    timer.unref();
    signal.addEventListener('abort', done);
  });

function byEndpoint(taken: readonly TakenDelivery[]): TakenDelivery[][] {
  const queues = new Map<string, TakenDelivery[]>();
  for (const delivery of taken) {
    const queue = queues.get(delivery.webhook.id) ?? [];
    queues.set(delivery.webhook.id, [...queue, delivery]);
  }
  return [...queues.values()];
}

interface Delivering {
  readonly timeoutMs: number;
  readonly stopping: AbortController;
  readonly mayBegin: () => boolean;
}

async function deliverAll(b: Backend, queue: readonly TakenDelivery[], how: Delivering): Promise<void> {
  for (const delivery of queue) {
    // What is not begun in time comes back when its lease ends.
    if (!how.mayBegin()) return;
    const sent = await deliver(b, delivery, how);
    // A stop is nobody's failure: the delivery comes back.
    if (how.stopping.signal.aborted && sent.status === undefined) return;
    await b.store.write((tx) => settle(b, tx, delivery, sent));
  }
}

async function deliver(b: Backend, { webhook, event }: TakenDelivery, how: Delivering): Promise<Sent> {
  if (webhook.status !== 'active') return { status: undefined, says: `The webhook is ${webhook.status}.` };
  const { id, type, createdAt, data } = event;
  const body = JSON.stringify({ id, type, created_at: createdAt.toISOString(), data });
  // The receiver looks at its own clock, which no sandbox moves.
  const timestampS = Math.floor(Date.now() / 1000);
  const headers = await signedHeaders(b.keys, webhook, { id, timestampS, body, at: b.clock() });
  if (headers === undefined)
    return { status: undefined, says: 'The secret of the webhook cannot be opened any more: rotate it.' };
  return send(webhook.url, headers, body, {
    mode: b.mode,
    timeoutMs: how.timeoutMs,
    signal: how.stopping.signal,
  });
}

async function settle(b: Backend, tx: LedgerTx, taken: TakenDelivery, sent: Sent): Promise<void> {
  const at = b.clock();
  const ok = sent.status !== undefined && sent.status >= 200 && sent.status < 300;
  await tx.deliveries.settle(taken.id, outcomeOf(taken, sent, ok, at));
  const webhook = await tx.webhooks.byId(taken.webhook.id);
  if (webhook?.status !== 'active') return;
  if (ok) {
    if (webhook.failingSince !== undefined) await tx.webhooks.setFailingSince(webhook.id, undefined);
    return;
  }
  const since = webhook.failingSince ?? at;
  if (webhook.failingSince === undefined) await tx.webhooks.setFailingSince(webhook.id, since);
  if (sent.status !== GONE && at.getTime() - since.getTime() < DISABLED_AFTER_MS) return;
  await tx.webhooks.setStatus(webhook.id, 'disabled');
  const { id: subject, institution } = webhook;
  const data = { webhook: subject, failing_since: since.toISOString() };
  await emit(b, tx, { type: 'webhook.disabled', institution, subject, data });
}

function outcomeOf({ attempts, webhook }: TakenDelivery, sent: Sent, ok: boolean, at: Date): DeliveryOutcome {
  const answer = { at, httpStatus: sent.status, says: sent.says };
  const pauseMs = PAUSES_MS[attempts - 1];
  if (ok) return { ...answer, status: 'delivered', nextAt: at };
  if (pauseMs === undefined || webhook.status !== 'active')
    return { ...answer, status: 'failed', nextAt: at };
  // Up to a tenth more, so that what failed together does not come back together.
  const wait = pauseMs * (1 + Math.random() / 10);
  return { ...answer, status: 'waiting', nextAt: new Date(at.getTime() + wait) };
}
