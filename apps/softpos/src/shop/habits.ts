/**
 * What a shop does by itself, while nobody waits for the reader: sending what waits, emptying a purse that fills up, asking for news.
 *
 * What must hold: never while a sale is on the sheet; one errand at a time; what fails is tried again later, and costs nothing meanwhile.
 */
import { SokkinError } from '@sokkin/codec';
import type { Flushed } from '@sokkin/sdk/acceptance';
import { isConnected } from '@sokkin/ui';
import { getAbout, putAbout } from '../keep/database.ts';
import { addMoments } from '../keep/notes.ts';
import type { Engine } from './engine.ts';
import { dayOf, historyPage } from './history.ts';
import { sweepPurse } from './purse.ts';

const TICK_MS = 5_000;
const AFTER_FAILURE_MS = 15_000;
const NEWS_MS = 3_600_000;
/** Of what it may hold. */
const FULL = 2n;
const MOST_TODAY = 50;

export class Habits {
  readonly #engine: Engine;
  #notBefore = 0;
  #newsAt = 0;
  #isOut = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(engine: Engine) {
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
      if (!(error instanceof SokkinError)) return this.#engine.fail(error);
      this.#notBefore = parts.clock() + AFTER_FAILURE_MS;
    } finally {
      this.#isOut = false;
    }
  }

  async #errands(): Promise<void> {
    const { parts, opened } = this.#engine;
    const now = parts.clock();
    if (parts.showing.now().queue.count > 0) {
      const { count } = await this.flush();
      if (count > 0) this.#notBefore = parts.clock() + AFTER_FAILURE_MS;
    }
    const { purse } = parts.showing.now();
    if (purse !== undefined && purse.balance * FULL > purse.most) await this.sweep();
    if (now - this.#newsAt < NEWS_MS) return;
    await opened.believing.refresh();
    await this.#engine.replaceTerminal();
    this.#newsAt = now;
  }

  /** After each sale: what follows from it is shown, and sent. */
  afterSale(): void {
    void this.refresh().then(
      () => this.tick(),
      (error: unknown) => this.#engine.fail(error),
    );
  }

  async flush(): Promise<Flushed> {
    const { database, showing, clock } = this.#engine.parts;
    const { terminal } = this.#engine.opened;
    showing.change({ queue: { ...showing.now().queue, isSending: true } });
    try {
      const before = await terminal.store.queue();
      const flushed = await terminal.acceptance.full.flush();
      const left = new Set((await terminal.store.queue()).map(({ id }) => id));
      const refused = new Set(flushed.refused.map(({ id }) => id));
      for (const { id, sale } of before.filter((item) => !left.has(item.id)))
        await addMoments(database, sale, [{ at: clock(), kind: refused.has(id) ? 'refused' : 'sent' }]);
      if (before.some((item) => item.kind === 'journal' && !left.has(item.id)))
        await putAbout(database, 'syncedAt', clock());
      if (flushed.sent > 0) terminal.heard();
      return flushed;
    } finally {
      showing.change({ queue: { ...showing.now().queue, isSending: false } });
      await this.refresh();
    }
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
    const { store, acceptance } = this.#engine.opened.terminal;
    const today = new Date(clock()).setHours(0, 0, 0, 0);
    const from = (await getAbout(database, 'dayFrom')) ?? today;
    const records = await store.sales(Math.min(from, today), Number.MAX_SAFE_INTEGER);
    const { entries } = await historyPage(database, { from: today }, undefined, MOST_TODAY);
    const { count, value, since } = await acceptance.full.queue();
    const { isSending } = showing.now().queue;
    showing.change({
      today: entries,
      day: dayOf(records, from, today),
      queue: { count, value, since, isSending },
    });
    await this.#engine.readPurse();
  }
}
