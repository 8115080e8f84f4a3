/**
 * Power cuts at every byte of what one command writes.
 *
 * What must hold:
 * - whatever the byte, recovery finds exactly the old state or the new one;
 * - so it does if recovery itself is cut, at whatever byte;
 * - once everything is written it finds the new one.
 * The bytes that a command writes do not depend on when power goes, so they are recorded once and laid over the
 * old memory byte by byte; what recovery finds there is asked of the real recovery. Bytes that do not change
 * anything make no difference to recovery and are skipped.
 */
import { inMemoryNvm, type MemoryNvm, type Nvm } from '@sokkin/card';
import type { Bytes } from '@sokkin/codec';
import type { Machinery } from './machinery.ts';
import { type Checks, must } from './violation.ts';

export interface WriteOf {
  readonly offset: number;
  readonly bytes: Bytes;
}

/** A device that notes what is written to it. */
export function recordingNvm(inner: MemoryNvm, log: WriteOf[]): Nvm {
  return {
    size: inner.size,
    read: (offset, length) => inner.read(offset, length),
    write(offset, bytes) {
      log.push({ offset, bytes: bytes.slice() });
      inner.write(offset, bytes);
    },
  };
}

export interface Torn {
  readonly before: Bytes;
  readonly writes: readonly WriteOf[];
  readonly old: string;
  readonly next: string;
}

/** Memories as a cut at each byte leaves them, each different from the last; the last is complete. */
export function* cutImages(before: Bytes, writes: readonly WriteOf[]): Generator<Bytes> {
  const image = before.slice();
  yield image;
  for (const { offset, bytes } of writes) {
    for (let i = 0; i < bytes.length; i++) {
      if (image[offset + i] === bytes[i]) continue;
      image[offset + i] = bytes[i] ?? 0;
      yield image;
    }
  }
}

/** Cuts everywhere; in recovery too, `second` times for each first cut ('all': at every byte). Counts cuts. */
export async function tearEverywhere(
  machinery: Machinery,
  torn: Torn,
  checks: Checks,
  second: number | 'all' = 1,
): Promise<number> {
  let cuts = 0;
  let turn = 0;
  // One device for all cuts: making one takes longer than the recovery on it.
  const nvm = inMemoryNvm(torn.before.length);
  const found = async (image: Bytes, how: () => string, log: WriteOf[] = []): Promise<string> => {
    nvm.restore(image);
    cuts++;
    let text = 'nothing';
    let why = '';
    try {
      text = await machinery.recover(recordingNvm(nvm, log));
    } catch (error) {
      why = `: ${String(error)}`;
    }
    const oldOrNew = text === torn.old || text === torn.next;
    must(
      checks,
      'tear',
      oldOrNew,
      () => `after ${how()} memory holds neither the old state nor the new one${why}`,
    );
    return text;
  };
  let last = '';
  let byte = -1;
  for (const image of cutImages(torn.before, torn.writes)) {
    byte++;
    const recovery: WriteOf[] = [];
    const at = byte;
    last = await found(image, () => `a power cut at changed byte ${at}`, recovery);
    const torns = [...cutImages(image, recovery)].length;
    if (torns <= 1) continue;
    const chosen = second === 'all' ? undefined : new Set(spreadOver(torns, second, turn++));
    let again = -1;
    for (const twice of cutImages(image, recovery)) {
      again++;
      if (chosen !== undefined && !chosen.has(again)) continue;
      await found(twice, () => `a power cut at changed byte ${at} and one in the recovery at ${again}`);
    }
  }
  must(
    checks,
    'tear',
    last === torn.next,
    () => 'after all bytes were written memory does not hold the new state',
  );
  return cuts;
}

/** `count` places among `places`, other ones each turn, so that many turns cover all. */
const spreadOver = (places: number, count: number, turn: number): number[] =>
  Array.from({ length: count }, (_, i) => (turn * 31 + i * 17) % places);
