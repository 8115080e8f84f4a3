/**
 * Where on a shared field something is: readers and cards say it with what they send, so that a card can be held to one reader and no
 * other, and whoever looks on knows who spoke with whom.
 *
 * What must hold: it adds a name and changes nothing else; a card that is near a place hears of no reader that is elsewhere. Names are
 * what windows say of themselves: no protection, and none is needed, since whoever is near a reader is judged by its certificates.
 */
import type { Wire } from './field.ts';

type Listener = (event: { readonly data: unknown }) => void;

const isMessage = (message: unknown): message is Readonly<Record<string, unknown>> =>
  typeof message === 'object' && message !== null;

/** Says with each message that it came from here. */
export function placed(wire: Wire, place: string): Wire {
  return {
    postMessage: (message) => wire.postMessage(isMessage(message) ? { ...message, place } : message),
    addEventListener: (type, listener) => wire.addEventListener(type, listener),
    removeEventListener: (type, listener) => wire.removeEventListener(type, listener),
  };
}

/** The field as it is near that place: other readers are too far away to be heard. */
export function near(wire: Wire, place: string): Wire {
  const filters = new Map<Listener, Listener>();
  return {
    postMessage: (message) => wire.postMessage(message),
    addEventListener(type, listener) {
      const filter: Listener = (event) => {
        if (!isElsewhere(event.data, place)) listener(event);
      };
      filters.set(listener, filter);
      wire.addEventListener(type, filter);
    },
    removeEventListener(type, listener) {
      const filter = filters.get(listener);
      filters.delete(listener);
      if (filter !== undefined) wire.removeEventListener(type, filter);
    },
  };
}

const isElsewhere = (data: unknown, place: string): boolean =>
  isMessage(data) && data.sokkin === 'field' && data.place !== place;
