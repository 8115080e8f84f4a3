/**
 * A card in a reader that is not there: whatever answers APDUs, put into vsmartcard's virtual reader, so that every
 * PC/SC program of the machine sees it.
 *
 * What must hold:
 * - the card answers only while the reader has it under power, as a real one does: a reader that did not notice
 *   that one card was exchanged for another gets no answer, and so no answer of the wrong card;
 * - a reader that takes the card and gives it no power has not noticed that it is another one (see insertion.ts): the
 *   card leaves, so that the reader sees the slot empty, and comes again;
 * - commands are worked off one at a time, in order; power that goes in between is a reset, after the command;
 * - a card whose power or memory failed leaves the reader; it is never reset back to life here;
 * - when the reader goes (pcscd is started anew), the card waits for it to come back.
 */
import { connect, type Socket } from 'node:net';
import { type Bytes, SokkinError } from '@sokkin/codec';
import { CARD_ATR } from './atr.ts';
import { awaitInsertion, UNNOTICED } from './insertion.ts';
import { CONTROL, frame, unframer, VPCD_PORT } from './vpcd.ts';

export { VPCD_PORT };

/** What `Card` of @sokkin/card is, and any other that answers APDUs. */
export interface AttachableCard {
  transmit(command: Bytes): Promise<Bytes>;
  /** Power off and on. */
  reset(): void;
}

export type CardEvent = 'inserted' | 'power_on' | 'power_off' | 'reader_gone' | 'failed';

export interface AttachOptions {
  readonly card: AttachableCard;
  /** Where the virtual reader listens. Default: 127.0.0.1, 35963 (its second slot: 35964). */
  readonly host?: string;
  readonly port?: number;
  /** Default: `CARD_ATR`, as at the contacts; `CONTACTLESS_ATR`: as on a contactless reader. */
  readonly atr?: Bytes;
  /** Another way to the reader than host and port. */
  readonly dial?: () => Promise<Socket>;
  readonly onEvent?: (event: CardEvent, cause?: unknown) => void;
}

export interface AttachedCard {
  /** Takes the card out once the command that is running has been answered. */
  detach(): Promise<void>;
  /** Tears it out: a command that is running is worked off, but its answer goes nowhere. */
  tear(): void;
  /** Resolves when the card is out for good: detached, torn out, or failed (then with what failed). */
  readonly out: Promise<unknown>;
}

/** Nobody accepts within that time: the reader does not look, and its queue is full. */
const DIAL_MS = 5_000;
const REDIAL_MS = 500;

/**
 * Puts the card into the reader; resolves when the reader has it under power.
 * Rejects with SokkinError 'reader_unreachable', 'reader_occupied' or 'reader_gives_no_power'.
 */
export async function attachVirtualCard(options: AttachOptions): Promise<AttachedCard> {
  const { card, atr = CARD_ATR, host = '127.0.0.1', port = VPCD_PORT } = options;
  const dial = options.dial ?? (() => dialTcp(host, port));
  const onEvent = options.onEvent ?? (() => undefined);
  const life = lifetime();
  let socket: Socket | undefined;
  let turn: Promise<void> = Promise.resolve();

  function inReader(opened: Socket): void {
    socket = opened;
    let powered = false;
    let questions = 0;
    let noticed = false;
    const take = unframer();
    const power = (on: boolean) => {
      card.reset();
      powered = on;
      questions = 0;
      if (on && !noticed) {
        noticed = true;
        onEvent('inserted');
        insertion.powered();
      }
      onEvent(on ? 'power_on' : 'power_off');
    };
    async function serve(message: Bytes): Promise<void> {
      if (message.length > 1) {
        if (powered) answer(await card.transmit(message));
        else opened.destroy();
      } else if (message[0] === CONTROL.atr) {
        questions++;
        if (noticed || questions < UNNOTICED) answer(atr);
        else opened.destroy();
      } else if (message[0] === CONTROL.powerOff) power(false);
      else if (message[0] === CONTROL.powerOn || message[0] === CONTROL.reset) power(true);
    }
    const answer = (bytes: Bytes) => {
      if (!opened.destroyed) opened.write(frame(bytes));
    };
    opened.setNoDelay(true);
    opened.on('data', (chunk) => {
      insertion.heard();
      for (const message of take(chunk)) {
        turn = turn.then(() => (opened.destroyed ? undefined : serve(message))).catch(fail);
      }
    });
    // The reason of an error comes with 'close', which follows it always.
    opened.on('error', () => undefined);
    opened.on('close', () => {
      turn = turn.then(() => {
        if (!life.over) card.reset();
      });
      if (life.over) return;
      if (noticed) onEvent('reader_gone');
      redial();
    });
  }

  function fail(error: unknown): void {
    if (life.over) return;
    life.end(error);
    socket?.destroy();
    onEvent('failed', error);
  }

  function redial(): void {
    const timer = setTimeout(() => {
      dial().then((opened) => {
        if (life.over) opened.destroy();
        else inReader(opened);
      }, redial);
    }, REDIAL_MS);
    void life.out.then(() => clearTimeout(timer));
  }

  const opened = await dial().catch((cause: unknown) => {
    throw unreachable(host, port, cause);
  });
  const insertion = awaitInsertion();
  inReader(opened);
  try {
    await Promise.race([insertion.done, life.out.then(leftEarly)]);
  } catch (error) {
    life.end(error);
    socket?.destroy();
    throw error;
  } finally {
    insertion.end();
  }

  return {
    out: life.out,
    tear() {
      life.end(undefined);
      socket?.destroy();
    },
    async detach() {
      await turn;
      life.end(undefined);
      socket?.destroy();
    },
  };
}

function lifetime() {
  let over = false;
  let resolve: (why: unknown) => void = () => undefined;
  const out = new Promise<unknown>((r) => {
    resolve = r;
  });
  return {
    out,
    get over() {
      return over;
    },
    end(why: unknown) {
      over = true;
      resolve(why);
    },
  };
}

const leftEarly = (cause: unknown): never => {
  throw new SokkinError('card_failed', 'The card failed as it was put into the reader.', { cause });
};

function dialTcp(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const timer = setTimeout(
      () => socket.destroy(new Error(`nobody accepted within ${DIAL_MS} ms`)),
      DIAL_MS,
    );
    socket.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

const unreachable = (host: string, port: number, cause: unknown) =>
  new SokkinError(
    'reader_unreachable',
    `No virtual reader listens at ${host}:${port}. On Debian: apt-get install pcscd vsmartcard-vpcd, then start pcscd.`,
    { cause },
  );
