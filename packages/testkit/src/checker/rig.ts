/**
 * The rig: runs one session on one memory with the real engine, and checks there all that concerns one card
 * alone. What a card answers depends on its memory and on what is said to it alone (cryptography is symbolic or
 * draws nothing), so each pair is run once and remembered.
 *
 * What must hold for every memory and every session:
 * - I4: what repeats it (`Session.again`), after power off and on, gets the same answer and changes no purse; a purse
 *   command writes nothing at all;
 * - status: a refusal is one of those the protocol allows here, and a refused command wrote nothing;
 * - tear: each command is one step; power cut at any byte leaves the state before or after its step; without power no
 *   answer leaves; the answer says what memory holds.
 */
import { decodeEmvState, type EmvState, inMemoryNvm } from '@sokkin/card';
import { type Bytes, decodeResponse, equal, hex, type ResponseApdu, SW } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import {
  assertPurse,
  isOutgoing,
  isTicket,
  outgoingState,
  type PurseState,
  type Status,
  statusOfSw,
} from '@sokkin/purse';
import { PowerCut, tornNvm } from '../nvm-torn.ts';
import type { Machinery, PoweredStore } from './machinery.ts';
import { SELECT_PURSE, type Session } from './session.ts';
import { fingerprintText } from './symbolic-crypto.ts';
import { cutImages, recordingNvm, tearEverywhere, type WriteOf } from './tears.ts';
import { type Checks, must, Violation } from './violation.ts';

/** A memory, and what it means. Equal memories are one object. */
export interface Memory {
  readonly no: number;
  readonly image: Bytes;
  readonly state: PurseState;
  /** Of the payment application; undefined: the card has none. */
  readonly emv: EmvState | undefined;
  /** All that it means, as a text. */
  readonly meaning: string;
}

export interface Outcome {
  readonly sw: number;
  readonly status: Status | undefined;
  readonly data: Bytes;
  /** What memory held when each answer left, that to SELECT first. */
  readonly answered: readonly Memory[];
  readonly next: Memory;
}

export interface RigOptions {
  readonly machinery: Machinery;
  readonly crypto: CryptoPort;
  readonly checks: Checks;
  /** Cuts inside recovery for each first cut, or all of them; 'off': no power is cut at all. */
  readonly secondCuts: number | 'all' | 'off';
}

export interface Count {
  /** Sessions that the engine really ran (each distinct memory and session once). */
  runs: number;
  powerCuts: number;
}

/** A command that wrote something. */
interface Step {
  readonly before: Memory;
  readonly writes: readonly WriteOf[];
  readonly after: Memory;
}

interface Run {
  readonly response: ResponseApdu;
  readonly answered: readonly Memory[];
  readonly steps: readonly Step[];
  readonly next: Memory;
}

export class Rig {
  readonly count: Count = { runs: 0, powerCuts: 0 };
  readonly #memories = new Map<string, Memory>();
  readonly #outcomes = new Map<string, Outcome>();
  /** Steps that were cut everywhere: other sessions may begin with the same. */
  readonly #torn = new Set<string>();

  constructor(readonly options: RigOptions) {}

  /** The memory with these bytes. */
  async memory(image: Bytes): Promise<Memory> {
    const text = fingerprintText(image);
    const known = this.#memories.get(text);
    if (known !== undefined) return known;
    const nvm = inMemoryNvm(image.length);
    nvm.restore(image);
    const { store } = await this.options.machinery.open(nvm, this.options.crypto);
    const section = store.section('emv');
    const memory = {
      no: this.#memories.size,
      image: nvm.snapshot(),
      state: store.state,
      emv: section && decodeEmvState(section),
      meaning: meaningOf(store),
    };
    this.#memories.set(text, memory);
    return memory;
  }

  /** Runs the session, or remembers how it ran. `allowed`: the refusals that may come of it. */
  async run(memory: Memory, session: Session, allowed: ReadonlySet<string>): Promise<Outcome> {
    const key = `${memory.no}:${session.key}`;
    const known = this.#outcomes.get(key);
    if (known !== undefined) return known;
    const outcome = await this.#runOnce(memory, session, allowed);
    this.#outcomes.set(key, outcome);
    return outcome;
  }

