/**
 * A virtual contactless field: cards and readers in windows of one browser (BroadcastChannel), in a page and its worker (MessagePort), or in
 * several browsers (relay.ts), exchange the real APDUs.
 * What it stands in for is the radio, and nothing else.
 *
 * What must hold: a reader has one card at a time, the first that is held to it; a card that is taken away, whose window is closed or that does not answer is
 * `card_lost`, then and ever after; every tap powers the card up anew; a reader whose window is gone, with a word or without, has no card any more, and
 * the card can be held to the next. What comes in over the wire is anybody's, and is looked at before it is believed.
 */
import type { Bytes } from '@sokkin/codec';
import { type CardInField, type CardReader, cardLost, noCardCame, type StopSignal } from '@sokkin/terminal';
import { type Listening, listenFor, onLeaving, sayHere } from './presence.ts';

/** BroadcastChannel, MessagePort and Worker are wires. */
export interface Wire {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  removeEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** Anything that answers APDUs. */
export interface Answering {
  transmit(command: Bytes): Promise<Bytes>;
}

/** How often a reader says that its field is on. */
const POLL_MS = 100;
/** A card answers within this, or is gone. */
const ANSWER_MS = 5_000;
/** A reader takes at once what is held to it, or is gone. */
const OFFER_MS = 1_000;

type Message =
  | { readonly sokkin: 'field'; readonly reader: string }
  | { readonly sokkin: 'card'; readonly reader: string; readonly card: string }
  | { readonly sokkin: 'taken'; readonly reader: string; readonly card: string }
  /** Of a reader that has this card in its field, and asks nothing of it. */
  | { readonly sokkin: 'here'; readonly card: string }
  | {
      readonly sokkin: 'command' | 'response';
      readonly card: string;
      readonly no: number;
      readonly apdu: Bytes;
    }
  /** `done`: the reader let it go, as it does when it has what it came for (ISO/IEC 14443-4, S(DESELECT)); else it was lost. */
  | { readonly sokkin: 'gone'; readonly card: string; readonly done?: boolean }
  /** Of this window's own wire: it reaches nobody any more, and whatever was held to a reader is gone. */
  | { readonly sokkin: 'off' };

/** undefined: it is something else. */
function messageOf(data: unknown): Message | undefined {
  const m: Readonly<Record<string, unknown>> = Object(data);
  const named = (...names: string[]) => names.every((name) => typeof m[name] === 'string');
  switch (m.sokkin) {
    case 'field':
      return named('reader') ? (data as Message) : undefined;
    case 'card':
    case 'taken':
      return named('reader', 'card') ? (data as Message) : undefined;
    case 'command':
    case 'response':
      return named('card') && Number.isSafeInteger(m.no) && m.apdu instanceof Uint8Array
        ? (data as Message)
        : undefined;
    case 'here':
    case 'gone':
      return named('card') ? (data as Message) : undefined;
    case 'off':
      return { sokkin: 'off' };
    default:
      return undefined;
  }
}

function hear(wire: Wire, listener: (message: Message) => void): () => void {
  const listen = ({ data }: { readonly data: unknown }) => {
    const message = messageOf(data);
    if (message !== undefined) listener(message);
  };
  wire.addEventListener('message', listen);
  return () => wire.removeEventListener('message', listen);
}

const say = (wire: Wire, message: Message): void => wire.postMessage(message);

/** The reader of this field. */
export const fieldReader = (wire: Wire): CardReader => ({ next: (signal) => waitForCard(wire, signal) });

/** The next card that is held here; rejects with `no_card` when `signal` says to stop. */
export function waitForCard(wire: Wire, signal?: StopSignal): Promise<CardInField> {
  const reader = crypto.randomUUID();
  return new Promise((resolve, reject) => {
    const poll = () => say(wire, { sokkin: 'field', reader });
    const timer = setInterval(poll, POLL_MS);
    const stop = () => {
      clearInterval(timer);
      unhear();
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = () => {
      stop();
      reject(noCardCame());
    };
    const unhear = hear(wire, (message) => {
      if (message.sokkin !== 'card' || message.reader !== reader) return;
      stop();
      const { card } = message;
      const transport = transportTo(wire, card);
      say(wire, { sokkin: 'taken', reader, card });
      resolve(transport);
    });
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort);
    poll();
  });
}

function transportTo(wire: Wire, card: string): CardInField {
  let isGone = false;
  let tellGone: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    tellGone = resolve;
  });
  let last = 0;
  let pending: { readonly no: number; resolve(apdu: Bytes): void; reject(error: unknown): void } | undefined;
  const lose = () => {
    isGone = true;
    unhear();
    unsay();
    stay();
    pending?.reject(cardLost());
    pending = undefined;
    tellGone();
  };
  const unhear = hear(wire, (message) => {
    if (message.sokkin === 'off' || (message.sokkin === 'gone' && message.card === card)) lose();
    if (message.sokkin !== 'response' || message.card !== card || message.no !== pending?.no) return;
    pending.resolve(message.apdu);
    pending = undefined;
  });
  const unsay = sayHere(() => say(wire, { sokkin: 'here', card }));
  const stay = onLeaving(() => {
    say(wire, { sokkin: 'gone', card });
    lose();
  });
  return {
    extended: true,
    gone,
    async transmit(command) {
      if (isGone) throw cardLost();
      const no = ++last;
      const answer = new Promise<Bytes>((resolve, reject) => {
        pending = { no, resolve, reject };
      });
      const timer = setTimeout(lose, ANSWER_MS);
      say(wire, { sokkin: 'command', card, no, apdu: command.slice() });
      try {
        return await answer;
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      if (isGone) return;
      lose();
      say(wire, { sokkin: 'gone', card, done: true });
    },
  };
}

