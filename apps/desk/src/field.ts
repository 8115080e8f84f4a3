/**
 * What goes over the virtual field between windows of this browser: listened in on, and cut.
 *
 * What must hold: the desk sees the bytes that the wallets exchange, and adds none but the one that says that a card has left; who
 * listens changes nothing.
 */
import type { Bytes } from '@sokkin/codec';
import { createTracer, type TracedExchange, type Tracer } from '@sokkin/terminal';

export const FIELD = 'sokkin-field';

export interface Heard extends TracedExchange {
  readonly no: number;
  /** Of one tap. */
  readonly card: string;
  /** Milliseconds that the answer took. */
  readonly took: number;
}

interface Message {
  readonly sokkin: string;
  readonly card: string;
  readonly apdu: Bytes;
}

const isExchange = (data: unknown): data is Message => {
  const m: Readonly<Record<string, unknown>> = Object(data);
  return typeof m.sokkin === 'string' && typeof m.card === 'string';
};

/** `onHeard` for each exchange, also for one whose answer never came. */
export function listen(onHeard: (heard: Heard) => void): () => void {
  const field = new BroadcastChannel(FIELD);
  const tracers = new Map<string, Tracer>();
  const waiting = new Map<string, { readonly command: Bytes; readonly at: number }>();
  let count = 0;
  const over = (card: string, response: Bytes | undefined) => {
    const asked = waiting.get(card);
    if (asked === undefined) return;
    waiting.delete(card);
    const tracer = tracers.get(card) ?? createTracer();
    tracers.set(card, tracer);
    const took = performance.now() - asked.at;
    onHeard({ ...tracer.exchange(asked.command, response), no: ++count, card, took });
  };
  field.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (!isExchange(data)) return;
    const { sokkin, card, apdu } = data;
    if (sokkin === 'command' && apdu instanceof Uint8Array)
      waiting.set(card, { command: apdu, at: performance.now() });
    if (sokkin === 'response' && apdu instanceof Uint8Array) over(card, apdu);
    if (sokkin === 'gone') {
      over(card, undefined);
      tracers.delete(card);
    }
  });
  return () => field.close();
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
    if (!isExchange(data) || data.sokkin !== when || ++count !== exchange) return;
    field.postMessage({ sokkin: 'gone', card: data.card });
    field.close();
    onCut();
  });
  return () => field.close();
}