  async #runOnce(memory: Memory, session: Session, allowed: ReadonlySet<string>): Promise<Outcome> {
    const { checks } = this.options;
    const { response, answered, steps, next } = await this.#play(memory, session);
    const status = statusOfSw(response.sw);
    const name = status ?? response.sw.toString(16);
    must(checks, 'status', name === 'ok' || allowed.has(name), () => `the command is refused with ${name}`);
    await this.#again(next, session, response);
    await this.#cutPower(memory, session, steps);
    return { sw: response.sw, status, data: response.data, answered, next };
  }

  async #play(from: Memory, session: Session): Promise<Run> {
    this.count.runs++;
    const { machinery, crypto, checks } = this.options;
    const nvm = inMemoryNvm(from.image.length);
    nvm.restore(from.image);
    const log: WriteOf[] = [];
    const { card, store } = await machinery.open(recordingNvm(nvm, log), crypto);
    const answered: Memory[] = [];
    const steps: Step[] = [];
    let next = from;
    const say = async (apdu: Bytes): Promise<ResponseApdu> => {
      const [before, written] = [next, log.length];
      const response = decodeResponse(await card.transmit(apdu));
      if (log.length > written) next = await this.memory(nvm.snapshot());
      answered.push(next);
      if (next === before) return response;
      const word = response.sw.toString(16);
      must(checks, 'status', response.sw === SW.ok, () => `refused with ${word}, and memory has changed`);
      assertPurse(next.state);
      steps.push({ before, writes: log.slice(written), after: next });
      return response;
    };
    const response = await session.run(say);
    const isSaved = meaningOf(store) === next.meaning;
    must(checks, 'tear', isSaved, () => 'the answer left before memory held what it says');
    return { response, answered, steps, next };
  }

  /**
   * Cuts power somewhere in what the session writes, and again in the recovery, and gives the memory as the
   * next power-up finds it. It must hold the state before or after the command that was cut.
   */
  async tear(memory: Memory, session: Session, cut: number): Promise<Memory> {
    const { steps } = await this.#play(memory, session);
    if (steps.length === 0) return memory;
    const torn = pick([...steps.flatMap((step) => [...cutImagesOf(step)])], cut);
    const recovery: WriteOf[] = [];
    const nvm = inMemoryNvm(torn.image.length);
    nvm.restore(torn.image);
    await this.options.machinery.recover(recordingNvm(nvm, recovery));
    const twice = pick([...imagesOf(torn.image, recovery)], Math.floor(cut / 7));
    this.count.powerCuts += 2;
    const after = await this.memory(twice);
    const { step } = torn;
    const oldOrNew = after.meaning === step.before.meaning || after.meaning === step.after.meaning;
    must(
      this.options.checks,
      'tear',
      oldOrNew,
      () => 'two power cuts left neither the old state nor the new one',
    );
    return after;
  }

  async #again(after: Memory, session: Session, first: ResponseApdu): Promise<void> {
    const { checks } = this.options;
    const repetition = session.again(first);
    if (repetition === undefined) return;
    const { response, next } = await this.#play(after, repetition);
    const words = () => `first ${first.sw.toString(16)}, then ${response.sw.toString(16)}`;
    must(checks, 'I4', response.sw === first.sw && equal(response.data, first.data), () => {
      return `asked for the same again it answers otherwise (${words()})`;
    });
    const isSame = repetition.counts
      ? purseMeaning(next.state) === purseMeaning(after.state)
      : next === after;
    must(checks, 'I4', isSame, () => 'asked for the same again it changed something');
  }

  async #cutPower(memory: Memory, session: Session, steps: readonly Step[]): Promise<void> {
    const { machinery, checks, secondCuts } = this.options;
    if (secondCuts === 'off' || !checks.has('tear') || steps.length === 0) return;
    const recover = async (image: Bytes): Promise<string> => {
      const nvm = inMemoryNvm(image.length);
      nvm.restore(image);
      return machinery.recover(nvm);
    };
    for (const { before, writes } of steps) {
      const key = `${before.no}:${writes.map((w) => `${w.offset}${fingerprintText(w.bytes)}`)}`;
      if (this.#torn.has(key)) continue;
      this.#torn.add(key);
      const complete = before.image.slice();
      for (const w of writes) complete.set(w.bytes, w.offset);
      const [old, next] = [await recover(before.image), await recover(complete)];
      const torn = { before: before.image, writes, old, next };
      this.count.powerCuts += await tearEverywhere(machinery, torn, checks, secondCuts);
    }
    const total = steps.flatMap((s) => s.writes).reduce((sum, w) => sum + w.bytes.length, 0);
    for (const cutAfter of [0, total >> 1, total]) await this.#mustBeSilent(memory, session, cutAfter);
  }

  /** Without power no answer leaves the card, nor does a second command get one. */
  async #mustBeSilent(memory: Memory, session: Session, cutAfter: number): Promise<void> {
    this.count.powerCuts++;
    const inner = inMemoryNvm(memory.image.length);
    inner.restore(memory.image);
    const { card } = await this.options.machinery.open(tornNvm(inner, { cutAfter }), this.options.crypto);
    try {
      await session.run(async (apdu) => decodeResponse(await card.transmit(apdu)));
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      const second = await card.transmit(SELECT_PURSE).then(
        () => 'answered',
        () => 'silent',
      );
      must(
        this.options.checks,
        'tear',
        second === 'silent',
        () => 'the card answers although its memory failed',
      );
      return;
    }
    throw new Violation(
      'tear',
      `the command is answered although its writing was cut after ${cutAfter} bytes`,
    );
  }
}

function* imagesOf(before: Bytes, writes: readonly WriteOf[]): Generator<Bytes> {
  for (const image of cutImages(before, writes)) yield image.slice();
}

function* cutImagesOf(step: Step): Generator<{ image: Bytes; step: Step }> {
  for (const image of imagesOf(step.before.image, step.writes)) yield { image, step };
}

function pick<T>(images: readonly T[], cut: number): T {
  const image = images[cut % images.length];
  if (image === undefined) throw new Error('A cut leaves one memory at least');
  return image;
}

const meaningOf = (store: PoweredStore): string =>
  `${purseMeaning(store.state)}|${hex(store.section('emv') ?? new Uint8Array(0))}`;

function purseMeaning(s: PurseState): string {
  const cells = s.cells.map((c) => {
    if (c === undefined) return '-';
    const what = isTicket(c) ? c.ticket : isOutgoing(c) ? outgoingState(c) : '';
    return `${c.entry.type}${c.entry.fields.seq}${what}${fingerprintText(c.body)}${c.signature?.length ?? 0}`;
  });
  return [s.lifecycle, s.seq, s.balance, s.ackSeq, s.grantNo, s.epoch, s.spent, s.spentCount, ...cells].join(
    '|',
  );
}
