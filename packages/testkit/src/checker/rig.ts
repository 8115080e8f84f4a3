/**
 * The rig: runs one command on one memory with the real engine, and checks there all that concerns one purse
 * alone. What a purse answers depends on its memory and on the command alone (cryptography is symbolic and draws
 * nothing), so each pair is run once and remembered.
 *
 * What must hold for every memory and every command:
 * - I4: the same command again, after power off and on, gives the same answer and writes nothing;
 * - status: a refusal is one of those the protocol allows for this command, and wrote nothing;
 * - tear: power cut at any byte leaves old or new; without power no answer leaves; the answer says what memory holds.
 */
import { inMemoryNvm } from '@sokkin/card';
import { type Bytes, decodeResponse, equal, type ResponseApdu, SW } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import { assertPurse, type PurseState, type Status, statusOfSw } from '@sokkin/purse';
import { PowerCut, tornNvm } from '../nvm-torn.ts';
import { selectPurse } from '../world.ts';
import type { Machinery } from './machinery.ts';
import { fingerprintText } from './symbolic-crypto.ts';
import { cutImages, recordingNvm, tearEverywhere, type WriteOf } from './tears.ts';
import { type Checks, must, Violation } from './violation.ts';

/** A memory, and what it means. Equal memories are one object. */
export interface Memory {
  readonly no: number;
  readonly image: Bytes;
  readonly state: PurseState;
}

export interface Outcome {
  readonly sw: number;
  readonly status: Status | undefined;
  readonly data: Bytes;
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
  /** Commands that the engine really ran (each distinct memory and command once). */
  runs: number;
  powerCuts: number;
}

export class Rig {
  readonly count: Count = { runs: 0, powerCuts: 0 };
  readonly #memories = new Map<string, Memory>();
  readonly #outcomes = new Map<string, Outcome>();

  constructor(readonly options: RigOptions) {}

  /** The memory with these bytes. */
  async memory(image: Bytes): Promise<Memory> {
    const text = fingerprintText(image);
    const known = this.#memories.get(text);
    if (known !== undefined) return known;
    const nvm = inMemoryNvm(image.length);
    nvm.restore(image);
    const { store } = await this.options.machinery.open(nvm, this.options.crypto);
    const memory = { no: this.#memories.size, image: nvm.snapshot(), state: store.state };
    this.#memories.set(text, memory);
    return memory;
  }

  /** Runs the command, or remembers how it ran. `allowed`: the refusals that may come of it. */
  async run(memory: Memory, apdu: Bytes, allowed: ReadonlySet<string>): Promise<Outcome> {
    const key = `${memory.no}:${fingerprintText(apdu)}`;
    const known = this.#outcomes.get(key);
    if (known !== undefined) return known;
    const outcome = await this.#runOnce(memory, apdu, allowed);
    this.#outcomes.set(key, outcome);
    return outcome;
  }

  async #runOnce(memory: Memory, apdu: Bytes, allowed: ReadonlySet<string>): Promise<Outcome> {
    const { checks } = this.options;
    const writes: WriteOf[] = [];
    const { response, image, live } = await this.#transmit(memory.image, apdu, writes);
    const status = statusOfSw(response.sw);
    const wrote = !equal(image, memory.image);
    const name = status ?? response.sw.toString(16);
    must(checks, 'status', name === 'ok' || allowed.has(name), () => `the command is refused with ${name}`);
    must(
      checks,
      'status',
      response.sw === SW.ok || !wrote,
      () => `refused with ${name}, and memory has changed`,
    );
    const next = wrote ? await this.memory(image) : memory;
    assertPurse(next.state);
    must(
      checks,
      'tear',
      sameState(live, next.state),
      () => 'the answer left before memory held what it says',
    );
    await this.#again(next, apdu, response);
    if (wrote) await this.#cutPower(memory, apdu, writes);
    return { sw: response.sw, status, data: response.data, next };
  }

