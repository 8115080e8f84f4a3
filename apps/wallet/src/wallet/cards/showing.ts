/** What the screens show of cards, and how they hear that it changed. */
import { useSyncExternalStore } from 'react';
import type { CarriedMoney, Draft, KeptCard } from '../../keep/cards.ts';

export interface CardsView {
  readonly isOpen: boolean;
  readonly cards: readonly KeptCard[];
  /** Newest first. */
  readonly carried: readonly CarriedMoney[];
  readonly draft: Draft | undefined;
  /** By card: how many payments this phone can take for it now. */
  readonly ready: ReadonlyMap<string, number>;
}

const EMPTY: CardsView = { isOpen: false, cards: [], carried: [], draft: undefined, ready: new Map() };

export class CardsShowing {
  #view: CardsView = EMPTY;
  readonly #listeners = new Set<() => void>();

  readonly now = (): CardsView => this.#view;
  readonly change = (more: Partial<CardsView>): void => {
    this.#view = { ...this.#view, ...more };
    for (const listener of this.#listeners) listener();
  };
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

export const useCards = ({ subscribe, now }: CardsShowing): CardsView => useSyncExternalStore(subscribe, now);
