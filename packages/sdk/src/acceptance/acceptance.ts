/**
 * A shop's terminal in one object: charge, refund, queue, totals (docs/sdk-acceptance.md).
 *
 * What must hold: one sale at a time; the same `id` is the same sale, before and after a reload: it never takes money twice;
 * all refunds of a sale together are at most its amount.
 */
import { hex, SokkinError } from '@sokkin/codec';
import type { ContactlessTerminal } from '@sokkin/terminal';
import { emvTerminal, itemOf } from './emv-tap.ts';
import { eventStream } from './events.ts';
import { isTornRefund } from './memory-store.ts';
import type { AcceptancePorts } from './ports.ts';
import { creditOwn, withdrawTicket } from './purse-tap.ts';
import { type Flushed, flushQueue, type QueueStanding, standingOf } from './queue.ts';
import { startRefund } from './refund.ts';
import { makeScene, type Scene } from './scene.ts';
import { lightsOf, resultOf, type Session, startSale } from './session.ts';
import { type DayTotals, totalsOf } from './totals.ts';
import type { AcceptanceEvent, SaleRecord, SaleResult } from './types.ts';

export interface ChargeRequest {
  /** Minor units, up to twelve digits. */
  readonly amount: bigint;
  /** ISO 4217 number, three digits: the terminal's own. */
  readonly currency: string;
  /** The shop's name for the sale; made here if left out. Asked for again, it is the same sale. */
  readonly id?: string;
}
export interface RefundRequest {
  /** The id of the sale. */
  readonly sale: string;
  /** Left out: all that is left of it. */
  readonly amount?: bigint;
  readonly id?: string;
}

export interface Acceptance {
  /** Fails with `bad_charge`, or `sale_running`. */
  charge(request: ChargeRequest): Session;
  /** Fails as `charge`, with `unknown_sale`, or with `not_refundable`. */
  refund(request: RefundRequest): Promise<Session>;
  /**
   * What was cut off by a reload is brought to its end, as far as it can be without the payer: before the first charge.
   * `except`: ids that `charge` or `refund` will go on with.
   */
  resume(except?: readonly string[]): Promise<readonly SaleRecord[]>;
  queue(): Promise<QueueStanding>;
  /** Sends what waits: now and then, and when the network is back. */
  flush(): Promise<Flushed>;
  /** By when they were begun; `until` excluded. */
  totals(from: number, until: number): Promise<DayTotals>;
}

const MOST = 999_999_999_999n;
const ID_BYTES = 10;
const ID = /^[!-~]{1,64}$/;

export function createAcceptance(ports: AcceptancePorts): Acceptance {
  const scene = makeScene(ports);
  const terminal = emvTerminal(scene);
  let running: Session | undefined;
  // One at a time: two of them would send the same items.
  let flushing: Promise<unknown> = Promise.resolve();
  const begin = (start: (after: Promise<unknown>) => Session): Session => {
    if (running?.isOver() === false)
      throw new SokkinError('sale_running', 'A sale is under way: wait for its end, or cancel it.');
    running = start(running?.result.catch(() => undefined) ?? Promise.resolve());
    return running;
  };
  return {
    charge(request) {
      const { id, amount } = readCharge(scene, request);
      return begin((after) => chargeOnce(scene, terminal, id, amount, after));
    },
    async refund(request) {
      const parts = await readRefund(scene, request);
      return begin((after) => startRefund(scene, parts, after));
    },
    resume: (except = []) => resumeAll(scene, except),
    queue: async () => standingOf(await ports.store.queue()),
    flush() {
      const mine = flushing.then(() => flushQueue(scene));
      flushing = mine.catch(() => undefined);
      return mine;
    },
    totals: async (from, until) => totalsOf(await ports.store.sales(from, until)),
  };
}

function readCharge(scene: Scene, { id, amount, currency }: ChargeRequest) {
  const refuse = (text: string): never => {
    throw new SokkinError('bad_charge', text);
  };
  if (currency !== scene.config.currency)
    refuse(`The terminal is for the currency ${scene.config.currency}, not "${currency}".`);
  if (amount < 1n || amount > MOST) refuse(`An amount is 1 to ${MOST} minor units.`);
  if (id !== undefined && !ID.test(id)) refuse('An id has 1 to 64 visible ASCII characters.');
  return { id: id ?? `sale_${hex(scene.random(ID_BYTES))}`, amount };
}

const newRecord = (kind: SaleRecord['kind'], id: string, amount: bigint, at: number): SaleRecord => ({
  ...{ id, kind, amount, at, state: 'open', refunded: 0n },
  ticketIsOut: false,
  isTorn: false,
});

