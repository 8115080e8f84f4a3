/**
 * Whether the other side of a tap is still there: a radio field that is switched off takes the power from a card, and a window that is gone
 * takes nothing and says nothing.
 *
 * What must hold: who is silent for long is gone, also when it was killed; this window's own sleep is not taken for the other's silence.
 */

/** How often a reader says that it still has a card in its field. */
const HERE_MS = 1_000;
/** So many times in a row it was not heard. Pages in the background speak once a second. */
const MOST_MISSED = 5;

/** Says it again and again, until the answer is called. */
export function sayHere(say: () => void): () => void {
  const timer = setInterval(say, HERE_MS);
  return () => clearInterval(timer);
}

export interface Listening {
  /** Something was heard. */
  heard(): void;
  stop(): void;
}

/** `onSilent` once, when nothing was heard for long. Counts looks, not time: after a sleep there is one look, and then what was said meanwhile. */
export function listenFor(onSilent: () => void): Listening {
  let missed = 0;
  const timer = setInterval(() => {
    if (++missed < MOST_MISSED) return;
    clearInterval(timer);
    onSilent();
  }, HERE_MS);
  return {
    heard() {
      missed = 0;
    },
    stop: () => clearInterval(timer),
  };
}

/** As this page is closed or loaded anew, so that nobody has to wait for its silence. In workers, and outside browsers, never. */
export function onLeaving(leave: () => void): () => void {
  if (!('document' in globalThis)) return () => undefined;
  addEventListener('pagehide', leave);
  return () => removeEventListener('pagehide', leave);
}
