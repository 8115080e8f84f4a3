/** What screens look at, and how they hear that it changed. Pure but for the listeners. */
import { EMPTY_BASKET, priceOf } from './basket.ts';
import type { Settings, View } from './view.ts';

export const DEFAULT_SETTINGS: Settings = {
  hasSounds: true,
  hasVibration: true,
  asksTip: false,
  offlineBy: 'cashier',
  lockAfterMinutes: 15,
};

const NOTHING = { count: 0, amount: 0n };

export const EMPTY_VIEW: View = {
  stage: 'opening',
  fault: undefined,
  shop: undefined,
  staff: [],
  by: undefined,
  configuration: undefined,
  network: 'online',
  reader: { kind: 'field', name: undefined, state: 'ready' },
  sale: undefined,
  basket: EMPTY_BASKET,
  priced: priceOf(EMPTY_BASKET),
  catalogue: [],
  today: [],
  queue: { count: 0, value: 0n, since: undefined, isSending: false },
  day: {
    from: 0,
    hours: Array.from({ length: 24 }, () => 0n),
    sales: { purse: NOTHING, emv_offline: NOTHING, emv_online: NOTHING },
    refunds: NOTHING,
    ...{ declined: 0, cancelled: 0, unfinished: 0, net: 0n },
  },
  purse: undefined,
  settings: DEFAULT_SETTINGS,
  hasUpdate: false,
  isKept: undefined,
};

export class Showing {
  #view: View = EMPTY_VIEW;
  readonly #listeners = new Set<() => void>();

  readonly now = (): View => this.#view;
  readonly change = (more: Partial<View>): void => {
    this.#view = { ...this.#view, ...more };
    for (const listener of this.#listeners) listener();
  };
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
