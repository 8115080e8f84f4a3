/**
 * One page at the bridge: its requests, its waits, its cards.
 *
 * What must hold: before it is paired a page gets nothing but "not paired"; a reader has one page at a time; whatever ends the
 * connection, its waits end, its cards are let go of, and its readers are free; commands to a card are worked off in order.
 */
import { SokkinError } from '@sokkin/codec';
import {
  apduOf,
  apduText,
  type BridgeAnswer,
  type BridgeCode,
  type BridgeReaderInfo,
  type BridgeRequest,
  type CardInField,
  type CardReader,
} from '@sokkin/terminal';
import type { Pairing } from './pairing.ts';

/** The readers of this machine. */
export interface BridgeReaders {
  list(): Promise<readonly BridgeReaderInfo[]>;
  /** The same object for the same name. */
  reader(name: string): CardReader;
}

export interface ConnectionParts {
  readonly origin: string;
  readonly pairing: Pairing;
  readonly readers: BridgeReaders;
  /** Names of readers that a page has, over all connections. */
  readonly taken: Set<string>;
  readonly send: (answer: BridgeAnswer) => void;
}

const MOST_WAITS = 8;
const MOST_CARDS = 8;
/** Commands that a page has sent to one card and not heard of. */
const MOST_COMMANDS = 4;

interface Given {
  readonly card: CardInField;
  turn: Promise<unknown>;
  commands: number;
}

export class Connection {
  readonly #parts: ConnectionParts;
  readonly #own = new Set<string>();
  readonly #waits = new Map<number, AbortController>();
  readonly #cards = new Map<number, Given>();
  #isPaired = false;
  #isOver = false;
  #lastCard = 0;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get isPaired(): boolean {
    return this.#isPaired;
  }

  async hear(request: BridgeRequest): Promise<void> {
    try {
      await this.#carryOut(request);
    } catch (error) {
      this.#refuse(request.id, ...wordsOf(error));
    }
  }

  /** The connection is gone. */
  async over(): Promise<void> {
    this.#isOver = true;
    for (const wait of this.#waits.values()) wait.abort();
    const cards = [...this.#cards.values()];
    this.#cards.clear();
    await Promise.allSettled(cards.map(({ card }) => card.close()));
    for (const name of this.#own) this.#parts.taken.delete(name);
  }

  #pair(request: Extract<BridgeRequest, { type: 'pair' | 'resume' }>): void {
    const { pairing, origin, send } = this.#parts;
    const { id } = request;
    const key =
      request.type === 'pair'
        ? pairing.pair(request.code, origin)
        : pairing.isKey(request.key, origin)
          ? request.key
          : undefined;
    if (key === undefined) this.#refuse(id, 'not_paired', 'This is not the code that the bridge shows now.');
    else {
      this.#isPaired = true;
      send({ type: 'paired', id, key });
    }
  }

  async #carryOut(request: BridgeRequest): Promise<void> {
    const { send, readers } = this.#parts;
    const { id, type } = request;
    if (!this.#isPaired && type !== 'pair' && type !== 'resume')
      return this.#refuse(id, 'not_paired', 'Type the code that the bridge shows.');
    switch (request.type) {
      case 'pair':
      case 'resume':
        return this.#pair(request);
      case 'list':
        return send({ type: 'readers', id, readers: await readers.list() });
      case 'next':
        return this.#next(id, request.reader);
      case 'stop':
        this.#waits.get(request.wait)?.abort();
        return send({ type: 'done', id });
      case 'transmit':
        return this.#transmit(id, request.card, request.apdu);
      case 'close': {
        const given = this.#cards.get(request.card);
        await given?.card.close();
        return send({ type: 'done', id });
      }
    }
  }

  async #next(id: number, name: string): Promise<void> {
    const { taken, readers, send } = this.#parts;
    if (this.#waits.size >= MOST_WAITS || this.#cards.size >= MOST_CARDS)
      return this.#refuse(id, 'too_many', 'This page waits for too many cards at once.');
    if (!this.#own.has(name)) {
      if (taken.has(name)) return this.#refuse(id, 'reader_taken', `Another page has the reader "${name}".`);
      taken.add(name);
      this.#own.add(name);
    }
    if (this.#waits.has(id)) return this.#refuse(id, 'too_many', 'Two requests have the same id.');
    const stop = new AbortController();
    this.#waits.set(id, stop);
    try {
      const card = await readers.reader(name).next(stop.signal);
      if (this.#isOver) return void (await card.close());
      const number = ++this.#lastCard;
      this.#cards.set(number, { card, turn: Promise.resolve(), commands: 0 });
      send({ type: 'inserted', id, card: number, extended: card.extended });
      void card.gone.then(() => {
        if (this.#cards.delete(number)) send({ type: 'removed', card: number });
      });
    } finally {
      this.#waits.delete(id);
    }
  }

  async #transmit(id: number, number: number, digits: string): Promise<void> {
    const given = this.#cards.get(number);
    if (given === undefined) return this.#refuse(id, 'card_lost', 'The card is gone.');
    if (given.commands >= MOST_COMMANDS)
      return this.#refuse(id, 'too_many', 'Wait for the answer of the card before the next command.');
    given.commands += 1;
    const answer = given.turn.then(() => given.card.transmit(apduOf(digits)));
    given.turn = answer.catch(() => undefined);
    try {
      this.#parts.send({ type: 'answer', id, apdu: apduText(await answer) });
    } finally {
      given.commands -= 1;
    }
  }

  #refuse(id: number, code: BridgeCode, message: string): void {
    this.#parts.send({ type: 'error', id, code, message });
  }
}

function wordsOf(error: unknown): [BridgeCode, string] {
  if (!(error instanceof SokkinError)) throw error;
  const { code, message } = error;
  return [code === 'card_lost' || code === 'no_card' ? code : 'reader_failed', message];
}
