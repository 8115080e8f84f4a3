/**
 * What the screens show of today and of the open day, kept in memory: read once at the start, then told of every write.
 *
 * What must hold: it says what the store says; a sale costs the same however many there were before; bytes of payments are not in it.
 */
import { type AcceptanceStore, type DayTotals, type SaleRecord, totalsOf } from '@sokkin/sdk/acceptance';
import type { ShopDatabase } from '../keep/database.ts';
import type { DayShown, Entry } from './view.ts';

type Row = Omit<Entry, 'isQueued'>;

const HOUR_MS = 3_600_000;

export class Book {
  /** In the order of their time. */
  readonly #rows = new Map<string, Row>();

  static async open(database: ShopDatabase, store: AcceptanceStore, from: number): Promise<Book> {
    const book = new Book();
    for (const record of await store.sales(from, Number.MAX_SAFE_INTEGER)) {
      const note = await database.get('notes', record.id);
      book.take(record);
      if (note !== undefined) book.by(record.id, note.staff);
      if (note?.timeline.some(({ kind }) => kind === 'refused')) book.care(record.id);
    }
    return book;
  }

  take({ id, kind, amount, at, state, way, reason, refunded, of }: SaleRecord): void {
    const { needsCare = false, staff, at: before = at } = this.#rows.get(id) ?? {};
    // A refund that was finished on a later day has its place there.
    if (before !== at) this.#rows.delete(id);
    this.#rows.set(id, { id, kind, amount, at, state, way, reason, refunded, of, needsCare, staff });
  }
  /** Of records alone that it has heard of, and of the one that is about to begin. */
  by(id: string, staff: string): void {
    const row = this.#rows.get(id);
    if (row !== undefined) this.#rows.set(id, { ...row, staff });
  }
  care(id: string): void {
    const row = this.#rows.get(id);
    if (row !== undefined) this.#rows.set(id, { ...row, needsCare: true });
  }

  /** What is older is for the history alone. */
  forgetBefore(time: number): void {
    for (const { id, at } of this.#rows.values()) {
      if (at >= time) return;
      this.#rows.delete(id);
    }
  }

  /** The newest first. */
  entries(from: number, most: number, queued: ReadonlySet<string>): readonly Entry[] {
    const rows = [...this.#rows.values()].slice(-most).reverse();
    return rows.filter(({ at }) => at >= from).map((row) => ({ ...row, isQueued: queued.has(row.id) }));
  }

  day(from: number, today: number): DayShown {
    return dayOf([...this.#rows.values()], from, today);
  }
}

type Counted = Pick<SaleRecord, 'kind' | 'state' | 'amount' | 'at'> & Partial<Pick<Row, 'way'>>;

/** What was begun from `from` on, and the net by hour of the day that `today` begins. */
export function dayOf(records: readonly Counted[], from: number, today: number): DayShown {
  const hours = Array.from({ length: 24 }, () => 0n);
  for (const { kind, state, amount, at } of records) {
    const hour = Math.floor((at - today) / HOUR_MS);
    const before = hours[hour];
    if (state === 'approved' && before !== undefined)
      hours[hour] = before + (kind === 'sale' ? amount : -amount);
  }
  const totals: DayTotals = totalsOf(records.filter(({ at }) => at >= from));
  return { ...totals, from, hours };
}

/** The same store; the book hears of what was written. */
export const watched = (store: AcceptanceStore, book: Book): AcceptanceStore => ({
  ...store,
  async write(change) {
    await store.write(change);
    for (const record of change.sales ?? []) book.take(record);
  },
});
