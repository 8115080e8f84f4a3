/** Messages as films of codes: whichever frames are lost, and whatever else a camera reads. */
import { SokkinError } from '@sokkin/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { base45, fromBase45 } from '../src/optical/base45.ts';
import { FilmReader, filmOf, LONGEST_FILM, type Seen } from '../src/optical/frames.ts';

const octets = (length: number, salt = 0): Uint8Array =>
  Uint8Array.from({ length }, (_none, at) => (at * 37 + salt * 11 + (at >> 8)) & 0xff);

describe('Base45', () => {
  test('the examples of RFC 9285, section 4.3', () => {
    const text = (s: string) => new TextEncoder().encode(s);
    expect(base45(text('AB'))).toBe('BB8');
    expect(base45(text('Hello!!'))).toBe('%69 VD92EX0');
    expect(base45(text('base-45'))).toBe('UJCLQE7W581');
    expect(fromBase45('QED8WEX0')).toEqual(text('ietf!'));
  });
  test('all octets come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(fromBase45(base45(bytes))).toEqual(bytes);
      }),
    );
  });
  test.each(['A', 'GGW', ':::', 'a00', '::'])('%j is none', (text) => {
    expect(() => fromBase45(text)).toThrow(SokkinError);
  });
});

/** How many frames were shown until it was whole, when those that `isLost` names were not seen. */
function shownUntilWhole(message: Uint8Array, isLost: (n: number) => boolean, from = 0): number {
  const film = filmOf(message);
  const reader = new FilmReader();
  for (let n = from; n < from + 5_000; n++) {
    if (isLost(n)) continue;
    const seen = reader.see(film.frame(n));
    if (seen.status !== 'whole') continue;
    expect(seen.message).toEqual(message);
    return n - from + 1;
  }
  throw new Error('never whole');
}

describe('a film', () => {
  test('without a loss, as many frames as parts', () => {
    for (const length of [1, 150, 151, 700, 1_200, LONGEST_FILM])
      expect(shownUntilWhole(octets(length), () => false)).toBe(filmOf(octets(length)).parts);
  });
  test('whatever is lost, and wherever somebody begins to look', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 2_000 }),
        fc.infiniteStream(fc.boolean()),
        fc.nat(70_000),
        (message, lost, from) => {
          shownUntilWhole(message, () => lost.next().value ?? false, from);
        },
      ),
    );
  });
  test('a payment with one frame in ten lost takes two frames more than its parts, on average', () => {
    let [shown, parts] = [0, 0];
    for (let salt = 0; salt < 200; salt++) {
      const message = octets(720, salt);
      let seed = salt + 1;
      const isLost = () => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        return (seed >>> 16) % 10 === 0;
      };
      shown += shownUntilWhole(message, isLost);
      parts += filmOf(message).parts;
    }
    expect((shown - parts) / 200).toBeLessThan(2);
  });
  test('is a code of the same size in every frame, in characters of the alphanumeric mode', () => {
    const film = filmOf(octets(700));
    const frames = Array.from({ length: 40 }, (_none, n) => film.frame(n));
    expect(new Set(frames.map((frame) => frame.length)).size).toBe(1);
    for (const frame of frames) expect(frame).toMatch(/^SK[0-9A-Z $%*+\-./:]+$/);
  });
  test('refuses what is empty or too long', () => {
    expect(() => filmOf(octets(0))).toThrow(SokkinError);
    expect(() => filmOf(octets(LONGEST_FILM + 1))).toThrow(SokkinError);
  });
});

describe('who looks', () => {
  test('is given a message once, and two films that alternate do not mix', () => {
    const [one, two] = [filmOf(octets(600, 1)), filmOf(octets(600, 2))];
    const reader = new FilmReader();
    const seen: Seen[] = [];
    for (let n = 0; n < 20; n++) seen.push(reader.see(one.frame(n)), reader.see(two.frame(n)));
    const whole = seen.flatMap((s) => (s.status === 'whole' ? [s.message] : []));
    expect(whole).toEqual([octets(600, 1), octets(600, 2)]);
  });
  test('is not led astray by other codes, wrong readings and frames that contradict each other', () => {
    const film = filmOf(octets(400));
    const reader = new FilmReader();
    for (const text of [
      '',
      'SK',
      'https://example.com',
      `SK${base45(octets(40))}`,
      `SK${'0'.repeat(10_000)}`,
    ])
      expect(reader.see(text)).toEqual({ status: 'nothing' });
    const frame = film.frame(0);
    for (let at = 2; at < frame.length; at++) {
      const wrong = frame.slice(0, at) + (frame[at] === '0' ? '1' : '0') + frame.slice(at + 1);
      expect(reader.see(wrong)).toEqual({ status: 'nothing' });
    }
    expect(reader.see(frame)).toEqual({ status: 'part', have: 1, of: 3 });
    expect(reader.see(frame)).toEqual({ status: 'nothing' });
  });
  test('keeps four films at most', () => {
    const reader = new FilmReader();
    const first = filmOf(octets(400, 0));
    reader.see(first.frame(0));
    for (let salt = 1; salt <= 4; salt++) reader.see(filmOf(octets(400, salt)).frame(0));
    expect(reader.see(first.frame(1))).toEqual({ status: 'part', have: 1, of: 3 });
  });
});
