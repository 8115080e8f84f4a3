/**
 * The model beside the real memory (in the manner of OpenSK's persistent_store): random commits, each torn
 * at every byte, recovered, and the next one torn at every byte again, the recovery before it included.
 *
 * What must hold: OLD OR NEW after a tear, NEW ONLY once commit returned, NEVER BACK behind what was shown.
 * Broken memories (`mutants`) have to fail, each for its own reason: that is what makes the green run worth anything.
 */
import { type Bytes, hex } from '@sokkin/codec';
import { everyTear, type RestorableNvm, TEAR_MODES, type TearMode } from '@sokkin/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../src/memory/crc32.ts';
import { layoutOf, SIDES } from '../src/memory/layout.ts';
import { formatMemory, openMemory, type TearSafeMemory } from '../src/memory/memory.ts';
import { inMemoryNvm } from '../src/memory/memory-nvm.ts';
import type { Nvm } from '../src/memory/nvm.ts';

const geometry = { headSize: 8, cellSize: 4, cellCount: 4 };
const layout = layoutOf(geometry);

/** The whole model: a head, and the cells which that head refers to. */
interface State {
  head: Bytes | undefined;
  live: ReadonlyMap<number, Bytes>;
}
const BLANK: State = { head: undefined, live: new Map() };

/** A commit: drop some live cells, write some free ones, replace the head. */
interface Step {
  head: Bytes;
  keep: readonly boolean[];
  write: readonly Bytes[];
}

function next(state: State, step: Step): State & { cells: { index: number; bytes: Bytes }[] } {
  const free = [0, 1, 2, 3].filter((index) => !state.live.has(index));
  const cells = step.write.slice(0, free.length).map((bytes, i) => ({ index: free[i] ?? 0, bytes }));
  const live = new Map([...state.live].filter(([index]) => step.keep[index]));
  for (const { index, bytes } of cells) live.set(index, bytes);
  return { head: step.head, live, cells };
}

/** Which of the allowed states the memory is in; anything else is a violation. */
function mustBeOneOf(memory: TearSafeMemory, allowed: readonly State[]): State {
  const shown = memory.head && hex(memory.head);
  const state = allowed.find((one) => (one.head && hex(one.head)) === shown);
  if (!state) throw new Error(`head ${shown} is neither old nor new`);
  for (const [index, bytes] of state.live) {
    const found = memory.cell(index);
    if (!found || hex(found) !== hex(bytes)) throw new Error(`cell ${index} is not what the head refers to`);
  }
  return state;
}

/** Power on, recover, look, commit. `allowed` is what may be found if the power goes now. */
function session(start: readonly State[], step: Step, wrap: (nvm: Nvm) => Nvm) {
  const self = {
    allowed: start,
    async run(nvm: Nvm): Promise<void> {
      self.allowed = start;
      const memory = await openMemory(wrap(nvm));
      const shown = mustBeOneOf(memory, self.allowed);
      const wanted = next(shown, step);
      self.allowed = [shown, wanted];
      await memory.commit(wanted.head ?? step.head, wanted.cells);
      self.allowed = [wanted];
      mustBeOneOf(memory, self.allowed);
    },
  };
  return self;
}

interface Trial {
  steps: readonly Step[];
  mode: TearMode;
  seed: number;
}

/** Throws at the first violation. Returns how many tears were tried. */
async function tearAll({ steps, mode, seed }: Trial, wrap = (nvm: Nvm): Nvm => nvm): Promise<number> {
  const device: RestorableNvm = inMemoryNvm(layout.size);
  await formatMemory(device, geometry);
  let tears = 0;
  let at: readonly State[] = [BLANK];
  for (const [i, step] of steps.entries()) {
    const first = session(at, step, wrap);
    const later = steps[(i + 1) % steps.length] ?? step;
    const once = await everyTear(device, first.run, {
      mode,
      seed,
      async after() {
        const second = session(first.allowed, distinct(later), wrap);
        const after = async () => void mustBeOneOf(await openMemory(wrap(device)), second.allowed);
        const again = await everyTear(device, second.run, { mode, seed: seed + 7919, after });
        tears += again;
        await after();
      },
    });
    tears += once;
    at = [next(at[0] ?? BLANK, step)];
    mustBeOneOf(await openMemory(wrap(device)), at);
  }
  return tears;
}

/** The same step with a head of its own, so that no two states of a trial look the same. */
const distinct = (step: Step): Step => ({
  ...step,
  head: step.head.map((byte, i) => (i === 0 ? byte ^ 0x80 : byte)),
});

