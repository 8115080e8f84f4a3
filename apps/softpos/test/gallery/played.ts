/**
 * A shop that is played: the seam of the screens (`Shop`) over fixed data, for pictures and for tests of the screens alone. The shop itself is tested with the screens in
 * tests of its own.
 */
import { EMPTY_BASKET, MOST_AMOUNT, priceOf, withProduct, wrongWith } from '../../src/shop/basket.ts';
import { mayDo } from '../../src/shop/roles.ts';
import { EMPTY_VIEW } from '../../src/shop/showing.ts';
import type { Done, Entry, ResultShown, SaleShown, Shop, View } from '../../src/shop/view.ts';
import { basketIn, dayNow, entriesIn, type Language, NOW, productsIn, receiptIn, shopIn } from './data.ts';

const OK: Done = { status: 'ok', value: undefined };
const no = (code: string): Done<never> => ({ status: 'no', code, message: code });

function readyView(language: Language): View {
  const [manager, cashier] =
    language === 'ja' ? ['小麦 はるか', '田中 そら'] : ['Haruka Komugi', 'Sora Tanaka'];
  const staff = [
    { id: 's1', name: manager, role: 'manager', waitsUntil: undefined },
    { id: 's2', name: cashier, role: 'cashier', waitsUntil: undefined },
  ] as const;
  return {
    ...EMPTY_VIEW,
    stage: 'ready',
    shop: shopIn(language),
    staff,
    by: staff[0],
    configuration: { version: '12', currency: '392', exponent: 0, checkedAt: NOW, tips: [5, 10, 15] },
    catalogue: productsIn(language),
    today: entriesIn(language),
    day: dayNow,
    purse: { balance: 46_120n, most: 200_000n, syncedAt: NOW },
    isKept: true,
  };
}

function saleOf(view: View, more: Partial<SaleShown>): SaleShown {
  const { basket, priced } = view;
  return {
    id: 'S-20261120-0048',
    kind: 'sale',
    amount: priced.total,
    currency: '392',
    exponent: 0,
    lines: basket.lines,
    priced,
    at: NOW,
    phase: 'waiting',
    hint: 'present',
    pin: undefined,
    status: 'readyToRead',
    result: undefined,
    isStopping: false,
    ...more,
  };
}

const over = (view: View, result: ResultShown): View => ({
  ...view,
  sale: saleOf(view, { phase: 'over', status: 'cardReadSuccessfully', result }),
});

/** What is on the screen first. */
const SCENES = {
  new: (view) => ({ ...EMPTY_VIEW, stage: 'new', shop: undefined, staff: [], today: view.today }),
  locked: (view) => ({ ...view, stage: 'locked', by: undefined }),
  waits: (view) => ({
    ...view,
    stage: 'locked',
    by: undefined,
    staff: view.staff.map((one) => ({ ...one, waitsUntil: NOW + 30_000 })),
  }),
  elsewhere: () => ({ ...EMPTY_VIEW, stage: 'elsewhere' }),
  broken: () => ({ ...EMPTY_VIEW, stage: 'broken', fault: 'The memory of the purse cannot be read (5a01).' }),
  empty: (view) => ({
    ...view,
    today: [],
    catalogue: [],
    basket: EMPTY_BASKET,
    priced: priceOf(EMPTY_BASKET),
  }),
  sell: (view) => view,
  offline: (view) => ({
    ...view,
    network: 'offline',
    queue: { count: 3, value: 9_240n, since: NOW - 47 * 60_000, isSending: false },
  }),
  update: (view) => ({ ...view, hasUpdate: true }),
  asks_tip: (view) => ({ ...view, settings: { ...view.settings, asksTip: true } }),
  cashier: (view) => ({ ...view, by: view.staff[1] }),
  tap: (view) => ({ ...view, sale: saleOf(view, {}) }),
  reading: (view) => ({ ...view, sale: saleOf(view, { phase: 'reading', status: 'processing' }) }),
  tap_again: (view) => ({ ...view, sale: saleOf(view, { hint: 'tap_again' }) }),
  asking: (view) => ({
    ...view,
    sale: saleOf(view, { phase: 'asking', status: 'cardReadSuccessfully' }),
  }),
  payer_pin: (view) => ({
    ...view,
    sale: saleOf(view, { phase: 'pin', pin: { for: 'purse', triesLeft: 2 }, status: 'processing' }),
  }),
  approved: (view, language) =>
    over(view, {
      ...{ status: 'approved', way: 'purse', paid: 'now', isOffline: false },
      receipt: receiptIn(language, view.priced.total),
    }),
  approved_offline: (view, language) =>
    over(
      { ...view, network: 'offline' },
      {
        ...{ status: 'approved', way: 'emv_offline', paid: 'now', isOffline: true },
        receipt: receiptIn(language, view.priced.total, {
          way: 'emv_offline',
          from: '**** 4417',
          signature: true,
        }),
      },
    ),
  declined: (view) =>
    over(view, { status: 'declined', reason: 'insufficient_balance', detail: '', mayComeBack: false }),
  unknown: (view) =>
    over(view, { status: 'declined', reason: 'issuer_unreachable', detail: '', mayComeBack: true }),
  cancelled: (view) => over(view, { status: 'cancelled', mayComeBack: false }),
  no_room: (view) => over(view, { status: 'no_room' }),
  kept: (view, language) => over(view, { status: 'kept', receipt: receiptIn(language, view.priced.total) }),
} as const satisfies Record<string, (view: View, language: Language) => View>;
export type Scene = keyof typeof SCENES;
export const isScene = (name: string): name is Scene => Object.hasOwn(SCENES, name);