/** The sale of that id: begun, gone on with, or as it ended. */
function chargeOnce(
  scene: Scene,
  terminal: ContactlessTerminal,
  id: string,
  amount: bigint,
  after: Promise<unknown>,
): Session {
  let inner: Session | undefined;
  let isCancelled = false;
  let isOver = false;
  const events = eventStream<AcceptanceEvent>();
  const run = async (): Promise<SaleResult> => {
    await after;
    const record = await recordOf(scene, id, amount);
    const before = resultOf(record);
    if (before !== undefined) {
      isOver = true;
      events.push({ kind: 'ended', result: before, lights: lightsOf(before) });
      return before;
    }
    inner = startSale(scene, terminal, record);
    if (isCancelled) inner.cancel();
    for await (const event of inner.events) events.push(event);
    return inner.result;
  };
  const result = run().then(
    (value) => {
      events.end();
      return value;
    },
    (error: unknown) => {
      isOver = true;
      events.end(error);
      throw error;
    },
  );
  result.catch(() => undefined);
  return {
    id,
    events,
    result,
    isOver: () => isOver || inner?.isOver() === true,
    cancel() {
      isCancelled = true;
      inner?.cancel();
    },
  };
}

async function recordOf(scene: Scene, id: string, amount: bigint): Promise<SaleRecord> {
  const known = await scene.store.sale(id);
  if (known === undefined) return scene.keep(newRecord('sale', id, amount, scene.clock()));
  if (known.kind !== 'sale' || known.amount !== amount)
    throw new SokkinError('bad_charge', `The id ${id} names another sale, of ${known.amount}.`);
  return finished(scene, known);
}

/** Refunds of this sale that were torn may have paid already: their amounts are spoken for until they are gone on with. */
async function tornOf(scene: Scene, sale: string, but: string | undefined): Promise<bigint> {
  const open = await scene.store.unfinished();
  const torn = open.filter((one) => isTornRefund(one) && one.of === sale && one.id !== but);
  return torn.reduce((sum, { amount }) => sum + amount, 0n);
}

async function readRefund(scene: Scene, request: RefundRequest) {
  const sale = await scene.store.sale(request.sale);
  if (sale === undefined || sale.kind !== 'sale')
    throw new SokkinError('unknown_sale', `There is no sale ${request.sale}.`);
  const known = request.id === undefined ? undefined : await scene.store.sale(request.id);
  if (known !== undefined && known.of !== sale.id)
    throw new SokkinError('not_refundable', `The id ${known.id} names something else.`);
  const left = sale.amount - sale.refunded - (await tornOf(scene, sale.id, request.id));
  const amount = known?.amount ?? request.amount ?? left;
  if (sale.state !== 'approved' || amount < 1n || amount > left || known?.state === 'approved')
    throw new SokkinError(
      'not_refundable',
      `Of the sale ${sale.id}, ${sale.state === 'approved' ? left : 0n} can be refunded.`,
    );
  if (request.id !== undefined && !ID.test(request.id))
    throw new SokkinError('bad_charge', 'An id has 1 to 64 visible ASCII characters.');
  const id = request.id ?? `refund_${hex(scene.random(ID_BYTES))}`;
  const refund = known ?? { ...newRecord('refund', id, amount, scene.clock()), of: sale.id };
  return { sale, refund: await scene.keep({ ...refund, state: 'open' }) };
}

/** What can be known of a record without its payer. */
async function finished(scene: Scene, record: SaleRecord): Promise<SaleRecord> {
  switch (record.state) {
    case 'paid': {
      const credited = await creditOwn(scene, record);
      return credited.is === 'kept' ? record : credited.record;
    }
    case 'asking': {
      // Nobody knows what the issuer said: whatever it was, it is taken back.
      const { asked, ...bare } = record;
      const declined: SaleRecord = { ...bare, state: 'declined', reason: 'issuer_unreachable' };
      const queue =
        asked === undefined ? [] : [{ ...itemOf('reversal', record, scene.clock()), record: asked }];
      await scene.store.write({ sales: [declined], queue });
      return declined;
    }
    case 'open':
    case 'approved':
    case 'declined':
    case 'cancelled':
      return record;
  }
}

async function resumeAll(scene: Scene, except: readonly string[]): Promise<readonly SaleRecord[]> {
  const done: SaleRecord[] = [];
  for (const record of await scene.store.unfinished()) {
    if (except.includes(record.id)) continue;
    const found = await finished(scene, record);
    // A torn refund is gone on with by its id: the own purse may have paid.
    if (isTornRefund(found)) continue;
    const closed = found.state === 'open' ? await scene.keep({ ...found, state: 'cancelled' }) : found;
    done.push(closed.state === 'paid' ? closed : await withdrawTicket(scene, closed));
  }
  return done;
}
