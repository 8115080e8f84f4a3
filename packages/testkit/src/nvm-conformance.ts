/**
 * What every non-volatile memory, and every tear-safe memory above one, has to do. An implementation runs
 * them in a few lines:
 *
 *     nvmConformance('file', async () => ({ nvm, reopen, dispose }));
 *     memoryConformance('over a file', { format: formatMemory, open: openMemory }, make);
 */
import type { Geometry, Nvm, TearSafeMemory } from '@sokkin/card';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A device of at least 4,096 bytes, erased. */
export interface NvmUnderTest {
  nvm: Nvm;
  /** Power off and on: the same device, opened anew. */
  reopen(): Promise<Nvm>;
  dispose(): Promise<void> | void;
}

export interface MemoryUnderTest {
  format(nvm: Nvm, geometry: Geometry): Promise<TearSafeMemory>;
  open(nvm: Nvm): Promise<TearSafeMemory>;
}

const MINIMUM = 4096;
const bytes = (length: number, seed: number) => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 0xff);

export function nvmConformance(name: string, make: () => Promise<NvmUnderTest>): void {
  describe(`nvm: ${name}`, () => {
    let made: NvmUnderTest;
    beforeEach(async () => {
      made = await make();
    });
    afterEach(() => made.dispose());

    it('is erased at first', async () => {
      expect(made.nvm.size).toBeGreaterThanOrEqual(MINIMUM);
      expect(await made.nvm.read(0, made.nvm.size)).toEqual(new Uint8Array(made.nvm.size));
    });

    it('reads what was written, also after the power was off', async () => {
      await made.nvm.write(100, bytes(1000, 1));
      expect(await made.nvm.read(100, 1000)).toEqual(bytes(1000, 1));
      const again = await made.reopen();
      expect(again.size).toBe(made.nvm.size);
      expect(await again.read(100, 1000)).toEqual(bytes(1000, 1));
    });

    it('changes nothing beside a write', async () => {
      const { nvm } = made;
      const expected = bytes(nvm.size, 3);
      await nvm.write(0, expected);
      for (const [offset, length] of [
        [0, 1],
        [511, 2],
        [1000, 700],
        [nvm.size - 1, 1],
      ] as const) {
        await nvm.write(offset, bytes(length, 9));
        expected.set(bytes(length, 9), offset);
        expect(await nvm.read(0, nvm.size)).toEqual(expected);
      }
    });

    it('takes and gives copies', async () => {
      const { nvm } = made;
      const given = bytes(16, 1);
      await nvm.write(0, given);
      given.fill(0);
      (await nvm.read(0, 16)).fill(0);
      expect(await nvm.read(0, 16)).toEqual(bytes(16, 1));
    });

    it('takes empty reads and writes', async () => {
      await made.nvm.write(made.nvm.size, new Uint8Array());
      expect(await made.nvm.read(made.nvm.size, 0)).toEqual(new Uint8Array());
    });

    it('refuses what is outside of the device', async () => {
      const { nvm } = made;
      for (const [offset, length] of [
        [-1, 2],
        [nvm.size - 1, 2],
        [nvm.size, 1],
      ] as const) {
        await expect(async () => nvm.read(offset, length)).rejects.toThrow();
        await expect(async () => nvm.write(offset, bytes(length, 1))).rejects.toThrow();
      }
      expect(await nvm.read(0, nvm.size)).toEqual(new Uint8Array(nvm.size));
    });
  });
}

export function memoryConformance(
  name: string,
  { format, open }: MemoryUnderTest,
  make: () => Promise<NvmUnderTest>,
): void {
  const geometry = { headSize: 200, cellSize: 40, cellCount: 8 };
  const code = (code: string) => expect.objectContaining({ code });

  describe(`tear-safe memory: ${name}`, () => {
    let made: NvmUnderTest;
    beforeEach(async () => {
      made = await make();
    });
    afterEach(() => made.dispose());

    it('is not there before it is formatted', async () => {
      await expect(open(made.nvm)).rejects.toEqual(code('memory_not_formatted'));
    });

    it('is blank after formatting, and still after reopening', async () => {
      const fresh = await format(made.nvm, geometry);
      const again = await open(await made.reopen());
      for (const memory of [fresh, again]) {
        expect(memory.geometry).toEqual({ ...geometry, pageSize: 1 });
        expect(memory.head).toBeUndefined();
        for (let i = 0; i < geometry.cellCount; i++) expect(memory.cell(i)).toBeUndefined();
      }
    });

    it('is never formatted twice', async () => {
      await format(made.nvm, geometry);
      await expect(format(made.nvm, geometry)).rejects.toEqual(code('memory_not_blank'));
    });

    it('holds what was committed last, also after reopening', async () => {
      let memory = await format(made.nvm, geometry);
      for (let n = 1; n <= 5; n++) {
        const cells = [
          { index: n, bytes: bytes(n * 8, n) },
          { index: (n + 3) % 8, bytes: bytes(1, n) },
        ];
        await memory.commit(bytes(n * 40, n), cells);
        for (const seen of [memory, await open(await made.reopen())]) {
          expect(seen.head).toEqual(bytes(n * 40, n));
          for (const cell of cells) expect(seen.cell(cell.index)).toEqual(cell.bytes);
          memory = seen;
        }
      }
    });

    it('takes a commit without cells, and the largest one', async () => {
      const memory = await format(made.nvm, geometry);
      await memory.commit(bytes(1, 1), []);
      expect(memory.head).toEqual(bytes(1, 1));
      const all = Array.from({ length: geometry.cellCount }, (_, index) => ({
        index,
        bytes: bytes(40, index),
      }));
      await memory.commit(bytes(200, 2), all);
      const again = await open(await made.reopen());
      expect(again.head).toEqual(bytes(200, 2));
      for (const cell of all) expect(again.cell(cell.index)).toEqual(cell.bytes);
    });

    it('keeps no hand on the bytes of its caller', async () => {
      const memory = await format(made.nvm, geometry);
      const [head, cell] = [bytes(10, 1), bytes(10, 2)];
      await memory.commit(head, [{ index: 0, bytes: cell }]);
      for (const given of [head, cell, memory.head, memory.cell(0)]) given?.fill(0);
      expect(memory.head).toEqual(bytes(10, 1));
      expect(memory.cell(0)).toEqual(bytes(10, 2));
    });

    it('refuses, as a bug, what does not fit, and writes nothing of it', async () => {
      const memory = await format(made.nvm, geometry);
      await memory.commit(bytes(10, 1), []);
      const before = await made.nvm.read(0, made.nvm.size);
      const cell = (index: number, length = 1) => ({ index, bytes: bytes(length, 1) });
      await expect(memory.commit(bytes(0, 1), [])).rejects.toThrow('Bug');
      await expect(memory.commit(bytes(201, 1), [])).rejects.toThrow('Bug');
      await expect(memory.commit(bytes(1, 1), [cell(0, 41)])).rejects.toThrow('Bug');
      await expect(memory.commit(bytes(1, 1), [cell(0, 0)])).rejects.toThrow('Bug');
      await expect(memory.commit(bytes(1, 1), [cell(0), cell(8)])).rejects.toThrow('Bug');
      await expect(memory.commit(bytes(1, 1), [cell(0), cell(0)])).rejects.toThrow('Bug');
      expect(() => memory.cell(8)).toThrow('Bug');
      expect(await made.nvm.read(0, made.nvm.size)).toEqual(before);
      expect(memory.head).toEqual(bytes(10, 1));
    });
  });
}
