/**
 * The shop, put together: what stands behind the screens (`Shop` of view.ts).
 *
 * What must hold: every action looks at who is signed in; a terminal is replaced only between sales; whatever was begun is gone on with after a
 * reload; the back-end hears of things while nobody waits for the reader.
 */
import { SokkinError } from '@sokkin/codec';
import { isConnected } from '@sokkin/ui';
import { getAbout, isFull, isWhole, putAbout } from '../keep/database.ts';
import { databaseStore } from '../keep/sales.ts';
import { type Enrolment, enrolHere, shopBackend } from './backend.ts';
import { EMPTY_BASKET, priceOf, withProduct, wrongWith } from './basket.ts';
import { Book } from './book.ts';
import { configurationShown, fetchConfiguration, keptConfiguration } from './configuration.ts';
import { no, ok, trying } from './done.ts';
import { Habits, type House } from './habits.ts';
import { tornRefundOf } from './history.ts';
import type { EngineParts, Opened } from './parts.ts';
import { makePurse, readPurse } from './purse.ts';
import { ShopReader } from './reader.ts';
import { type Act, isAtLeast, mayDo } from './roles.ts';
import { DEFAULT_SETTINGS } from './showing.ts';
import { type StaffBook, staffBook } from './staff.ts';
import { openTerminal } from './terminal.ts';
import { believing, pinTrust } from './trust.ts';
import type { Done, NewStaff, StaffShown } from './view.ts';

export class Engine implements House {
  readonly parts: EngineParts;
  readonly staff: StaffBook;
  readonly reader: ShopReader;
  readonly habits: Habits;
  #opened: Opened | undefined;
  #touchedAt: number;

  private constructor(parts: EngineParts, reader: ShopReader) {
    this.parts = parts;
    this.reader = reader;
    this.staff = staffBook(parts.database, parts.clock);
    this.habits = new Habits(this);
    this.#touchedAt = parts.clock();
  }

  /** `found`: told before screens see that they may act. */
  static async open(parts: EngineParts, found: (engine: Engine) => void): Promise<Engine> {
    const { database, field, showing } = parts;
    const reader = await ShopReader.open(database, field, (shown) => showing.change({ reader: shown }));
    const engine = new Engine(parts, reader);
    found(engine);
    await engine.#open();
    return engine;
  }

  /** Of a shop that is open; anything else is a screen that asks too early. */
  get opened(): Opened {
    if (this.#opened === undefined) throw new SokkinError('no_shop', 'This shop has not been opened yet.');
    return this.#opened;
  }

  async #open(): Promise<void> {
    const { database, showing } = this.parts;
    const products = await database.getAll('products');
    const basket = (await getAbout(database, 'basket')) ?? EMPTY_BASKET;
    showing.change({
      settings: { ...DEFAULT_SETTINGS, ...(await getAbout(database, 'settings')) },
      catalogue: products.sort((a, b) => a.order - b.order).map(({ order: _, ...product }) => product),
      ...{ basket, priced: priceOf(basket) },
    });
    if (await isWhole(database)) await this.#start();
    else showing.change({ stage: 'new' });
  }

  /** From what is kept alone: there may be no network. */
  async #start(): Promise<void> {
    const { database, crypto, clock, showing } = this.parts;
    const [registered, device] = [await getAbout(database, 'registered'), await getAbout(database, 'device')];
    const configuration = await keptConfiguration(database);
    if (registered === undefined || device === undefined || configuration === undefined)
      throw new SokkinError(
        'no_shop',
        'A part of what this shop keeps is gone: clear the data of this page.',
      );
    const backend = shopBackend(registered, device);
    const trusted = await believing(database, crypto, clock);
    const book = await this.#openBook();
    const parts = { registered, backend, believing: trusted, book };
    const terminal = await openTerminal(this.#terminalParts(parts), configuration);
    this.#opened = { ...parts, terminal };
    const { name, acceptor, category, account } = registered;
    showing.change({
      shop: { name, acceptor, terminal: registered.terminal, category, account },
      configuration: configurationShown(configuration),
    });
    const current = await getAbout(database, 'current');
    await terminal.acceptance.full.resume(current === undefined ? [] : [current.id]);
    await this.habits.refresh();
    await this.#signBackIn();
    this.habits.begin();
  }

