/**
 * What happens on the desk, told to whoever wants to know: the tour, the trace, the tools.
 *
 * What must hold: it tells what was seen, on the field, in the books, at the switches; nothing here is made up for the tour.
 */
import type { Books } from './books/books.ts';
import { type Between, type Heard, listen } from './field/field.ts';
import type { IsoHeard } from './trace/iso.ts';

export type News =
  | { readonly kind: 'reader'; readonly place: string }
  | { readonly kind: 'heard'; readonly heard: Heard }
  | ({ readonly kind: 'taken' | 'gone' } & Between)
  | { readonly kind: 'held'; readonly card: string; readonly device: string }
  | { readonly kind: 'network'; readonly isOn: boolean }
  | { readonly kind: 'cut' }
  | { readonly kind: 'iso'; readonly heard: IsoHeard }
  | { readonly kind: 'sale'; readonly state: 'waiting' | 'approved' | 'declined'; readonly amount: bigint }
  | { readonly kind: 'books'; readonly books: Books };

export class NewsRoom {
  readonly #listeners = new Set<(news: News) => void>();

  tell(news: News): void {
    for (const listener of [...this.#listeners]) listener(news);
  }

  /** Stops with what it gives back. */
  hear(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells what goes over the field, until it is stopped. */
  followField(): () => void {
    return listen({
      reader: (place) => this.tell({ kind: 'reader', place }),
      heard: (heard) => this.tell({ kind: 'heard', heard }),
      taken: ({ reader, holder }) => this.tell({ kind: 'taken', reader, holder }),
      gone: ({ reader, holder }) => this.tell({ kind: 'gone', reader, holder }),
    });
  }
}