/** A card that is held to a field. */
export interface HeldCard {
  /** Takes it away, in the middle of whatever it does. */
  remove(): void;
  /** The tap is over. */
  readonly over: Promise<HowEnded>;
}

/** A reader that has what it wanted lets a card go; one that was torn away, or whose reader is gone, has left. */
export type HowEnded = 'let_go' | 'left';

/** Holds a card to the first field that is on. `power`: puts the card under power, once a tap. */
export function holdCard(wire: Wire, power: () => Promise<Answering>): HeldCard {
  const card = crypto.randomUUID();
  let state: 'waiting' | 'offered' | 'taken' | 'over' = 'waiting';
  let offeredTo: string | undefined;
  let offeredAt = 0;
  let reader: Listening | undefined;
  let answering: Promise<Answering> | undefined;
  let finish: (how: HowEnded) => void = () => undefined;
  const over = new Promise<HowEnded>((resolve) => {
    finish = resolve;
  });
  const end = (how: HowEnded = 'left') => {
    state = 'over';
    unhear();
    reader?.stop();
    stay();
    finish(how);
  };
  const offer = (to: string) => {
    state = 'offered';
    [offeredTo, offeredAt] = [to, performance.now()];
    say(wire, { sokkin: 'card', reader: to, card });
  };
  /** Of this reader that was offered the card, or of another since that one did not take it. */
  const isFor = (other: string) => other === offeredTo || performance.now() - offeredAt > OFFER_MS;
  const unhear = hear(wire, (message) => {
    switch (message.sokkin) {
      case 'field':
        if (state === 'waiting' || (state === 'offered' && isFor(message.reader))) offer(message.reader);
        return;
      case 'taken':
        if (message.reader !== offeredTo) return;
        if (message.card === card) {
          state = 'taken';
          reader = listenFor(remove);
          answering = power();
          // Heard of at the first command.
          answering.catch(() => undefined);
        } else if (state === 'offered') state = 'waiting';
        return;
      case 'here':
        if (message.card === card) reader?.heard();
        return;
      case 'command':
        if (message.card !== card || state !== 'taken') return;
        reader?.heard();
        void answer(message.no, message.apdu);
        return;
      case 'gone':
        if (message.card === card) end(message.done === true ? 'let_go' : 'left');
        return;
      case 'off':
        // Who only waits goes on waiting.
        if (state === 'taken') end();
        else state = 'waiting';
        return;
      case 'card':
      case 'response':
        // Of others.
        return;
    }
  });
  const answer = async (no: number, command: Bytes) => {
    try {
      const apdu = await (await answering)?.transmit(command);
      if (state === 'taken' && apdu !== undefined) say(wire, { sokkin: 'response', card, no, apdu });
    } catch {
      // Without power there is no answer: the reader sees a card that is gone.
      if (state === 'taken') remove();
    }
  };
  const remove = () => {
    if (state === 'over') return;
    say(wire, { sokkin: 'gone', card });
    end();
  };
  const stay = onLeaving(remove);
  return { remove, over };
}
