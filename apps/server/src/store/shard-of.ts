/**
 * Which shard of a spread table a purse's rows are in: as Citus has it, so that a writer can put into one transaction only what one
 * machine commits by itself.
 *
 * What must hold: `textHash` is PostgreSQL's hashtext() (hash_bytes, after Bob Jenkins' lookup3, of 2006) on UTF-8; shard `i` of `n` has the
 * hashes from -2^31 + i * floor(2^32 / n) on, and the last one also the rest.
 */
const SPAN = 2 ** 32;
const SEED = 0x9e3779b9 + 3923095;

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

function mix([a, b, c]: readonly [number, number, number]): [number, number, number] {
  let [x, y, z] = [a, b, c];
  for (const [p, q, r] of [
    [4, 6, 8],
    [16, 19, 4],
  ] as const) {
    x = (x - z) ^ rotate(z, p);
    z = (z + y) | 0;
    y = (y - x) ^ rotate(x, q);
    x = (x + z) | 0;
    z = (z - y) ^ rotate(y, r);
    y = (y + x) | 0;
  }
  return [x, y, z];
}

function final([a, b, c]: readonly [number, number, number]): number {
  let [x, y, z] = [a, b, c];
  z = ((z ^ y) - rotate(y, 14)) | 0;
  x = ((x ^ z) - rotate(z, 11)) | 0;
  y = ((y ^ x) - rotate(x, 25)) | 0;
  z = ((z ^ y) - rotate(y, 16)) | 0;
  x = ((x ^ z) - rotate(z, 4)) | 0;
  y = ((y ^ x) - rotate(x, 14)) | 0;
  return ((z ^ y) - rotate(y, 24)) | 0;
}

/** The last word's lowest octet is kept free for the length, which is in the seed: octets from the eighth on sit one higher. */
function tail(bytes: Uint8Array): [number, number, number] {
  const words: [number, number, number] = [0, 0, 0];
  bytes.forEach((octet, i) => {
    const at = i < 8 ? i : i + 1;
    words[at >> 2] = ((words[at >> 2] ?? 0) + (octet << (8 * (at & 3)))) | 0;
  });
  return words;
}

/** hashtext() of PostgreSQL, where the collation is deterministic. */
export function textHash(text: string): number {
  const bytes = new TextEncoder().encode(text);
  const start = (SEED + bytes.length) | 0;
  let state: [number, number, number] = [start, start, start];
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (; bytes.length - at >= 12; at += 12) {
    const [a, b, c] = state;
    state = mix([
      (a + view.getUint32(at, true)) | 0,
      (b + view.getUint32(at + 4, true)) | 0,
      (c + view.getUint32(at + 8, true)) | 0,
    ]);
  }
  const rest = tail(bytes.subarray(at));
  return final([(state[0] + rest[0]) | 0, (state[1] + rest[1]) | 0, (state[2] + rest[2]) | 0]);
}

/** From 0 to `shards` - 1. */
export function shardOf(purse: string, shards: number): number {
  const width = Math.floor(SPAN / shards);
  return Math.min(Math.floor((textHash(purse) + SPAN / 2) / width), shards - 1);
}

/** Purses of one shard together, in the order of the shards; all together where nothing is spread. */
export function byShard(purses: readonly string[], shards: number | undefined): string[][] {
  if (shards === undefined || purses.length <= 1) return [[...purses]];
  const groups = new Map<number, string[]>();
  for (const purse of purses) {
    const shard = shardOf(purse, shards);
    groups.set(shard, [...(groups.get(shard) ?? []), purse]);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}