  async #openBook(): Promise<Book> {
    const { database, clock } = this.parts;
    const today = new Date(clock()).setHours(0, 0, 0, 0);
    const from = (await getAbout(database, 'dayFrom')) ?? today;
    return Book.open(database, databaseStore(database), Math.min(from, today));
  }

  #terminalParts(opened: Omit<Opened, 'terminal'>) {
    const { database, crypto, own, showing, clock } = this.parts;
    const { reader } = this;
    return {
      database,
      crypto,
      own,
      reader,
      showing,
      clock,
      ...opened,
      onOver: () => this.habits.afterSale(),
    };
  }

  /** Another configuration is in force from now on. Only between sales. */
  async replaceTerminal(): Promise<void> {
    const { database, showing, clock } = this.parts;
    const { backend, terminal } = this.opened;
    const before = terminal.configuration;
    const fresh = await fetchConfiguration(database, backend, before, clock());
    if (fresh.etag !== before.etag && !terminal.selling.isBusy())
      this.opened.terminal = await openTerminal(this.#terminalParts(this.opened), fresh);
    showing.change({ configuration: configurationShown(fresh) });
  }

  /** Torn anywhere, the same call goes on where it stopped. */
  begin(wish: Enrolment, manager: NewStaff): Promise<Done> {
    return trying(async () => {
      const { database, crypto, own, clock } = this.parts;
      if (this.#opened !== undefined) return no('not_allowed', 'There is a shop here already.');
      const registered = (await getAbout(database, 'registered')) ?? (await enrolHere(database, wish));
      const device = await getAbout(database, 'device');
      if (device === undefined) throw new Error('Bug: it was just registered');
      await pinTrust(database, crypto);
      const backend = shopBackend(registered, device);
      await fetchConfiguration(database, backend, undefined, clock());
      const trusted = await believing(database, crypto, clock);
      await trusted.refresh();
      const { verifier } = trusted;
      const { account } = registered;
      await makePurse(own, { database, crypto, taps: backend.taps, verifier, account });
      if ((await this.staff.all()).length === 0) {
        const added = await this.staff.add({ ...manager, role: 'manager' });
        if (added.status !== 'ok') return added;
      }
      await putAbout(database, 'dayFrom', clock());
      this.#remember((await this.staff.all())[0]?.id);
      await this.#start();
      return ok;
    });
  }

  // Who is signed in

  signIn(id: string, pin: string): Promise<Done> {
    return trying(async () => {
      const found = await this.staff.signIn(id, pin);
      this.parts.showing.change({ staff: await this.staff.all() });
      if (found.status !== 'ok') return found;
      await this.#signedIn(found.value);
      return ok;
    });
  }

  signOut(): void {
    const { showing } = this.parts;
    // A sale that is on the sheet is brought to its end by whoever began it.
    if (showing.now().sale !== undefined) return;
    this.#remember(undefined);
    showing.change({ stage: 'locked', by: undefined });
  }

  async #signBackIn(): Promise<void> {
    const { showing } = this.parts;
    const id = sessionStorage.getItem(this.#key());
    const found = id === null ? undefined : await this.staff.one(id);
    showing.change({ staff: await this.staff.all() });
    if (found === undefined) showing.change({ stage: 'locked', by: undefined });
    else await this.#signedIn(found);
  }

  async #signedIn(by: StaffShown): Promise<void> {
    const { showing } = this.parts;
    this.#remember(by.id);
    this.touch();
    showing.change({ stage: 'ready', by });
    const { selling } = this.opened.terminal;
    if (showing.now().sale === undefined) await selling.goOn(this.acceptance());
  }

  /** For a reload of this tab, and no longer. */
  #remember(id: string | undefined): void {
    if (id === undefined) sessionStorage.removeItem(this.#key());
    else sessionStorage.setItem(this.#key(), id);
  }
  readonly #key = (): string => `sokkin.shop.${this.parts.name}.by`;

  touch(): void {
    this.#touchedAt = this.parts.clock();
  }
  /** Called now and then. */
  lockIfIdle(): void {
    const { showing, clock } = this.parts;
    const { stage, settings } = showing.now();
    const most = settings.lockAfterMinutes * 60_000;
    if (stage === 'ready' && most > 0 && clock() - this.#touchedAt > most) this.signOut();
  }

  may(act: Act): boolean {
    const { by, stage } = this.parts.showing.now();
    return stage === 'ready' && by !== undefined && mayDo(by.role, act);
  }
  readonly notAllowed = (): ReturnType<typeof no> =>
    no('not_allowed', 'Whoever is signed in may not do that.');

  // Selling

  /** What may be taken now. */
  acceptance() {
    const { acceptance } = this.opened.terminal;
    const { by, settings } = this.parts.showing.now();
    const mayOffline = by !== undefined && isAtLeast(by.role, settings.offlineBy);
    return isConnected() || mayOffline ? acceptance.full : acceptance.purses;
  }

  charge(): Done {
    const { showing } = this.parts;
    const { basket, priced, by } = showing.now();
    if (by === undefined || !this.may('sell')) return this.notAllowed();
    if (showing.now().sale !== undefined)
      return no('sale_running', 'A sale is on the sheet: finish it first.');
    const bad = wrongWith(basket);
    if (bad !== undefined || priced.total < 1n)
      return no('bad_amount', bad ?? 'There is nothing to be paid.');
    this.#carry(this.opened.terminal.selling.sell(this.acceptance(), basket, by.name));
    return ok;
  }

  refund(sale: string, wanted: bigint | undefined): Promise<Done> {
    return trying(async () => {
      const { showing } = this.parts;
      const { by } = showing.now();
      if (by === undefined || !this.may('refund')) return this.notAllowed();
      if (showing.now().sale !== undefined)
        return no('sale_running', 'A sale is on the sheet: finish it first.');
      const { store, selling } = this.opened.terminal;
      const record = await store.sale(sale);
      if (record === undefined) return no('unknown', `There is no sale ${sale}.`);
      const torn = await tornRefundOf(this.parts.database, sale);
      const amount = torn?.amount ?? wanted ?? record.amount - record.refunded;
      await selling.refund(this.acceptance(), record, { amount, staff: by.name, ...(torn && { torn }) });
      return ok;
    });
  }

  dismiss(): void {
    this.#carry(this.opened.terminal.selling.dismiss());
  }

  setBasket(basket: Parameters<typeof priceOf>[0]): Done {
    const { showing, database } = this.parts;
    const bad = wrongWith(basket);
    if (bad !== undefined) return no('bad_amount', bad);
    if (basket.discount !== undefined && !this.may('discount')) return this.notAllowed();
    showing.change({ basket, priced: priceOf(basket) });
    this.#carry(putAbout(database, 'basket', basket));
    return ok;
  }

  addProduct(id: string): Done {
    const { basket, catalogue } = this.parts.showing.now();
    const product = catalogue.find((one) => one.id === id);
    if (product === undefined) return no('unknown', `There is no product ${id}.`);
    return this.setBasket(withProduct(basket, product));
  }

  /** Work that nobody waits for: what goes wrong in it is shown. A basket that found no room is in memory; Charge says that there is none. */
  #carry(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!isFull(error)) this.fail(error);
    });
  }
  fail(error: unknown): void {
    const { showing } = this.parts;
    const fault = error instanceof Error ? error.message : String(error);
    showing.change({ stage: 'broken', fault });
  }

  async readPurse(): Promise<void> {
    const { own, database, showing } = this.parts;
    const found = await readPurse(own);
    const syncedAt = await getAbout(database, 'syncedAt');
    showing.change({ purse: found && { ...found, syncedAt } });
  }
}
