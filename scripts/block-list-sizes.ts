/**
 * What a block list costs in bytes: `npx tsx scripts/block-list-sizes.ts [PURSES ...]`. References are drawn at random, as the
 * back-end draws them. The figures of docs/spec/block-list.md are made by this.
 */
import { randomBytes } from 'node:crypto';
import { encodeBlockList, parseBlockListBody, referencesOf } from '@sokkin/purse';

const SIGNATURE = 64;
/** A set that answers wrongly for one purse in 2^20 takes 20 bits a purse at least, however it is made. */
const FILTER_BITS = 20;

function bytesFor(count: number): number {
  const ids = Array.from({ length: count }, () => new Uint8Array(randomBytes(8)));
  const body = encodeBlockList({
    authority: new Uint8Array(8),
    number: 1,
    base: 0,
    epoch: 20_000,
    issuers: [],
    removed: referencesOf([]),
    added: referencesOf(ids),
  });
  if (parseBlockListBody(body).added.length !== count)
    throw new Error('a reference was drawn twice: run it again');
  return body.length + SIGNATURE;
}

const wanted = process.argv.slice(2).map(Number);
const group = (n: number): string => n.toLocaleString('en');
console.log('| purses | 8 bytes each | BlockList | bytes a purse | a filter, 1 in 2^20 wrong, at least |');
console.log('|---:|---:|---:|---:|---:|');
for (const n of wanted.length > 0 ? wanted : [10, 1_000, 100_000, 1_000_000]) {
  const bytes = bytesFor(n);
  const filter = Math.ceil((n * FILTER_BITS) / 8);
  console.log(
    `| ${group(n)} | ${group(8 * n)} | ${group(bytes)} | ${(bytes / n).toFixed(2)} | ${group(filter)} |`,
  );
}
