import { describe, expect, it } from 'vitest';
import { decodeResponse, describeSw, SW, u16 } from '../src/index.ts';

describe('status words', () => {
  it('are each a valid status word under one name, with words of its own', () => {
    const all = Object.values(SW);
    expect(new Set(all).size).toBe(all.length);
    expect(all.map((sw) => decodeResponse(u16(sw)).sw)).toEqual(all);
    const descriptions = all.map(describeSw);
    expect(new Set(descriptions).size).toBe(all.length);
    expect(descriptions.filter((d) => d.includes('unknown status word'))).toEqual([]);
  });

  it.each([
    [0x9000, 'done (9000)'],
    [0x6a83, 'no such record (6A83)'],
    [0x6110, '16 more bytes to fetch (6110)'],
    [0x6100, '256 or more bytes to fetch (6100)'],
    [0x63c2, 'verification failed, 2 tries left (63C2)'],
    [0x63c0, 'verification failed, 0 tries left (63C0)'],
    [0x6c1f, 'wrong expected length, send again with 31 (6C1F)'],
    [0x6c00, 'wrong expected length, send again with 256 (6C00)'],
    [0x6300, 'the other side could not be authenticated (6300)'],
    [0x6301, 'unknown status word (6301)'],
    [0x0001, 'unknown status word (0001)'],
  ])('%i in words', (sw, words) => {
    expect(describeSw(sw)).toBe(words);
  });
});
