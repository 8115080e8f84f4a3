/**
 * The PC/SC service of this machine: which readers there are, what lies on them, and a tap on one.
 *
 * What must hold: a missing service or reader is a sentence that says what to do (`reader_failed`, `no_card`), never
 * a number of the operating system; nothing keeps the process alive after `close`.
 */
import type { Bytes } from '@sokkin/codec';
import { TransportError } from '@sokkin/terminal';
import type { Reader } from 'pcsc-mini';
import { pcscMini } from './native.ts';
import { openTap, type PcscTransport } from './tap.ts';

export interface ReaderInfo {
  readonly name: string;
  /** `mute`: something is there that does not answer to power. */
  readonly state: 'empty' | 'card' | 'mute';
}
export interface CardInfo extends ReaderInfo {
  /** Of the card; undefined if there is none, or another program has it to itself. */
  readonly atr: Bytes | undefined;
}

export interface TapWish {
  /** The reader's name, or a part of it that only one has. Left out: any reader with a card. */
  readonly reader?: string | undefined;
  /** How long to wait for a card; 0: it must be there. Default 30 s. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PcscService {
  readers(): Promise<readonly CardInfo[]>;
  /** Waits for a card and takes it for one tap. Rejects with TransportError `no_card` or `reader_failed`. */
  tap(wish?: TapWish): Promise<PcscTransport>;
  /** Resolves when that reader stands so. Rejects with `no_card` when the time is up. */
  until(reader: string, state: ReaderInfo['state'], waitMs?: number): Promise<void>;
  close(): void;
}

/** The readers that are there at the start are all told within a few milliseconds of each other. */
const SETTLE_MS = 150;
const WAIT_MS = 30_000;

interface Slot {
  readonly reader: Reader;
  info: ReaderInfo;
}

/** Throws TransportError `reader_failed` if there is no PC/SC service. */
export function openPcsc(): PcscService {
  const { Client, CardMode, ReaderStatus } = pcscMini();
  const client = new Client();
  const slots = new Map<string, Slot>();
  const watchers = new Set<() => void>();
  let failure: unknown;
  const changed = () => {
    for (const look of [...watchers]) look();
  };
  client.on('error', (error) => {
    failure = error;
    changed();
  });
  client.on('reader', (reader) => {
    const name = reader.name();
    const slot: Slot = { reader, info: { name, state: 'empty' } };
    slots.set(name, slot);
    reader.on('change', (status) => {
      const mute = status.has(ReaderStatus.MUTE);
      const state = mute ? 'mute' : status.has(ReaderStatus.PRESENT) ? 'card' : 'empty';
      slot.info = { name, state };
      changed();
    });
    reader.on('disconnect', () => {
      slots.delete(name);
      changed();
    });
    changed();
  });
  try {
    client.start();
  } catch (cause) {
    throw serviceFailed(cause);
  }
  const settled = new Promise<void>((resolve) => {
    setTimeout(resolve, SETTLE_MS);
  });

  const named = (part: string): Slot[] => {
    const exact = slots.get(part);
    if (exact !== undefined) return [exact];
    return [...slots.values()].filter((s) => s.info.name.toLowerCase().includes(part.toLowerCase()));
  };

  /** Looks now and at every change, until `found` finds something or the time is up. */
  function watch<T>(
    found: () => T | undefined,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        watchers.delete(look);
        signal?.removeEventListener('abort', giveUp);
      };
      const giveUp = () => {
        end();
        resolve(undefined);
      };
      const look = () => {
        const value = found();
        if (value === undefined && failure === undefined) return;
        end();
        if (value === undefined) reject(serviceFailed(failure));
        else resolve(value);
      };
      const timer = setTimeout(giveUp, waitMs);
      watchers.add(look);
      signal?.addEventListener('abort', giveUp, { once: true });
      if (signal?.aborted === true) giveUp();
      else look();
    });
  }

  return {
    async readers() {
      await settled;
      if (failure !== undefined) throw serviceFailed(failure);
      const sorted = [...slots.values()].sort((a, b) => (a.info.name < b.info.name ? -1 : 1));
      return Promise.all(
        sorted.map(async ({ reader, info }) => ({ ...info, atr: await atrOf(reader, info) })),
      );
    },
    async until(reader, state, waitMs = WAIT_MS) {
      const isSo = () => (slots.get(reader)?.info.state === state ? true : undefined);
      if ((await watch(isSo, waitMs)) === undefined) throw noCard(`${reader} does not become "${state}"`);
    },
    async tap({ reader, waitMs = WAIT_MS, signal } = {}) {
      if (reader !== undefined) mustBeOne(reader, await watch(() => some(named(reader)), SETTLE_MS, signal));
      else if ((await watch(() => some([...slots.values()]), SETTLE_MS, signal)) === undefined)
        throw noReader();
      const candidates = () => (reader === undefined ? [...slots.values()] : named(reader));
      const slot = await watch(() => candidates().find((s) => s.info.state === 'card'), waitMs, signal);
      if (slot === undefined) throw noCard(`No card came to ${reader ?? 'any reader'}`);
      return openTap(slot.info.name, () => slot.reader.connect(CardMode.SHARED));
    },
    close() {
      watchers.clear();
      client.stop();
    },
  };
}

/** Asked of the card: the bytes that pcsc-mini 0.1.3 gives with a change of state are no longer the ATR. */
async function atrOf(reader: Reader, { state }: ReaderInfo): Promise<Bytes | undefined> {
  if (state !== 'card') return undefined;
  const { CardDisposition, CardMode } = pcscMini();
  try {
    const card = await reader.connect(CardMode.SHARED);
    const { atr } = await card.state();
    await card.disconnect(CardDisposition.LEAVE);
    return Uint8Array.from(atr);
  } catch {
    return undefined;
  }
}

const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined);

function mustBeOne(wanted: string, found: readonly Slot[] | undefined): void {
  if (found?.length === 1) return;
  const why = found === undefined ? 'There is no reader' : 'There are several readers';
  throw new TransportError('reader_failed', `${why} called "${wanted}". See them: sokkin readers`);
}

const noReader = () =>
  new TransportError(
    'reader_failed',
    'There is no reader. Connect one, or attach a card to the virtual one.',
  );
const noCard = (what: string) => new TransportError('no_card', `${what}. Lay one on, and try again.`);
const serviceFailed = (cause: unknown) =>
  new TransportError(
    'reader_failed',
    'The PC/SC service does not answer. On Debian: apt-get install pcscd, then start pcscd.',
    { cause },
  );
