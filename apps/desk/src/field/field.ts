/**
 * What goes over the virtual field between windows of this browser: listened in on, and cut.
 *
 * What must hold: the desk sees the bytes that go over the field, and adds none but the one that says that a card has left; who listens
 * changes nothing. Where something was said is what windows say of themselves (places.ts of @sokkin/web).
 */
import { type Bytes, SW } from '@sokkin/codec';
import { createTracer, type TracedExchange, type Tracer } from '@sokkin/terminal';

export const FIELD = 'sokkin-field';

/** Between which two places. */
export interface Between {
  readonly reader: string | undefined;
  readonly holder: string | undefined;
}

export interface Heard extends TracedExchange, Between {
  readonly no: number;
  /** Milliseconds that the answer took. */
  readonly took: number;
  /** Status word 9000. */
  readonly isOk: boolean;
}

export interface Listeners {
  /** Each exchange, also one whose answer never came. */
  heard?(heard: Heard): void;
  /** A reader is on at that place. Said again and again. */
  reader?(place: string): void;
  taken?(between: Between): void;
  /** A tap is over. */
  gone?(between: Between): void;
}

interface Tap extends Between {
  readonly tracer: Tracer;
  asked: { readonly command: Bytes; readonly at: number } | undefined;
}

type Message = Readonly<Record<string, unknown>>;
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export function listen(to: Listeners): () => void {
  const field = new BroadcastChannel(FIELD);
  const ear = new Ear(to);
  field.addEventListener('message', ({ data }: MessageEvent<unknown>) => ear.hear(Object(data)));
  return () => field.close();
}

/** Places and taps that are forgotten are only not named. */
const MOST_KNOWN = 500;

class Ear {
  readonly #to: Listeners;
  /** By what a reader or card calls itself. */
  readonly #places = new Map<string, string>();
  readonly #taps = new Map<string, Tap>();
  #count = 0;

  constructor(to: Listeners) {
    this.#to = to;
  }

  hear(m: Message): void {
    const [reader, card, place] = [text(m.reader), text(m.card), text(m.place)];
    switch (m.sokkin) {
      case 'field':
        if (place !== undefined) this.#to.reader?.(place);
        if (reader !== undefined) this.#name(reader, place);
        return;
      case 'card':
        if (card !== undefined) this.#name(card, place);
        return;
      case 'taken':
        if (reader !== undefined && card !== undefined) this.#to.taken?.(this.#begin(reader, card));
        return;
      case 'command':
        if (card !== undefined && m.apdu instanceof Uint8Array)
          this.#tapOf(card).asked = { command: m.apdu, at: performance.now() };
        return;
      case 'response':
        if (card !== undefined && m.apdu instanceof Uint8Array) this.#answered(this.#tapOf(card), m.apdu);
        return;
      case 'gone':
        if (card !== undefined) this.#gone(card);
        return;
    }
  }

  #name(who: string, place: string | undefined): void {
    if (place === undefined) return;
    if (this.#places.size > MOST_KNOWN) this.#places.clear();
    this.#places.set(who, place);
  }

  #begin(reader: string, card: string): Tap {
    const between = { reader: this.#places.get(reader), holder: this.#places.get(card) };
    const tap: Tap = { ...between, tracer: createTracer(), asked: undefined };
    if (this.#taps.size > MOST_KNOWN) this.#taps.clear();
    this.#taps.set(card, tap);
    return tap;
  }

  #tapOf(card: string): Tap {
    return this.#taps.get(card) ?? this.#begin('', card);
  }

  #answered(tap: Tap, response: Bytes | undefined): void {
    const { asked, tracer, reader, holder } = tap;
    if (asked === undefined) return;
    tap.asked = undefined;
    const took = performance.now() - asked.at;
    const sw = response?.subarray(-2) ?? [];
    const isOk = (((sw[0] ?? 0) << 8) | (sw[1] ?? 0)) === SW.ok;
    const traced = tracer.exchange(asked.command, response);
    this.#to.heard?.({ ...traced, no: ++this.#count, reader, holder, took, isOk });
  }

  #gone(card: string): void {
    const tap = this.#taps.get(card);
    if (tap === undefined) return;
    this.#answered(tap, undefined);
    this.#taps.delete(card);
    this.#to.gone?.(tap);
  }
}

/** Where the next tap is cut. */
export interface Cut {
  readonly exchange: number;
  /** Before the card hears the command, or after it answered. */
  readonly when: 'command' | 'response';
}

/** Cuts the next tap there, once. */
export function cutNext({ exchange, when }: Cut, onCut: () => void): () => void {
  const field = new BroadcastChannel(FIELD);
  let count = 0;
  field.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const { sokkin, card }: Message = Object(data);
    if (sokkin !== when || typeof card !== 'string' || ++count !== exchange) return;
    field.postMessage({ sokkin: 'gone', card });
    field.close();
    onCut();
  });
  return () => field.close();
}
