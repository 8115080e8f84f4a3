/**
 * `Shop`, as screens have it, over the engine.
 *
 * What must hold: what a person may not do is refused here, and nothing of it is begun.
 */
import { SokkinError } from '@sokkin/codec';
import { putAbout, STRICT } from '../keep/database.ts';
import type { Enrolment } from './backend.ts';
import { MOST_AMOUNT, type Product } from './basket.ts';
import { closeDay } from './day.ts';
import { no, ok, okWith, trying } from './done.ts';
import type { Engine } from './engine.ts';
import { csvOf, detailOf, historyPage } from './history.ts';
import type { Act } from './roles.ts';
import type { Showing } from './showing.ts';
import type { Done, Entry, HistoryFilter, NewStaff, Shop } from './view.ts';

const MOST_PRODUCTS = 2000;
const MOST_NAME = 60;
const MOST_ENTRIES = 100_000;
const MOST_TIME = Number.MAX_SAFE_INTEGER;

export interface CounterParts {
  readonly showing: Showing;
  /** Once the shop was found; screens act only then. */
  readonly engine: () => Engine;
  /** Brings what sells, of a new shop; undefined: it cannot be opened. */
  readonly opening: () => Promise<Engine | undefined>;
  readonly startUpdate: () => void;
}

export function counterOf({ showing, engine, opening, startUpdate }: CounterParts): Shop {
  const as = <T>(act: Act, run: (engine: Engine) => Promise<Done<T>>): Promise<Done<T>> =>
    engine().may(act) ? trying(() => run(engine())) : Promise.resolve(engine().notAllowed());
  const selling = () => engine().opened.terminal.selling;
  return {
    ...{ now: showing.now, subscribe: showing.subscribe },
    open: ({ manager, ...wish }) => beginWith(opening, wish, manager),
    enrol: ({ manager, code }) => beginWith(opening, { code }, manager),
    ...peopleOf(engine, as),
    ...goodsOf(engine, as),
    charge: () => engine().charge(),
    cancel: () => selling().cancel(),
    givePin: (pin) => selling().givePin(pin),
    dismiss: () => engine().dismiss(),
    refund: (sale, amount) => engine().refund(sale, amount),
    history: (filter, before) => historyPage(engine().parts.database, filter, before),
    detail: (id) => detailOf(engine().parts.database, id),
    csv: (filter) => csvFor(engine(), filter),
    flush: () =>
      as('sell', async ({ habits }) => {
        const { sent, refused } = await habits.flush();
        return okWith({ sent, refused: refused.length });
      }),
    closeDay: () => as('close_day', closeDay),
    async closedDays() {
      const days = await engine().parts.database.getAllFromIndex('days', 'until');
      return days.reverse();
    },
    sweep: () =>
      as('sweep', async ({ habits }) => {
        const swept = await habits.sweep();
        return swept === 0n ? no('nothing_to_sweep', "The shop's purse is empty.") : okWith(swept);
      }),
    useField: () => as('sell', ({ reader }) => reader.useField().then(() => ok)),
    pair: (code) => as('sell', ({ reader }) => reader.pair(code).then(okWith)),
    useBridge: (name) => as('sell', ({ reader }) => reader.useBridge(name).then(() => ok)),
    change: (more) =>
      as('settings', async ({ parts }) => {
        const settings = { ...showing.now().settings, ...more };
        await putAbout(parts.database, 'settings', settings);
        showing.change({ settings });
        return ok;
      }),
    refreshConfiguration: () =>
      as('sell', async (opened) => {
        await opened.opened.believing.refresh();
        await opened.replaceTerminal();
        return ok;
      }),
    update() {
      const { sale, hasUpdate } = showing.now();
      if (sale !== undefined) return no('sale_running', 'A sale is on the sheet: finish it first.');
      if (hasUpdate) startUpdate();
      return ok;
    },
  };
}

async function beginWith(
  opening: () => Promise<Engine | undefined>,
  wish: Enrolment,
  manager: NewStaff,
): Promise<Done> {
  const engine = await opening().catch(() => undefined);
  return engine?.begin(wish, manager) ?? no('unknown', 'The shop cannot be opened here: load the page anew.');
}

type As = <T>(act: Act, run: (engine: Engine) => Promise<Done<T>>) => Promise<Done<T>>;
type People = 'signIn' | 'signOut' | 'may' | 'addStaff' | 'changeStaff' | 'removeStaff';

function peopleOf(engine: () => Engine, as: As): Pick<Shop, People> {
  const told = async ({ staff, parts }: Engine, done: Done<unknown>): Promise<Done> => {
    parts.showing.change({ staff: await staff.all() });
    return done.status === 'ok' ? ok : done;
  };
  return {
    signIn: (id, pin) => engine().signIn(id, pin),
    signOut: () => engine().signOut(),
    may: (act) => engine().may(act),
    addStaff: (wish) => as('staff', async (on) => told(on, await on.staff.add(wish))),
    changeStaff: (id, change) => as('staff', async (on) => told(on, await on.staff.change(id, change))),
    removeStaff: (id) =>
      as('staff', async (on) => {
        if (id === on.parts.showing.now().by?.id) return no('not_allowed', 'Whoever is signed in stays.');
        return told(on, await on.staff.remove(id));
      }),
  };
}

type Goods = 'setBasket' | 'addProduct' | 'keepProduct' | 'removeProduct';

const goodsOf = (engine: () => Engine, as: As): Pick<Shop, Goods> => ({
  setBasket: (basket) => engine().setBasket(basket),
  addProduct: (id) => engine().addProduct(id),
  keepProduct: (product) => as('catalogue', (on) => keepProduct(on, product)),
  removeProduct: (id) => as('catalogue', (on) => removeProduct(on, id)),
});

async function csvFor(engine: Engine, filter: HistoryFilter): Promise<string> {
  if (!engine.may('export')) throw new SokkinError('not_allowed', 'Whoever is signed in may not do that.');
  const entries: Entry[] = [];
  for (let before: number | undefined = MOST_TIME; before !== undefined && entries.length < MOST_ENTRIES; ) {
    const page = await historyPage(engine.parts.database, filter, before);
    entries.push(...page.entries);
    before = page.next;
  }
  return csvOf(entries);
}

async function removeProduct({ parts }: Engine, id: string): Promise<Done> {
  const { database, showing } = parts;
  const transaction = database.transaction('products', 'readwrite', STRICT);
  await Promise.all([transaction.store.delete(id), transaction.done]);
  showing.change({ catalogue: showing.now().catalogue.filter((one) => one.id !== id) });
  return ok;
}

async function keepProduct({ parts }: Engine, product: Product): Promise<Done> {
  const { database, showing } = parts;
  const { catalogue } = showing.now();
  const { id, name, price } = product;
  if (id === '' || id.length > MOST_NAME || name.trim() === '' || name.length > MOST_NAME)
    return no('bad_name', `A product has a name of 1 to ${MOST_NAME} characters.`);
  if (price < 0n || price > MOST_AMOUNT) return no('bad_amount', `A price is 0 to ${MOST_AMOUNT}.`);
  const at = catalogue.findIndex((one) => one.id === id);
  if (at < 0 && catalogue.length >= MOST_PRODUCTS)
    return no('bad_name', `A catalogue has at most ${MOST_PRODUCTS} products.`);
  const order = at < 0 ? catalogue.length : at;
  const transaction = database.transaction('products', 'readwrite', STRICT);
  await Promise.all([transaction.store.put({ ...product, order }), transaction.done]);
  const changed = at < 0 ? [...catalogue, product] : catalogue.with(at, product);
  showing.change({ catalogue: changed });
  return ok;
}
