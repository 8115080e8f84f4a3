/** What the screens show of a wallet, and how they hear that it changed. Pure but for the listeners. */
import type { Epoch } from '@sokkin/codec';
import type { Limits, Summary } from '@sokkin/purse';
import { useSyncExternalStore } from 'react';
import type { MoneyRecord } from '../keep/store.ts';
import type { Away } from './reader-purse.ts';
import type { Unfinished } from './unfinished.ts';

export type Stage =
  /** Nothing is known yet. */
  | 'opening'
  /** No purse in this browser. */
  | 'new'
  | 'ready'
  /** Its holder wants to be asked for the PIN first. */
  | 'locked'
  /** The purse is a card that is not on its reader; `away` says why. */
  | 'away'
  /** Another tab has the purse. */
  | 'elsewhere'
  /** The purse cannot be opened; `fault` says why. */
  | 'broken';

export interface View {
  readonly stage: Stage;
  readonly fault: { readonly code: string; readonly message: string } | undefined;
  readonly away: Away | undefined;
  readonly name: string;
  readonly account: string;
  readonly purse: Summary | undefined;
  readonly limits: Limits | undefined;
  /** Of the purse's certificate. */
  readonly lastDay: Epoch | undefined;
  /** Of the account at the bank, as it was when it was last heard of. */
  readonly online: { readonly balance: bigint; readonly at: Date } | undefined;
  readonly syncedAt: Date | undefined;
  readonly isOnline: boolean;
  /** The back-end does not know this device any more. */
  readonly isGivenUp: boolean;
  /** Newest first. */
  readonly records: readonly MoneyRecord[];
  readonly unfinished: readonly Unfinished[];
  /** Starts the new version of this app that waits; undefined: none does. */
  readonly update: (() => void) | undefined;
}

export const EMPTY_VIEW: View = {
  stage: 'opening',
  fault: undefined,
  away: undefined,
  name: '',
  account: '',
  purse: undefined,
  limits: undefined,
  lastDay: undefined,
  online: undefined,
  syncedAt: undefined,
  isOnline: true,
  isGivenUp: false,
  records: [],
  unfinished: [],
  update: undefined,
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

export const useView = ({ subscribe, now }: Showing): View => useSyncExternalStore(subscribe, now);