  async #transmit(
    from: Bytes,
    apdu: Bytes,
    writes: WriteOf[],
  ): Promise<{ response: ResponseApdu; image: Bytes; live: PurseState }> {
    this.count.runs++;
    const nvm = inMemoryNvm(from.length);
    nvm.restore(from);
    const { card, store } = await this.options.machinery.open(recordingNvm(nvm, writes), this.options.crypto);
    await selectPurse(card);
    const response = decodeResponse(await card.transmit(apdu));
    return { response, image: nvm.snapshot(), live: store.state };
  }

  /**
   * Cuts power somewhere in what the command writes, and again in the recovery, and gives the memory as the
   * next power-up finds it. It must hold the old state or the new one.
   */
  async tear(memory: Memory, apdu: Bytes, cut: number): Promise<Memory> {
    const writes: WriteOf[] = [];
    const whole = await this.memory((await this.#transmit(memory.image, apdu, writes)).image);
    if (writes.length === 0) return memory;
    const torn = pick([...cutImagesOf(memory.image, writes)], cut);
    const recovery: WriteOf[] = [];
    const nvm = inMemoryNvm(torn.length);
    nvm.restore(torn);
    await this.options.machinery.recover(recordingNvm(nvm, recovery));
    const twice = pick([...cutImagesOf(torn, recovery)], Math.floor(cut / 7));
    this.count.powerCuts += 2;
    const after = await this.memory(twice);
    const oldOrNew = sameState(after.state, memory.state) || sameState(after.state, whole.state);
    must(
      this.options.checks,
      'tear',
      oldOrNew,
      () => 'two power cuts left neither the old state nor the new one',
    );
    return after;
  }

  async #again(after: Memory, apdu: Bytes, first: ResponseApdu): Promise<void> {
    const { checks } = this.options;
    const { response, image } = await this.#transmit(after.image, apdu, []);
    const words = () => `first ${first.sw.toString(16)}, then ${response.sw.toString(16)}`;
    must(checks, 'I4', response.sw === first.sw && equal(response.data, first.data), () => {
      return `the same command again is answered otherwise (${words()})`;
    });
    must(checks, 'I4', equal(image, after.image), () => 'the same command again changed something');
  }

  async #cutPower(memory: Memory, apdu: Bytes, writes: readonly WriteOf[]): Promise<void> {
    const { machinery, checks, secondCuts } = this.options;
    if (secondCuts === 'off' || !checks.has('tear')) return;
    const recover = async (image: Bytes): Promise<string> => {
      const nvm = inMemoryNvm(image.length);
      nvm.restore(image);
      return machinery.recover(nvm);
    };
    const complete = memory.image.slice();
    for (const w of writes) complete.set(w.bytes, w.offset);
    const torn = {
      before: memory.image,
      writes,
      old: await recover(memory.image),
      next: await recover(complete),
    };
    this.count.powerCuts += await tearEverywhere(machinery, torn, checks, secondCuts);
    const total = writes.reduce((sum, w) => sum + w.bytes.length, 0);
    for (const cutAfter of [0, total >> 1, total]) await this.#mustBeSilent(memory, apdu, cutAfter);
  }

  /** Without power no answer leaves the card, nor does a second command get one. */
  async #mustBeSilent(memory: Memory, apdu: Bytes, cutAfter: number): Promise<void> {
    this.count.powerCuts++;
    const inner = inMemoryNvm(memory.image.length);
    inner.restore(memory.image);
    const { card } = await this.options.machinery.open(tornNvm(inner, { cutAfter }), this.options.crypto);
    await selectPurse(card);
    try {
      await card.transmit(apdu);
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      const second = await card.transmit(apdu).then(
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

function* cutImagesOf(before: Bytes, writes: readonly WriteOf[]): Generator<Bytes> {
  for (const image of cutImages(before, writes)) yield image.slice();
}

function pick(images: readonly Bytes[], cut: number): Bytes {
  const image = images[cut % images.length];
  if (image === undefined) throw new Error('A cut leaves one memory at least');
  return image;
}

function sameState(a: PurseState, b: PurseState): boolean {
  return describeForCompare(a) === describeForCompare(b);
}

function describeForCompare(s: PurseState): string {
  const cells = s.cells.map((c) => {
    if (c === undefined) return '-';
    const what = 'ticket' in c ? c.ticket : 'payment' in c ? c.payment : '';
    return `${c.entry.type}${c.entry.fields.seq}${what}${fingerprintText(c.body)}${c.signature?.length ?? 0}`;
  });
  return [s.lifecycle, s.seq, s.balance, s.ackSeq, s.grantNo, s.epoch, s.spent, s.spentCount, ...cells].join(
    '|',
  );
}
