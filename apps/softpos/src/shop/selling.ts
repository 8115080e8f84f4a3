/**
 * The sale or refund that is on the tap sheet: the SDK's session, as the screens see it.
 *
 * What must hold: one at a time; what is on the sheet is written down (`current`) before the reader is armed, so that after a reload the same sale
 * goes on; its result stays until it is dismissed.
 */
import type {
  Acceptance,
  AcceptanceEvent,
  PinGiven,
  PinWish,
  SaleRecord,
  SaleResult,
  Session,
} from '@sokkin/sdk/acceptance';
import { getAbout, putAbout, type ShopDatabase } from '../keep/database.ts';
import { addMoments, keepNote } from '../keep/notes.ts';
import { type Basket, EMPTY_BASKET, type Priced, priceOf } from './basket.ts';
import type { Book } from './book.ts';
import type { Showing } from './showing.ts';
import type { MomentKind, ResultShown, SaleShown } from './view.ts';

export interface SellingParts {
  readonly database: ShopDatabase;
  readonly book: Book;
  readonly showing: Showing;
  readonly clock: () => number;
  readonly currency: string;
  readonly exponent: number;
  /** After each end, and whatever it was. */
  readonly onOver: () => void;
}

interface OnSheet {
  readonly id: string;
  readonly kind: 'sale' | 'refund';
  readonly amount: bigint;
  readonly basket: Basket;
  readonly at: number;
}

/** Of a record that there is no note of. */
const UNKNOWN = '';

export class Selling {
  readonly #parts: SellingParts;
  #session: Session | undefined;
  /** What the last one has to tidy up. */
  #after: Promise<void> = Promise.resolve();
  #givePin: ((pin: string | undefined) => void) | undefined;

  constructor(parts: SellingParts) {
    this.#parts = parts;
  }

  /** Something could still be paid. */
  isBusy(): boolean {
    const { sale } = this.#parts.showing.now();
    return (sale !== undefined && sale.phase !== 'over') || this.#session?.isOver() === false;
  }

  async sell(acceptance: Acceptance, basket: Basket, staff: string): Promise<void> {
    const { database, clock, currency } = this.#parts;
    const priced = priceOf(basket);
    const id = `sale_${randomHex()}`;
    const at = clock();
    const moment = { at, kind: 'begun' } as const;
    this.#show({ id, kind: 'sale', amount: priced.total, basket, at });
    await keepNote(database, { id, basket, priced, staff, timeline: [moment] });
    await putAbout(database, 'current', { id, kind: 'sale' });
    await this.#after;
    this.#run(acceptance.charge({ id, amount: priced.total, currency }));
  }

  async refund(acceptance: Acceptance, sale: SaleRecord, amount: bigint, staff: string): Promise<void> {
    const { database, clock } = this.#parts;
    const id = `refund_${randomHex()}`;
    const at = clock();
    await this.#after;
    const session = await acceptance.refund({ id, sale: sale.id, amount });
    this.#show({ id, kind: 'refund', amount, basket: EMPTY_BASKET, at });
    await keepNote(database, {
      ...{ id, basket: undefined, priced: undefined, staff },
      timeline: [{ at, kind: 'begun' }],
    });
    await putAbout(database, 'current', { id, kind: 'refund', of: sale.id });
    this.#run(session);
  }

  /** What a reload has cut off. */
  async goOn(acceptance: Acceptance): Promise<void> {
    const { database, currency } = this.#parts;
    const current = await getAbout(database, 'current');
    const record = current && (await database.get('sales', current.id))?.record;
    if (current === undefined) return;
    // It was cut off before the SDK had heard of it, or it has ended: the next one is rung up.
    if (record === undefined || isEnded(record)) return putAbout(database, 'current', undefined);
    const note = await database.get('notes', current.id);
    const { id, amount, at, kind, of } = record;
    this.#show({ id, kind, amount, basket: note?.basket ?? EMPTY_BASKET, at });
    await this.#note(id, 'resumed');
    if (kind === 'sale') return this.#run(acceptance.charge({ id, amount, currency }));
    this.#run(await acceptance.refund({ id, sale: of ?? UNKNOWN, amount }));
  }

  cancel(): void {
    this.#change({ isStopping: true });
    this.#session?.cancel();
  }

