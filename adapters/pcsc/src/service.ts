/**
 * The PC/SC service of this machine: which readers there are, what lies on them, and a tap on one.
 *
 * What must hold: a missing service or reader is a sentence that says what to do (`reader_failed`, `no_card`), never
 * a number of the operating system; every wait ends, and says what was waited for and how the readers stood; `close`
 * never waits, and nothing keeps the process alive after it.
 */
import type { Bytes } from '@sokkin/codec';
import { type StopSignal, TransportError } from '@sokkin/terminal';
import { type Connector, newConnector, pcscMini } from './native.ts';
import { openTap, type PcscTransport } from './tap.ts';
import { watchReaders } from './watch.ts';

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
  readonly signal?: StopSignal | undefined;
}

export interface PcscService {
  readers(): Promise<readonly CardInfo[]>;
  /** Waits for a card and takes it for one tap. Rejects with TransportError `no_card` or `reader_failed`. */
  tap(wish?: TapWish): Promise<PcscTransport>;
  /** Resolves when that reader stands so. Rejects with `no_card` when the time is up. */
  until(reader: string, state: ReaderInfo['state'], waitMs?: number): Promise<void>;
  close(): void;
}

/** Without a reader by then, there is none. */
const FIRST_READER_MS = 500;
/** The readers that are there at the start are all told within a few milliseconds of each other. */
const SETTLE_MS = 100;
/** A watcher that is not ready by then will not be: the service does not answer. */
const READY_MS = 10_000;
const WAIT_MS = 30_000;

/** A service that is not there is told by what is asked of it, as TransportError `reader_failed`. */
export function openPcsc(): PcscService {
  const { ReaderStatus } = pcscMini();
  const connector = newConnector();
  const slots = new Map<string, ReaderInfo>();
  const watchers = new Set<() => void>();
  let failure: Error | undefined;
  let settle: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const fail = (cause: Error) => {
    failure ??= cause;
    changed();
    settle();
  };
  const changed = () => {
    for (const look of [...watchers]) look();
  };
  let settling = setTimeout(() => fail(new Error(`no answer within ${READY_MS / 1_000} s`)), READY_MS);
  const settleIn = (ms: number) => {
    clearTimeout(settling);
    settling = setTimeout(settle, ms);
  };
  const watching = watchReaders({
    ready: () => settleIn(FIRST_READER_MS),
    failed: fail,
    changed(name, status) {
      if (slots.size === 0) settleIn(SETTLE_MS);
      const has = (flag: number) => (status & flag) !== 0;
      if (has(ReaderStatus.UNKNOWN) || has(ReaderStatus.UNAVAILABLE)) slots.delete(name);
      else {
        const state = has(ReaderStatus.MUTE) ? 'mute' : has(ReaderStatus.PRESENT) ? 'card' : 'empty';
        slots.set(name, { name, state });
      }
      changed();
    },
  });

  const named = (part: string): ReaderInfo[] => {
    const exact = slots.get(part);
    if (exact !== undefined) return [exact];
    return [...slots.values()].filter((s) => s.name.toLowerCase().includes(part.toLowerCase()));
  };
  /** For the sentence of an error. */
  const standing = (found: readonly ReaderInfo[]) =>
    found.length === 0 ? 'it is not there' : found.map((s) => `${s.name} is "${s.state}"`).join(', ');

  /** Looks now and at every change, until `found` finds something or the time is up. */
  function watch<T>(found: () => T | undefined, waitMs: number, signal?: StopSignal): Promise<T | undefined> {
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
      signal?.addEventListener('abort', giveUp);
      if (signal?.aborted === true) giveUp();
      else look();
    });
  }

  return {
    async readers() {
      await settled;
      if (failure !== undefined) throw serviceFailed(failure);
      const sorted = [...slots.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      return Promise.all(sorted.map(async (info) => ({ ...info, atr: await atrOf(connector, info) })));
    },
    async until(reader, state, waitMs = WAIT_MS) {
      const isSo = () => (slots.get(reader)?.state === state ? true : undefined);
      if ((await watch(isSo, waitMs)) === undefined)
        throw noCard(`${reader} does not become "${state}" within ${waitMs} ms: ${standing(named(reader))}`);
    },
    async tap({ reader, waitMs = WAIT_MS, signal } = {}) {
      const candidates = () => (reader === undefined ? [...slots.values()] : named(reader));
      if (reader === undefined ? slots.size === 0 : !slots.has(reader)) await settled;
      if (failure !== undefined) throw serviceFailed(failure);
      if (reader !== undefined) mustBeOne(reader, candidates());
      else if (slots.size === 0) throw noReader();
      const slot = await watch(() => candidates().find((s) => s.state === 'card'), waitMs, signal);
      if (slot === undefined)
        throw noCard(`No card came to ${reader ?? 'any reader'} (${standing(candidates())})`);
      return openTap(slot.name, () => connector(slot.name));
    },
    close() {
      clearTimeout(settling);
      watchers.clear();
      watching.stop();
    },
  };
}

/** Asked of the card: what comes with a change of state is not always its ATR. */
async function atrOf(connect: Connector, { name, state }: ReaderInfo): Promise<Bytes | undefined> {
  if (state !== 'card') return undefined;
  const { CardDisposition } = pcscMini();
  try {
    const card = await connect(name);
    const { atr } = await card.state();
    await card.disconnect(CardDisposition.LEAVE);
    return Uint8Array.from(atr);
  } catch {
    return undefined;
  }
}

function mustBeOne(wanted: string, found: readonly ReaderInfo[]): void {
  if (found.length === 1) return;
  const why = found.length === 0 ? 'There is no reader' : 'There are several readers';
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
