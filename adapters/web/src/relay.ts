/**
 * The virtual field over a relay: windows of several browsers, or machines, that came with the same code (packages/terminal/src/field-relay.ts). A wire like
 * BroadcastChannel: what one says, all others hear, and whoever is not there does not.
 *
 * What must hold: while the relay is away, what is said is lost, as it is when a phone is out of reach; whatever was held to a reader then is gone, for
 * both sides, at once; the relay is looked for until `close`. What comes in is anybody's: field.ts looks at it.
 */
import { fromHex, hex } from '@sokkin/codec';
import { FIELD_PATH, FIELD_PROTOCOL, MOST_FIELD_MESSAGE } from '@sokkin/terminal';
import type { Wire } from './field.ts';

type Listener = (event: { readonly data: unknown }) => void;

export interface RelayField extends Wire {
  /** `listener` hears at once how it is now; who is only just coming counts as there. Answers how to stop hearing. */
  onReach(listener: (isReached: boolean) => void): () => void;
  close(): void;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4_000;

/** `origin`: of the server that this page came from. `code`: as `isFieldCode` takes it. */
export function relayField(origin: string, code: string): RelayField {
  const url = `${origin.replace(/^http/, 'ws')}${FIELD_PATH}?code=${code}`;
  const listeners = new Set<Listener>();
  const reach = new Set<(isReached: boolean) => void>();
  const tell = (data: unknown) => {
    for (const listener of listeners) listener({ data });
  };
  let isThere = true;
  const tellReach = (now: boolean) => {
    isThere = now;
    for (const listener of reach) listener(now);
  };
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_WAIT_MS;
  let isClosed = false;
  const join = () => {
    const joined = new WebSocket(url, FIELD_PROTOCOL);
    socket = joined;
    joined.addEventListener('open', () => {
      wait = FIRST_WAIT_MS;
      tellReach(true);
    });
    joined.addEventListener('message', ({ data }) => tell(heardOf(data)));
    joined.addEventListener('close', () => {
      tell({ sokkin: 'off' });
      tellReach(false);
      if (isClosed) return;
      timer = setTimeout(join, wait);
      wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    });
  };
  join();
  return {
    postMessage(message) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(saidOf(message));
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
    onReach(listener) {
      reach.add(listener);
      listener(isThere);
      return () => reach.delete(listener);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}

/** Octets are hexadecimal digits on the way. */
const saidOf = (message: unknown): string =>
  JSON.stringify(message, (_name, value) => (value instanceof Uint8Array ? hex(value) : value));

/** undefined: nothing that one of our windows says. */
function heardOf(data: unknown): unknown {
  if (typeof data !== 'string' || data.length > MOST_FIELD_MESSAGE) return undefined;
  try {
    const message: unknown = JSON.parse(data);
    const { apdu } = Object(message);
    return typeof apdu === 'string' ? { ...Object(message), apdu: fromHex(apdu) } : message;
  } catch {
    return undefined;
  }
}
