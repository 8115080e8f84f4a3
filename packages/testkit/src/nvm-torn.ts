/**
 * Power cuts at every byte: an Nvm that loses power after a given number of written bytes, and the loop
 * that tries all of them.
 *
 * What must hold: a torn write changes nothing outside of its own range; after the cut every operation fails,
 * reads included; the same plan cuts in the same way every time.
 */

import type { Nvm } from '@sokkin/card';
import { type Bytes, concat } from '@sokkin/codec';

/** The card left the field. Not a SokkinError: no program handles it, the program is gone. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

/**
 * What the write that is cut leaves in its range:
 * - 'prefix': the first bytes new, the others old;
 * - 'scrambled': any subset of the bytes new, the others old (pages landing out of order);
 * - 'noise': any subset of the bytes new, some old, some neither (an interrupted erase and program cycle).
 */
export type TearMode = 'prefix' | 'scrambled' | 'noise';
export const TEAR_MODES: readonly TearMode[] = ['prefix', 'scrambled', 'noise'];

export interface TearPlan {
  /** The byte, counted over all writes, that is the last to get through; 0: none does. */
  cutAfter: number;
  mode?: TearMode;
  seed?: number;
}

/** A device that can be put back: what `everyTear` needs. `inMemoryNvm` is one. */
export interface RestorableNvm extends Nvm {
  snapshot(): Bytes;
  restore(image: Bytes): void;
}

export function tornNvm(inner: Nvm, { cutAfter, mode = 'prefix', seed = 0 }: TearPlan): Nvm {
  let written = 0;
  let dead = false;
  const mustLive = () => {
    if (dead) throw new PowerCut('the power is off');
  };
  return {
    size: inner.size,
    async read(offset, length) {
      mustLive();
      return inner.read(offset, length);
    },
    async write(offset, bytes) {
      mustLive();
      if (written + bytes.length < cutAfter) {
        written += bytes.length;
        return inner.write(offset, bytes);
      }
      dead = true;
      const through = cutAfter - written;
      if (through > 0) {
        const old = await inner.read(offset, bytes.length);
        await inner.write(offset, tear(old, bytes, through, mode, seed + cutAfter));
      }
      throw new PowerCut(`power cut after ${cutAfter} bytes`);
    },
  };
}

function tear(old: Bytes, bytes: Bytes, through: number, mode: TearMode, seed: number): Bytes {
  if (mode === 'prefix') return concat(bytes.subarray(0, through), old.subarray(through));
  const random = seededRandom(seed);
  // From "nearly nothing got through" to "nearly everything", for the torn byte tells how far it came.
  const share = through / bytes.length;
  return bytes.map((byte, i) => {
    if (random() < share) return byte;
    return mode === 'noise' && random() < 0.5 ? Math.floor(random() * 256) : (old[i] ?? 0);
  });
}

/** mulberry32: small, seeded, good enough to choose bytes. */
function seededRandom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

export interface EveryTear {
  mode?: TearMode;
  seed?: number;
  /** Looks at the device after each cut, with the power back; may write to it, and may tear again. */
  after(tear: { cutAfter: number; total: number }): Promise<void> | void;
}

/**
 * Runs an operation once undisturbed, to count the bytes it writes, and then cuts it after 0, 1, ... all of
 * its bytes (after the last one, too: all durable, and yet nobody was told). The device stands as it was before
 * at the start of every run, and as the undisturbed run left it at the end. Returns the number of tears.
 */
export async function everyTear(
  device: RestorableNvm,
  run: (nvm: Nvm) => Promise<void>,
  { mode = 'prefix', seed = 0, after }: EveryTear,
): Promise<number> {
  const before = device.snapshot();
  const total = await countWritten(device, run);
  const done = device.snapshot();
  for (let cutAfter = 0; cutAfter <= total; cutAfter++) {
    device.restore(before);
    await mustBeCut(() => run(tornNvm(device, { cutAfter, mode, seed })), total);
    await after({ cutAfter, total });
  }
  device.restore(done);
  return total + 1;
}

async function countWritten(device: Nvm, run: (nvm: Nvm) => Promise<void>): Promise<number> {
  let total = 0;
  await run({
    size: device.size,
    read: (offset, length) => device.read(offset, length),
    write: (offset, bytes) => {
      total += bytes.length;
      return device.write(offset, bytes);
    },
  });
  return total;
}

async function mustBeCut(run: () => Promise<void>, total: number): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof PowerCut) return;
    throw error;
  }
  // An operation that writes nothing cannot be cut.
  if (total > 0) throw new Error('Bug: the operation went on without power, or writes less when repeated');
}