  givePin(pin: string | undefined): void {
    this.#givePin?.(pin);
    this.#givePin = undefined;
  }

  /** The PIN pad, for the SDK. Its digits go to the payer's purse alone: for an issuer they would have to be enciphered. */
  readonly pin = ({ for: whose, triesLeft }: PinWish): Promise<PinGiven | undefined> =>
    new Promise((resolve) => {
      if (whose === 'issuer') return resolve(undefined);
      this.#change({ phase: 'pin', pin: { for: whose, triesLeft } });
      this.#givePin = (pin) => {
        this.#change({ phase: 'reading', pin: undefined });
        resolve(pin === undefined ? undefined : { digits: pin });
      };
    });

  /** False: it is not over yet. */
  async dismiss(): Promise<boolean> {
    const { showing, database } = this.#parts;
    if (showing.now().sale?.phase !== 'over') return false;
    showing.change({ sale: undefined });
    await putAbout(database, 'current', undefined);
    return true;
  }

  #show({ id, kind, amount, basket, at }: OnSheet): void {
    const { showing, currency, exponent } = this.#parts;
    const priced: Priced = kind === 'sale' ? priceOf(basket) : priceOf(EMPTY_BASKET);
    const sale: SaleShown = {
      ...{ id, kind, amount, currency, exponent, lines: basket.lines, priced, at },
      ...{ phase: 'starting', hint: 'present', pin: undefined, status: 'notReady' },
      ...{ result: undefined, isStopping: false },
    };
    showing.change({ sale });
  }

  #change(more: Partial<SaleShown>): void {
    const { showing } = this.#parts;
    const { sale } = showing.now();
    if (sale !== undefined && sale.phase !== 'over') showing.change({ sale: { ...sale, ...more } });
  }

  #run(session: Session): void {
    this.#session = session;
    this.#after = this.#follow(session);
  }

  async #follow(session: Session): Promise<void> {
    try {
      for await (const event of session.events) await this.#hear(session.id, event);
      await session.result;
    } catch (error) {
      this.#change({ phase: 'over', result: { status: 'failed', fault: String(error) } });
    } finally {
      const note = await this.#parts.database.get('notes', session.id);
      if (note !== undefined) this.#parts.book.by(session.id, note.staff);
      this.#parts.onOver();
    }
  }

  async #hear(id: string, event: AcceptanceEvent): Promise<void> {
    const status = event.lights;
    switch (event.kind) {
      case 'waiting':
        this.#change({ phase: 'waiting', hint: event.hint, status, pin: undefined });
        if (event.hint === 'tap_again') await this.#note(id, 'tap_again');
        return;
      case 'card_seen':
        this.#change({ phase: 'reading', status });
        return;
      case 'keep_still':
      case 'enter_pin':
        this.#change({ status });
        return;
      case 'remove_card':
        this.#change({ phase: 'asking', status });
        return;
      case 'asking_issuer':
        this.#change({ phase: 'asking', status });
        await this.#note(id, 'asked');
        return;
      case 'ended':
        this.#change({ phase: 'over', status, pin: undefined, result: resultOf(event.result) });
        await this.#note(id, event.result.status);
        return;
    }
  }

  #note(id: string, kind: MomentKind): Promise<void> {
    return addMoments(this.#parts.database, id, [{ at: this.#parts.clock(), kind }]);
  }
}

const isEnded = ({ state, kind, isTorn }: SaleRecord): boolean =>
  kind === 'refund' ? !isTorn && state !== 'open' : state !== 'open' && state !== 'paid';

const ID_BYTES = 10;
const randomHex = (): string =>
  [...crypto.getRandomValues(new Uint8Array(ID_BYTES))].map((o) => o.toString(16).padStart(2, '0')).join('');

function resultOf(result: SaleResult): ResultShown {
  switch (result.status) {
    case 'approved': {
      const { way, paid, receipt } = result;
      return { status: 'approved', way, paid, receipt, isOffline: way !== 'emv_online' };
    }
    case 'declined': {
      const { reason, detail, mayComeBack } = result;
      return { status: 'declined', reason, detail, mayComeBack };
    }
    case 'cancelled':
      return { status: 'cancelled', mayComeBack: result.mayComeBack };
    case 'kept':
      return { status: 'kept', receipt: result.receipt };
  }
}
