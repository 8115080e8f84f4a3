/**
 * People: contacts, requests and news as the screens show them. Kept in this browser and uploaded nowhere.
 *
 * What must hold: what is shown is what is kept; the same thing is told once.
 */
import { hex } from '@sokkin/codec';
import type { CarriedReceipt } from '@sokkin/terminal';
import { useSyncExternalStore } from 'react';
import type { Contact, MoneyRequest, News, PeopleStore } from '../keep/people-store.ts';
import { MOST_NAME, tidy } from './links.ts';
import { bankNow } from './time.ts';

export const requestId = (payee: string, ticketNo: number): string => `${payee}-${ticketNo}`;

export interface PeopleView {
  /** By purse, hexadecimal. */
  readonly contacts: ReadonlyMap<string, Contact>;
  /** Newest first. */
  readonly requests: readonly MoneyRequest[];
  readonly news: readonly News[];
  readonly unread: number;
}

export class People {
  readonly store: PeopleStore;
  #view: PeopleView = { contacts: new Map(), requests: [], news: [], unread: 0 };
  readonly #listeners = new Set<() => void>();

  constructor(store: PeopleStore) {
    this.store = store;
  }

  readonly now = (): PeopleView => this.#view;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async refresh(): Promise<void> {
    const [contacts, requests, news] = await Promise.all([
      this.store.all('contacts'),
      this.store.all('requests'),
      this.store.all('news'),
    ]);
    contacts.sort((a, b) => a.name.localeCompare(b.name));
    requests.sort((a, b) => (a.askedAt < b.askedAt ? 1 : -1));
    news.sort((a, b) => (a.at < b.at ? 1 : -1));
    this.#view = {
      contacts: new Map(contacts.map((one) => [one.purse, one])),
      requests,
      news,
      unread: news.filter(({ isRead }) => !isRead).length,
    };
    for (const listener of this.#listeners) listener();
  }

  /** Adds a contact, or gives it another name. */
  async call(purse: string, name: string): Promise<void> {
    const since = this.#view.contacts.get(purse)?.since ?? new Date(bankNow()).toISOString();
    await this.store.put('contacts', { purse, name: tidy(name).slice(0, MOST_NAME), since });
    await this.refresh();
  }
  async forget(purse: string): Promise<void> {
    await this.store.remove('contacts', purse);
    await this.refresh();
  }

  /** A Receipt of this wallet's purse answers a payment on one of its tickets: if that was a request, it is paid. */
  async paidBy({ fields }: CarriedReceipt): Promise<void> {
    const id = requestId(hex(fields.purse), fields.ticketNo);
    const request = await this.store.one('requests', id);
    if (request?.by !== 'mine' || request.state === 'paid' || fields.outcome !== 'credited') return;
    await this.store.put('requests', { ...request, state: 'paid' });
    await this.tell([{ id: `request-${id}`, kind: 'request_paid', amount: fields.amount, about: id }]);
    await this.refresh();
  }

  /** Answers what was not told before. */
  async tell(found: readonly Omit<News, 'at' | 'isRead'>[]): Promise<News[]> {
    const fresh: News[] = [];
    for (const one of found) {
      if ((await this.store.one('news', one.id)) !== undefined) continue;
      const news = { ...one, at: new Date(bankNow()).toISOString(), isRead: false };
      await this.store.put('news', news);
      fresh.push(news);
    }
    if (fresh.length > 0) await this.refresh();
    return fresh;
  }
  async read(): Promise<void> {
    for (const one of this.#view.news.filter(({ isRead }) => !isRead))
      await this.store.put('news', { ...one, isRead: true });
    await this.refresh();
  }
}

export const usePeople = ({
  parts: { people },
}: {
  readonly parts: { readonly people: People };
}): PeopleView => useSyncExternalStore(people.subscribe, people.now);
