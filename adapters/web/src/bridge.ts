/**
 * The readers of this machine, in a page: the other end of `sokkin bridge` (docs/readers.md, 4).
 *
 * What must hold: a reader of it is a CardReader like any other; when the bridge goes, every card is lost and every wait ends
 * with `reader_failed`; what comes from the bridge is looked at before it is believed.
 */
import { SokkinError } from '@sokkin/codec';
import {
  apduOf,
  apduText,
  BRIDGE_PORT,
  BRIDGE_PROTOCOL,
  type BridgeAnswer,
  type BridgeReaderInfo,
  type BridgeRequest,
  type CardInField,
  type CardReader,
  cardLost,
  noCardCame,
  readBridgeAnswer,
  type StopSignal,
  TransportError,
} from '@sokkin/terminal';

export interface BridgeWish {
  /** Default: ws://127.0.0.1:8789. */
  readonly url?: string;
  /** The code that the bridge shows; or, after a reload, the key that came for it. */
  readonly pair: { readonly code: string } | { readonly key: string };
}
export interface Bridge {
  /** Keep it for a reload of the page: it is good while the bridge runs. */
  readonly key: string;
  readers(): Promise<readonly BridgeReaderInfo[]>;
  /** `name`: as `readers` tells it. It is this page's alone from the first wait on. */
  reader(name: string): CardReader;
  close(): void;
  /** The connection has ended. */
  readonly over: Promise<void>;
}

/** Rejects with `reader_failed` (no bridge), or SokkinError `not_paired`. */
export async function openBridge(wish: BridgeWish): Promise<Bridge> {
  const link = await connect(wish.url ?? `ws://127.0.0.1:${BRIDGE_PORT}`);
  try {
    const answer = await link.ask(
      'code' in wish.pair ? { type: 'pair', ...wish.pair } : { type: 'resume', ...wish.pair },
    );
    if (answer.type !== 'paired') throw strange();
    return {
      key: answer.key,
      async readers() {
        const list = await link.ask({ type: 'list' });
        if (list.type !== 'readers') throw strange();
        return list.readers;
      },
      reader: (name) => ({ next: (signal) => next(link, name, signal) }),
      close: () => link.close(),
      over: link.over,
    };
  } catch (error) {
    link.close();
    throw error;
  }
}

type WithoutId<T> = T extends { readonly id: number } ? Omit<T, 'id'> : never;
type Asked = WithoutId<BridgeRequest>;
type Answered = Exclude<BridgeAnswer, { type: 'removed' | 'error' }>;

interface Link {
  readonly over: Promise<void>;
  /** `onId` hears the id before it is sent. */
  ask(request: Asked, onId?: (id: number) => void): Promise<Answered>;
  onRemoved(card: number, listener: () => void): void;
  close(): void;
}

const failed = (cause?: unknown) =>
  new TransportError('reader_failed', 'The bridge to the readers is not there. Start it: sokkin bridge', {
    cause,
  });
const strange = () =>
  new TransportError('reader_failed', 'The bridge answers something else than it was asked.');

function connect(url: string): Promise<Link> {
  return new Promise((resolve, reject) => {
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, BRIDGE_PROTOCOL);
    } catch (cause) {
      return reject(failed(cause));
    }
    const early = () => reject(failed());
    socket.addEventListener('close', early);
    socket.addEventListener('open', () => {
      socket.removeEventListener('close', early);
      resolve(linkOver(socket));
    });
  });
}

function linkOver(socket: WebSocket): Link {
  let last = 0;
  const asked = new Map<number, { resolve(answer: Answered): void; reject(error: unknown): void }>();
  const removed = new Map<number, () => void>();
  const over = new Promise<void>((resolve) => {
    socket.addEventListener('close', () => {
      for (const { reject } of asked.values()) reject(failed());
      for (const lose of removed.values()) lose();
      asked.clear();
      removed.clear();
      resolve();
    });
  });
  socket.addEventListener('message', ({ data }) => {
    const answer = readBridgeAnswer(data);
    if (answer === undefined) return socket.close();
    if (answer.type === 'removed') {
      removed.get(answer.card)?.();
      removed.delete(answer.card);
      return;
    }
    const waiting = asked.get(answer.id);
    asked.delete(answer.id);
    if (answer.type === 'error') waiting?.reject(errorOf(answer));
    else waiting?.resolve(answer);
  });
  return {
    over,
    ask(request, onId) {
      const id = ++last;
      onId?.(id);
      return new Promise((resolve, reject) => {
        if (socket.readyState !== WebSocket.OPEN) return reject(failed());
        asked.set(id, { resolve, reject });
        socket.send(JSON.stringify({ ...request, id }));
      });
    },
    onRemoved: (card, listener) => void removed.set(card, listener),
    close: () => socket.close(),
  };
}

function errorOf({ code, message }: Extract<BridgeAnswer, { type: 'error' }>): SokkinError {
  switch (code) {
    case 'card_lost':
      return cardLost();
    case 'no_card':
      return noCardCame();
    case 'reader_failed':
      return new TransportError('reader_failed', message);
    case 'not_paired':
    case 'reader_taken':
    case 'too_many':
      return new SokkinError(code, message);
  }
}

async function next(link: Link, reader: string, signal: StopSignal | undefined): Promise<CardInField> {
  const isStopped = () => signal?.aborted === true;
  if (isStopped()) throw noCardCame();
  let wait = 0;
  const stop = () => void link.ask({ type: 'stop', wait }).catch(() => undefined);
  const answer = link.ask({ type: 'next', reader }, (id) => {
    wait = id;
  });
  signal?.addEventListener('abort', stop);
  try {
    const found = await answer;
    if (found.type !== 'inserted') throw strange();
    const card = cardOver(link, found.card, found.extended);
    if (!isStopped()) return card;
    // It came while it was called off.
    await card.close();
    throw noCardCame();
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function cardOver(link: Link, card: number, extended: boolean): CardInField {
  let isLost = false;
  let tellGone: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    tellGone = resolve;
  });
  link.onRemoved(card, () => {
    isLost = true;
    tellGone();
  });
  return {
    extended,
    gone,
    async transmit(command) {
      if (isLost) throw cardLost();
      try {
        const answer = await link.ask({ type: 'transmit', card, apdu: apduText(command) });
        if (answer.type !== 'answer') throw strange();
        return apduOf(answer.apdu);
      } catch (error) {
        // Whether the card worked it off is unknown, whoever failed.
        isLost = true;
        throw cardLost(error);
      }
    },
    async close() {
      isLost = true;
      await link.ask({ type: 'close', card }).catch(() => undefined);
    },
  };
}