const bytes = (maxLength: number) => fc.uint8Array({ minLength: 1, maxLength });
const aStep = fc.record({
  head: bytes(geometry.headSize - 1),
  keep: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  write: fc.array(bytes(geometry.cellSize), { maxLength: 2 }),
});
const aTrial = fc.record({
  // Head k starts with k: heads differ, whatever else is drawn.
  steps: fc
    .array(aStep, { minLength: 1, maxLength: 4 })
    .map((steps) => steps.map((step, k) => ({ ...step, head: Uint8Array.of(k + 1, ...step.head) }))),
  mode: fc.constantFrom(...TEAR_MODES),
  seed: fc.integer({ min: 0, max: 1_000_000 }),
});

describe('the memory beside its model', () => {
  it('shows old or new after every tear, and new only after a commit returned', async () => {
    let tears = 0;
    const property = fc.asyncProperty(aTrial, async (trial) => {
      const tried = await tearAll(trial);
      tears += tried;
    });
    await fc.assert(property, { seed: 20261122, numRuns: 40 });
    console.log(`${tears.toLocaleString('en')} tears`);
    expect(tears).toBeGreaterThan(100_000);
  });
});

/** What a mutant does to the writes and reads of the real memory. `zone` tells what a write is for. */
type Mutant = (nvm: Nvm) => Nvm;
const zone = (offset: number) =>
  offset < layout.heads[0] ? 'mark' : offset < layout.cells ? 'head' : 'cell';
type Pending = { offset: number; bytes: Bytes }[];
const rewrite = (nvm: Nvm, write: Nvm['write'], read: Nvm['read'] = (o, l) => nvm.read(o, l)): Nvm => ({
  size: nvm.size,
  read,
  write,
});

const mutants: Record<string, { mutant: Mutant; caught: RegExp }> = {
  'single slot: the old head is gone before the new one is there': {
    mutant: (nvm) =>
      rewrite(nvm, async (offset, bytes) => {
        const other = offset === layout.heads[0] ? layout.heads[1] : layout.heads[0];
        if (zone(offset) === 'head') await nvm.write(other, new Uint8Array(8));
        await nvm.write(offset, bytes);
      }),
    caught: /neither head slot|held commit/,
  },
  'no checksum: whatever stands in a slot is taken': {
    mutant: (nvm) =>
      rewrite(
        nvm,
        (offset, bytes) => nvm.write(offset, bytes),
        async (offset, length) => {
          const image = await nvm.read(offset, length);
          if (length === layout.size) for (const side of SIDES) forge(image, layout.heads[side]);
          return image;
        },
      ),
    caught: /neither old nor new/,
  },
  'mark written before head': {
    mutant: (nvm) => {
      const held: Pending = [];
      return rewrite(nvm, async (offset, bytes) => {
        if (zone(offset) === 'head') return void held.push({ offset, bytes: bytes.slice() });
        await nvm.write(offset, bytes);
        if (zone(offset) === 'mark') for (const one of held.splice(0)) await nvm.write(one.offset, one.bytes);
      });
    },
    caught: /which is confirmed, and is not valid/,
  },
  'cells written after head': {
    mutant: (nvm) => {
      const held: Pending = [];
      return rewrite(nvm, async (offset, bytes) => {
        if (zone(offset) === 'cell') return void held.push({ offset, bytes: bytes.slice() });
        await nvm.write(offset, bytes);
        if (zone(offset) === 'head') for (const one of held.splice(0)) await nvm.write(one.offset, one.bytes);
      });
    },
    caught: /cell \d is not/,
  },
  'commit returned before it was durable': {
    mutant: (nvm) => {
      const held: Pending = [];
      return rewrite(nvm, async (offset, bytes) => {
        held.push({ offset, bytes: bytes.slice() });
        for (const one of held.splice(0, held.length - 2)) await nvm.write(one.offset, one.bytes);
      });
    },
    caught: /neither old nor new/,
  },
};

/** Makes the record at this offset valid, whatever it holds: a memory that looks at no checksum. */
function forge(image: Bytes, offset: number): void {
  const view = new DataView(image.buffer, image.byteOffset);
  const end = offset + 8 + view.getUint32(offset + 4);
  if (end > offset + 8 + geometry.headSize) return;
  view.setUint32(end, crc32(image, offset, end));
  view.setUint32(end + 4, view.getUint32(offset));
}

describe('a broken memory is caught', () => {
  const step = (k: number): Step => ({
    head: Uint8Array.of(k, 0x33, 0x44, k),
    keep: [true, false, true, false],
    write: [Uint8Array.of(k, k), Uint8Array.of(9, k, 9)],
  });
  const trial: Trial = { steps: [step(1), step(2), step(3)], mode: 'prefix', seed: 1 };

  it('and the real one is not, by the same trial', async () => {
    expect(await tearAll(trial)).toBeGreaterThan(1000);
  });

  it.each(Object.entries(mutants))('%s', async (_, { mutant, caught }) => {
    await expect(tearAll(trial, mutant)).rejects.toThrow(caught);
  });
});
