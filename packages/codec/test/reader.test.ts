import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes, fromHex, hex, Reader, Writer } from '../src/index.ts';
import { codeOf, list, messageOf } from './support.ts';

/** One field of a fixed layout. */
type Field = ['u8' | 'u16' | 'u32', number] | ['u64', bigint] | ['bytes', Bytes];

const field: fc.Arbitrary<Field> = fc.oneof(
  fc.tuple(fc.constant('u8' as const), fc.nat(0xff)),
  fc.tuple(fc.constant('u16' as const), fc.nat(0xffff)),
  fc.tuple(fc.constant('u32' as const), fc.integer({ min: 0, max: 0xffffffff })),
  fc.tuple(fc.constant('u64' as const), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  fc.tuple(fc.constant('bytes' as const), fc.uint8Array({ maxLength: 100 })),
);

function write(fields: Field[]): Bytes {
  const w = new Writer();
  for (const [kind, value] of fields) {
    if (kind === 'u64') w.u64(value);
    else if (kind === 'bytes') w.bytes(value);
    else w[kind](value);
  }
  return w.finish();
}

function read(fields: Field[], bytes: Bytes): Field[] {
  const r = new Reader(bytes, 'Layout');
  const out = fields.map(([kind, value]): Field => {
    if (kind === 'u64') return [kind, r.u64()];
    if (kind === 'bytes') return [kind, r.take(value.length)];
    return [kind, r[kind]()];
  });
  r.end();
  return out;
}

const plain = (fields: Field[]) => fields.map(([kind, v]) => [kind, v instanceof Uint8Array ? list(v) : v]);

describe('Reader and Writer', () => {
  it('read what was written, whatever the layout', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 12 }), (fields) => {
        expect(plain(read(fields, write(fields)))).toEqual(plain(fields));
      }),
    );
  });

  it('refuse every truncation and every addition', () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 4 }), (fields) => {
        const bytes = write(fields);
        for (let n = 0; n < bytes.length; n++) {
          expect(codeOf(() => read(fields, bytes.subarray(0, n)))).toBe('truncated');
        }
        const longer = new Uint8Array(bytes.length + 1);
        longer.set(bytes);
        expect(codeOf(() => read(fields, longer))).toBe('trailing_bytes');
      }),
    );
  });
});

describe('Reader', () => {
  it('keeps count, also inside a larger buffer', () => {
    const r = new Reader(fromHex('ffff 0102 8003 0405').subarray(2), 'Ticket');
    expect([r.offset, r.remaining]).toEqual([0, 6]);
    expect(r.u8()).toBe(1);
    expect(r.u16()).toBe(0x0280);
    expect([r.offset, r.remaining]).toEqual([3, 3]);
    expect(hex(r.rest())).toBe('030405');
    expect(hex(r.rest())).toBe('');
    r.end();
  });

  it('gives views, not copies', () => {
    const bytes = fromHex('010203');
    expect(new Reader(bytes, 'x').take(2).buffer).toBe(bytes.buffer);
  });

  it('says what ended, where, and what was left over', () => {
    const r = new Reader(fromHex('010203'), 'Ticket');
    r.u8();
    expect(messageOf(() => r.u32())).toBe('Ticket: ends early, 4 bytes needed at byte 1, 2 left');
    expect(r.offset).toBe(1);
    expect(messageOf(() => r.end())).toBe('Ticket: 2 more bytes than expected at byte 1');
  });

  it('takes a length that is none for a bug', () => {
    const r = new Reader(fromHex('0102'), 'Ticket');
    expect(() => r.take(-1)).toThrow(/^Bug:/);
    expect(() => r.take(0.5)).toThrow(/^Bug:/);
    expect(r.offset).toBe(0);
  });
});

describe('Writer', () => {
  it('chains, grows, and finishes once with memory of its own', () => {
    const w = new Writer().u8(1).u16(2).u32(3).u64(4n).bytes(fromHex('05'));
    const first = w.finish();
    expect(hex(first)).toBe('01000200000003000000000000000405');
    expect(() => w.u8(1)).toThrow(/^Bug: a finished writer/);
    expect(() => w.finish()).toThrow(/^Bug: a writer finishes once/);
    expect(new Writer().bytes(new Uint8Array(5000).fill(7)).finish()).toEqual(new Uint8Array(5000).fill(7));
    expect(hex(first)).toBe('01000200000003000000000000000405');
  });

  it('does not mix two messages that are written at the same time', () => {
    const [a, b] = [new Writer().u32(0xaaaaaaaa), new Writer().u32(0xbbbbbbbb)];
    b.u8(2);
    a.u8(1);
    expect([hex(a.finish()), hex(b.finish())]).toEqual(['aaaaaaaa01', 'bbbbbbbb02']);
    expect(hex(new Writer().u16(3).finish())).toBe('0003');
  });

  it('takes a number out of range for a bug', () => {
    expect(() => new Writer().u8(256)).toThrow(/^Bug: u8/);
    expect(() => new Writer().u64(-1n)).toThrow(/^Bug: u64/);
  });
});
