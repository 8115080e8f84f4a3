/**
 * Non-volatile memory held in RAM: for tests, simulations and cards that live as long as their process.
 *
 * What must hold: a snapshot is a copy, so that what happens later does not reach into it.
 */
import { assert, type Bytes } from '@sokkin/codec';
import type { Nvm } from './nvm.ts';

export interface MemoryNvm extends Nvm {
  read(offset: number, length: number): Bytes;
  write(offset: number, bytes: Bytes): void;
  snapshot(): Bytes;
  restore(image: Bytes): void;
}

/** A device of `size` bytes, erased (all zero). */
export function inMemoryNvm(size: number): MemoryNvm {
  const device = new Uint8Array(size);
  const inside = (offset: number, length: number) =>
    assert(offset >= 0 && length >= 0 && offset + length <= size, 'an access inside the device');
  return {
    size,
    read(offset, length) {
      inside(offset, length);
      return device.slice(offset, offset + length);
    },
    write(offset, bytes) {
      inside(offset, bytes.length);
      device.set(bytes, offset);
    },
    snapshot: () => device.slice(),
    restore(image) {
      assert(image.length === size, 'a snapshot of this device');
      device.set(image);
    },
  };
}