const WITH_BASKET: ReadonlySet<Scene> = new Set<Scene>([
  ...(['asks_tip', 'offline', 'update', 'tap', 'reading', 'tap_again', 'asking', 'payer_pin'] as const),
  ...(['approved', 'approved_offline', 'declined', 'unknown', 'cancelled', 'kept', 'no_room'] as const),
]);

export class PlayedShop implements Shop {
  /** What was asked of it, in words. */
  readonly asked: string[] = [];
  readonly #entries: ReturnType<typeof entriesIn>;
  readonly #listeners = new Set<() => void>();
  #view: View;

  constructor(scene: Scene, language: Language) {
    this.#entries = entriesIn(language);
    const ready = readyView(language);
    const basket = basketIn(language);
    const from = WITH_BASKET.has(scene) ? { ...ready, basket, priced: priceOf(basket) } : ready;
    this.#view = SCENES[scene](from, language);
  }

  now(): View {
    return this.#view;
  }
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  /** For tests: what an engine would tell. */
  show(more: Partial<View>): void {
    this.#view = { ...this.#view, ...more };
    for (const listener of this.#listeners) listener();
  }
  /** The card that is held to it pays. */
  pay(): void {
    const { sale } = this.#view;
    if (sale === undefined) return;
    const receipt = receiptIn('en', sale.amount, { kind: sale.kind });
    const result: ResultShown = { status: 'approved', way: 'purse', paid: 'now', isOffline: false, receipt };
    this.show({ sale: { ...sale, phase: 'over', status: 'cardReadSuccessfully', result } });
  }
  /** It leaves too early. */
  tear(): void {
    const { sale } = this.#view;
    if (sale !== undefined) this.show({ sale: { ...sale, phase: 'waiting', hint: 'tap_again' } });
  }

  async open({ name }: Parameters<Shop['open']>[0]): Promise<Done> {
    this.asked.push(`open ${name}`);
    this.show({ ...readyView('en'), today: [] });
    return OK;
  }
  async enrol({ code }: Parameters<Shop['enrol']>[0]): Promise<Done> {
    this.asked.push(`enrol ${code}`);
    return no('backend_unreachable');
  }
  async signIn(staff: string, pin: string): Promise<Done> {
    this.asked.push(`sign in ${staff}`);
    if (pin !== '2580') return no('wrong_pin');
    this.show({ stage: 'ready', by: this.#view.staff.find(({ id }) => id === staff) });
    return OK;
  }
  signOut(): void {
    this.show({ stage: 'locked', by: undefined });
  }
  may(act: Parameters<Shop['may']>[0]): boolean {
    return this.#view.by !== undefined && mayDo(this.#view.by.role, act);
  }
  async addStaff({ name, role }: Parameters<Shop['addStaff']>[0]): Promise<Done> {
    this.show({ staff: [...this.#view.staff, { id: name, name, role, waitsUntil: undefined }] });
    return OK;
  }
  async changeStaff(id: string, { pin: _, ...change }: Parameters<Shop['changeStaff']>[1]): Promise<Done> {
    this.show({ staff: this.#view.staff.map((one) => (one.id === id ? { ...one, ...change } : one)) });
    return OK;
  }
  async removeStaff(id: string): Promise<Done> {
    this.asked.push(`remove ${id}`);
    return no('last_manager');
  }

  setBasket(basket: View['basket']): Done {
    if (wrongWith(basket) !== undefined || priceOf(basket).total > MOST_AMOUNT) return no('bad_amount');
    this.show({ basket, priced: priceOf(basket) });
    return OK;
  }
  addProduct(id: string): Done {
    const product = this.#view.catalogue.find((one) => one.id === id);
    return product === undefined ? no('unknown') : this.setBasket(withProduct(this.#view.basket, product));
  }
  async keepProduct(product: Parameters<Shop['keepProduct']>[0]): Promise<Done> {
    const others = this.#view.catalogue.filter(({ id }) => id !== product.id);
    this.show({ catalogue: [...others, product] });
    return OK;
  }
  async removeProduct(id: string): Promise<Done> {
    this.show({ catalogue: this.#view.catalogue.filter((one) => one.id !== id) });
    return OK;
  }

  charge(): Done {
    this.asked.push(`charge ${this.#view.priced.total}`);
    this.show({ sale: saleOf(this.#view, {}) });
    return OK;
  }
  cancel(): void {
    const { sale } = this.#view;
    const result: ResultShown = { status: 'cancelled', mayComeBack: sale?.hint === 'tap_again' };
    if (sale !== undefined) this.show({ sale: { ...sale, phase: 'over', result } });
  }
  givePin(pin: string | undefined): void {
    this.asked.push(pin === undefined ? 'no pin' : `pin of ${pin.length} digits`);
    this.pay();
  }
  dismiss(): void {
    const isPaid = this.#view.sale?.result?.status === 'approved';
    this.show({ sale: undefined, ...(isPaid && { basket: EMPTY_BASKET, priced: priceOf(EMPTY_BASKET) }) });
  }
  async refund(sale: string, amount?: bigint): Promise<Done> {
    this.asked.push(`refund ${sale} ${amount}`);
    this.show({ sale: saleOf(this.#view, { kind: 'refund', amount: amount ?? 0n }) });
    return OK;
  }

  async history({ kind, state, text }: Parameters<Shop['history']>[0]): ReturnType<Shop['history']> {
    const passes = (entry: Entry): boolean =>
      (kind === undefined || entry.kind === kind) &&
      (state === undefined || (state === 'queued' ? entry.isQueued : entry.state === state)) &&
      (text === undefined || `${entry.id} ${entry.amount}`.includes(text));
    return { entries: this.#view.today.filter(passes), next: undefined };
  }
  async detail(id: string): ReturnType<Shop['detail']> {
    return this.#entries.find((entry) => entry.id === id);
  }
  async csv(): Promise<string> {
    return 'id,amount\r\n';
  }

  async flush(): ReturnType<Shop['flush']> {
    const sent = this.#view.queue.count;
    this.show({ queue: { count: 0, value: 0n, since: undefined, isSending: false } });
    return { status: 'ok', value: { sent, refused: 0 } };
  }
  async closeDay(): ReturnType<Shop['closeDay']> {
    const [first] = await this.closedDays();
    return first === undefined
      ? no('unknown')
      : { status: 'ok', value: { ...first, totals: this.#view.day } };
  }
  async closedDays(): ReturnType<Shop['closedDays']> {
    const until = NOW - 19 * 3_600_000;
    const acquirer = { code: '500', meaning: 'in balance', isBalanced: true };
    return [{ id: 'd1', from: until - 36_000_000, until, totals: dayNow, by: 's1', acquirer }];
  }
  async sweep(): ReturnType<Shop['sweep']> {
    const value = this.#view.purse?.balance ?? 0n;
    this.show({ purse: { balance: 0n, most: 200_000n, syncedAt: NOW } });
    return { status: 'ok', value };
  }

  async useField(): Promise<Done> {
    this.show({ reader: { kind: 'field', name: undefined, state: 'ready' } });
    return OK;
  }
  async pair(code: string): ReturnType<Shop['pair']> {
    if (code !== '123456') return no('not_paired');
    return { status: 'ok', value: [{ name: 'ACS ACR1252 Dual Reader', state: 'empty' }] };
  }
  async useBridge(name: string): Promise<Done> {
    this.show({ reader: { kind: 'bridge', name, state: 'ready' } });
    return OK;
  }
  async change(settings: Parameters<Shop['change']>[0]): Promise<Done> {
    if (!this.may('settings')) return no('not_allowed');
    this.show({ settings: { ...this.#view.settings, ...settings } });
    return OK;
  }
  async refreshConfiguration(): Promise<Done> {
    return no('backend_unreachable');
  }
  update(): Done {
    this.asked.push('update');
    return OK;
  }
}
