/**
 * The raw non-volatile memory of a card: the only thing the tear-safe memory asks of the outside world.
 *
 * What must hold in every implementation (`nvmConformance` in @sokkin/testkit runs it):
 * - when `write` returns (or resolves), the bytes are durable: a power cut afterwards does not lose them;
 * - a power cut during `write` may leave any mixture of old and new bytes inside [offset, offset + length)
 *   and changes nothing outside of it (a device that can only rewrite whole pages says so in
 *   `Geometry.pageSize`, and then nothing outside of the touched pages);
 * - writes become durable in the order in which they were asked for; the caller awaits one before the next;
 * - nobody else writes to the device while it is open.
 */
import type { Bytes } from '@sokkin/codec';

export interface Nvm {
  /** Bytes on the device; never changes. */
  readonly size: number;
  /** A copy of `length` bytes from `offset`; the caller may keep and change it. */
  read(offset: number, length: number): Promise<Bytes> | Bytes;
  /** Durable when it returns. Must not keep a reference to `bytes`: the caller reuses the buffer. */
  write(offset: number, bytes: Bytes): Promise<void> | void;
}
