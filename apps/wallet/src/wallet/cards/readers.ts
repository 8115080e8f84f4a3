/**
 * Where the cards of this room come from: whatever is held to the phone, and beside it a reader of this machine that `sokkin bridge` lends (docs/readers.md, 4).
 *
 * What must hold: a card is taken from one of them at a time, and the other one takes none meanwhile; a reader that comes or goes while somebody waits changes nothing for
 * who waits; one that was lent is remembered for as long as the bridge runs.
 */
import { SokkinError } from '@sokkin/codec';
import { type CardInField, type CardReader, noCardCame, type StopSignal } from '@sokkin/terminal';
import { keep, kept } from '@sokkin/ui';
import { openBridge } from '@sokkin/web';
import { useSyncExternalStore } from 'react';

/** As the bridge gave it out. */
export interface LentPlace {
  readonly url: string;
  readonly key: string;
  readonly reader: string;
}

interface Lent {
  readonly name: string;
  readonly reader: CardReader;
  readonly close: () => void;
}

export class CardReaders {
  readonly #keptAs: string;
  readonly #listeners = new Set<() => void>();
  #lent: Lent | undefined;

  /** `wallet`: each remembers a reader of its own. */
  constructor(wallet: string) {
    this.#keptAs = `sokkin.cards.${wallet}`;
  }

  /** Of the reader that is lent; undefined: none is. */
  readonly now = (): string | undefined => this.#lent?.name;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Rejects where the bridge is not there, or is another one by now. */
  async borrow(place: LentPlace): Promise<void> {
    const bridge = await openBridge({ url: place.url, pair: { key: place.key } });
    keep(this.#keptAs, JSON.stringify(place));
    this.#lent?.close();
    const lent: Lent = {
      name: place.reader,
      reader: inTurn(bridge.reader(place.reader)),
      close: bridge.close,
    };
    this.#change(lent);
    void bridge.over.then(() => {
      if (this.#lent === lent) this.#change(undefined);
    });
  }

  /** The one from before. A bridge that has ended is not missed: the room offers to connect anew. */
  async again(): Promise<void> {
    const place = this.remembered();
    if (place !== undefined) await this.borrow(place).catch(() => undefined);
  }
  remembered(): LentPlace | undefined {
    try {
      const { url, key, reader } = Object(JSON.parse(kept(this.#keptAs) ?? 'null'));
      return [url, key, reader].every((one) => typeof one === 'string') ? { url, key, reader } : undefined;
    } catch {
      return undefined;
    }
  }

  giveBack(): void {
    keep(this.#keptAs, undefined);
    this.close();
  }
  /** As the room does when it is left. */
  close(): void {
    const lent = this.#lent;
    this.#change(undefined);
    lent?.close();
  }

  /** What is held to `field`, or lies on the reader that is lent, whichever comes first. */
  beside(field: CardReader): CardReader {
    return {
      next: async (signal) => {
        for (;;) {
          const lent = this.#lent;
          const found = await this.#first(field, lent?.reader, signal);
          if (found !== undefined) return found;
          if (signal?.aborted === true) throw noCardCame();
          // A reader has come, or gone: all that there is now is waited at.
        }
      },
    };
  }

  /** undefined: stopped, or what there is to wait at has changed. */
  async #first(
    field: CardReader,
    lent: CardReader | undefined,
    signal: StopSignal | undefined,
  ): Promise<CardInField | undefined> {
    const over = new AbortController();
    const end = () => over.abort();
    signal?.addEventListener('abort', end);
    const unsubscribe = this.subscribe(end);
    if (signal?.aborted === true) end();
    let first: CardInField | undefined;
    const waitAt = async (reader: CardReader) => {
      try {
        const card = await reader.next(over.signal);
        if (first === undefined) first = card;
        else await card.close();
        end();
      } catch (error) {
        if (!(error instanceof SokkinError)) throw error;
        // A reader that fails is waited at no more; the field stays.
      }
    };
    await Promise.all([waitAt(field), ...(lent === undefined ? [] : [waitAt(lent)])]);
    unsubscribe();
    signal?.removeEventListener('abort', end);
    return first;
  }

  #change(lent: Lent | undefined): void {
    this.#lent = lent;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** One wait after the other: the bridge hears a moment later that the last one was called off. */
function inTurn(reader: CardReader): CardReader {
  let last: Promise<unknown> = Promise.resolve();
  return {
    next(signal) {
      const turn = last.then(() => reader.next(signal));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** Of the reader that is lent. */
export const useLentReader = (readers: CardReaders): string | undefined =>
  useSyncExternalStore(readers.subscribe, readers.now);
