/**
 * The sale or refund that is on the tap sheet: the SDK's session, as the screens see it.
 *
 * What must hold: one at a time; what is on the sheet is written down (`current`) before the reader is armed, so that after a reload the same sale
 * goes on, or is shown as it ended; its result stays until it is dismissed, and a basket that was paid never outlives it; nobody is asked to pay
 * where this device has no room to keep it.
 */
import type {
  Acceptance,
  AcceptanceEvent,
  PinGiven,
  PinWish,
  SaleRecord,
  Session,
} from '@sokkin/sdk/acceptance';
import { finishSheet, getAbout, isFull, putAbout, type ShopDatabase } from '../keep/database.ts';
import { addMoments, dropNote, keepNote } from '../keep/notes.ts';
import { type Basket, EMPTY_BASKET, type Priced, priceOf } from './basket.ts';
import type { Book } from './book.ts';
import { endOf, resultOf } from './ended.ts';
import { hasRoom } from './room.ts';
import type { Showing } from './showing.ts';
import type { MomentKind, SaleShown } from './view.ts';

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
const NO_ROOM = { phase: 'over', result: { status: 'no_room' } } as const;

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
    const isKept = await this.#keep(async () => {
      await keepNote(database, { id, basket, priced, staff, timeline: [moment] });
      await putAbout(database, 'current', { id, kind: 'sale' });
    });
    if (!isKept) return;
    await this.#after;
    this.#run(acceptance.charge({ id, amount: priced.total, currency }));
  }

  /** `torn`: one of this sale that was cut off; it is gone on with. */
  async refund(
    acceptance: Acceptance,
    sale: SaleRecord,
    { amount, torn, staff }: { readonly amount: bigint; readonly torn?: SaleRecord; readonly staff: string },
  ): Promise<void> {
    const { clock } = this.#parts;
    const id = torn?.id ?? `refund_${randomHex()}`;
    const sheet = { id, kind: 'refund', amount, basket: EMPTY_BASKET, at: clock() } as const;
    await this.#after;
    try {
      if (!(await hasRoom())) return this.#tellFull(sheet);
      const session = await this.#beginRefund(acceptance, { sheet, sale: sale.id, staff, torn });
      this.#show(sheet);
      this.#run(session);
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#tellFull(sheet);
    }
  }

  /** Written down before the SDK begins, since it pays a card back at once; what it refuses leaves nothing behind. */
  async #beginRefund(
    acceptance: Acceptance,
    {
      sheet,
      sale,
      staff,
      torn,
    }: { sheet: OnSheet; sale: string; staff: string; torn: SaleRecord | undefined },
  ): Promise<Session> {
    const { database } = this.#parts;
    const { id, amount, at } = sheet;
    if (torn === undefined) {
      const timeline = [{ at, kind: 'begun' as const }];
      await keepNote(database, { id, basket: undefined, priced: undefined, staff, timeline });
    } else await this.#note(id, 'resumed');
    try {
      await putAbout(database, 'current', { id, kind: 'refund', of: sale });
      return await acceptance.refund({ id, sale, amount });
    } catch (error) {
      await finishSheet(database, undefined);
      if (torn === undefined) await dropNote(database, id);
      throw error;
    }
  }

  #tellFull(sheet: OnSheet): void {
    this.#show(sheet);
    this.#change(NO_ROOM);
  }

  /** False: there is no room for it, and the sheet says so. */
  async #keep(write: () => Promise<void>): Promise<boolean> {
    try {
      if (await hasRoom()) {
        await write();
        return true;
      }
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    this.#change(NO_ROOM);
    return false;
  }

  /** What a reload has cut off. */
  async goOn(acceptance: Acceptance): Promise<void> {
    const { database, currency } = this.#parts;
    const current = await getAbout(database, 'current');
    const record = current && (await database.get('sales', current.id))?.record;
    if (current === undefined) return;
    // It was cut off before the SDK had heard of it: it is rung up again.
    if (record === undefined) return putAbout(database, 'current', undefined);
    const note = await database.get('notes', current.id);
    const { id, amount, at, kind, of } = record;
    this.#show({ id, kind, amount, basket: note?.basket ?? EMPTY_BASKET, at });
    const result = endOf(record);
    if (result !== undefined) return this.#change({ phase: 'over', result });
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

  /** Nothing where it is not over yet. */
  async dismiss(): Promise<void> {
    const { showing, database } = this.#parts;
    const { sale } = showing.now();
    if (sale?.phase !== 'over') return;
    const isSold = sale.kind === 'sale' && sale.result?.status === 'approved';
    const emptied = { basket: EMPTY_BASKET, priced: priceOf(EMPTY_BASKET) };
    showing.change({ sale: undefined, ...(isSold && emptied) });
    await finishSheet(database, isSold ? EMPTY_BASKET : undefined);
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
      const { sale } = this.#parts.showing.now();
      // Until the reader is armed nobody can have paid.
      if (isFull(error) && sale?.phase === 'starting') this.#change(NO_ROOM);
      else this.#change({ phase: 'over', result: { status: 'failed', fault: String(error) } });
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

const ID_BYTES = 10;
const randomHex = (): string =>
  [...crypto.getRandomValues(new Uint8Array(ID_BYTES))].map((o) => o.toString(16).padStart(2, '0')).join('');
