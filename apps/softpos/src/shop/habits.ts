/**
 * What a shop does by itself, while nobody waits for the reader: sending what waits, emptying a purse that fills up, asking for news.
 *
 * What must hold: never while a sale is on the sheet; one errand at a time; what fails is tried again later, and costs nothing meanwhile.
 */
import { SokkinError } from '@sokkin/codec';
import type { Flushed } from '@sokkin/sdk/acceptance';
import { isConnected } from '@sokkin/ui';
import { getAbout, isFull, putAbout } from '../keep/database.ts';
import { addMoments } from '../keep/notes.ts';
import { queuedSales } from './history.ts';
import type { EngineParts, Opened } from './parts.ts';
import { sweepPurse } from './purse.ts';

const TICK_MS = 5_000;
const AFTER_FAILURE_MS = 15_000;
const NEWS_MS = 3_600_000;
/** Of what it may hold. */
const FULL = 2n;
const MOST_TODAY = 50;
const NONE: ReadonlySet<string> = new Set();
/** A busy counter is not kept waiting for the own purse. */
const PAUSE_MS = 2_000;
const MUCH = 20;

/** Whose habits they are. */
export interface House {
  readonly parts: EngineParts;
  readonly opened: Opened;
  lockIfIdle(): void;
  replaceTerminal(): Promise<void>;
  readPurse(): Promise<void>;
  fail(error: unknown): void;
}

interface Sent extends Flushed {
  /** Something that was there when it began was not taken. What was sold meanwhile is no failure. */
  readonly isStuck: boolean;
}

export class Habits {
  readonly #engine: House;
  #notBefore = 0;
  #newsAt = 0;
  #isOut = false;
  #flushing: Promise<unknown> = Promise.resolve();
  #pause: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(engine: House) {
    this.#engine = engine;
  }

  begin(): void {
    this.#timer ??= setInterval(() => void this.tick(), TICK_MS);
    window.addEventListener('online', () => {
      this.#notBefore = 0;
      void this.tick();
    });
    void this.tick();
  }

  async tick(): Promise<void> {
    const { parts, opened } = this.#engine;
    this.#engine.lockIfIdle();
    parts.showing.change({ network: isConnected() ? 'online' : 'offline' });
    if (this.#isOut || !isConnected() || parts.clock() < this.#notBefore || opened.terminal.selling.isBusy())
      return;
    this.#isOut = true;
    try {
      await this.#errands();
    } catch (error) {
      if (!(error instanceof SokkinError) && !isFull(error)) return this.#engine.fail(error);
      this.#notBefore = parts.clock() + AFTER_FAILURE_MS;
    } finally {
      this.#isOut = false;
    }
  }

  async #errands(): Promise<void> {
    const { parts, opened } = this.#engine;
    const now = parts.clock();
    if (parts.showing.now().queue.count > 0) {
      const { isStuck } = await this.flush();
      if (isStuck) this.#notBefore = parts.clock() + AFTER_FAILURE_MS;
    }
    const { purse } = parts.showing.now();
    if (purse !== undefined && purse.balance * FULL > purse.most) await this.sweep();
    if (now - this.#newsAt < NEWS_MS) return;
    await opened.believing.refresh();
    await this.#engine.replaceTerminal();
    this.#newsAt = now;
  }

  /** After each sale: what follows from it is shown; it is sent in a pause, or when it has become much. */
  afterSale(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.tick(), PAUSE_MS);
    this.refresh().then(
      () => {
        if (this.#engine.parts.showing.now().queue.count >= MUCH) void this.tick();
      },
      (error: unknown) => this.#engine.fail(error),
    );
  }

  /** One at a time: two that have seen the same item would both say that they sent it. */
  flush(): Promise<Sent> {
    const mine = this.#flushing.then(() => this.#flushNow());
    this.#flushing = mine.catch(() => undefined);
    return mine;
  }

  async #flushNow(): Promise<Sent> {
    const { database, showing, clock } = this.#engine.parts;
    const { terminal } = this.#engine.opened;
    showing.change({ queue: { ...showing.now().queue, isSending: true } });
    try {
      const before = await terminal.store.queue();
      const flushed = await terminal.acceptance.full.flush();
      const left = new Set((await terminal.store.queue()).map(({ id }) => id));
      const refused = new Set(flushed.refused.map(({ id }) => id));
      for (const { id, sale } of before.filter((item) => !left.has(item.id)))
        await this.#told(sale, refused.has(id) ? 'refused' : 'sent');
      if (before.some((item) => item.kind === 'journal' && !left.has(item.id)))
        await putAbout(database, 'syncedAt', clock());
      if (flushed.sent > 0) terminal.heard();
      return { ...flushed, isStuck: before.some(({ id }) => left.has(id)) };
    } finally {
      showing.change({ queue: { ...showing.now().queue, isSending: false } });
      await this.refresh();
    }
  }

  async #told(sale: string, kind: 'refused' | 'sent'): Promise<void> {
    const { database, clock } = this.#engine.parts;
    if (kind === 'refused') this.#engine.opened.book.care(sale);
    await addMoments(database, sale, [{ at: clock(), kind }]);
  }

  async sweep(): Promise<bigint> {
    const { own, database, crypto } = this.#engine.parts;
    const { backend, believing, registered } = this.#engine.opened;
    const { account } = registered;
    const making = { database, crypto, taps: backend.taps, verifier: believing.verifier, account };
    try {
      return await sweepPurse(own, making);
    } finally {
      await this.#engine.readPurse();
    }
  }

  /** Reads everything anew that screens show of sales and the purse. */
  async refresh(): Promise<void> {
    const { database, showing, clock } = this.#engine.parts;
    const { terminal, book } = this.#engine.opened;
    const today = new Date(clock()).setHours(0, 0, 0, 0);
    const from = (await getAbout(database, 'dayFrom')) ?? today;
    book.forgetBefore(Math.min(from, today));
    const { count, value, since } = await terminal.acceptance.full.queue();
    const queued = count === 0 ? NONE : await queuedSales(database);
    const { isSending } = showing.now().queue;
    showing.change({
      today: book.entries(today, MOST_TODAY, queued),
      day: book.day(from, today),
      queue: { count, value, since, isSending },
    });
    await this.#engine.readPurse();
  }
}
