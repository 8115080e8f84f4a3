/** The block list: one encoding, strict reading, the newest wins, and whose word it is. */
import { type Bytes, concat, hex } from '@sokkin/codec';
import { ROLE } from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeWorld, TODAY, type World } from '../../testkit/src/world.ts';
import {
  type BlockList,
  changed,
  encodeBlockList,
  type HeldBlockList,
  idOf,
  isListed,
  parseBlockList,
  parseBlockListBody,
  referenceOf,
  referencesOf,
  takeBlockList,
  verifyBlockList,
} from '../src/index.ts';

const crypto = nodeCrypto();
let world: World;
beforeAll(async () => {
  world = await makeWorld(crypto);
});

const NONE = new BigUint64Array(0);
const some = (...references: bigint[]) => BigUint64Array.from(references).sort();
const list = (changes: Partial<BlockList> = {}): BlockList => ({
  authority: new Uint8Array(8).fill(0xa1),
  number: 1,
  base: 0,
  epoch: TODAY,
  issuers: [],
  removed: NONE,
  added: NONE,
  ...changes,
});
const held = (changes: Partial<HeldBlockList> = {}): HeldBlockList => ({
  number: 5,
  epoch: TODAY,
  issuers: [],
  purses: some(1n, 5n, 9n),
  ...changes,
});

const references = fc
  .uniqueArray(fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }), { maxLength: 200 })
  .map((all) => some(...all));
const ids = fc.uniqueArray(fc.uint8Array({ minLength: 8, maxLength: 8 }), {
  maxLength: 64,
  selector: hex,
});

describe('bytes', () => {
  test('what is written is read back, and is the only encoding of it', () => {
    fc.assert(
      fc.property(references, references, ids, (removed, added, issuers) => {
        const sorted = [...issuers].sort((a, b) => (hex(a) < hex(b) ? -1 : 1));
        const wanted = list({ number: 9, base: 3, issuers: sorted, removed, added });
        const body = encodeBlockList(wanted);
        const found = parseBlockListBody(body);
        expect({ ...found, issuers: found.issuers.map(hex) }).toEqual({
          ...wanted,
          issuers: sorted.map(hex),
        });
        expect(hex(encodeBlockList(found))).toBe(hex(body));
      }),
    );
  });

  test('the first and the last reference there are', () => {
    for (const added of [some(0n), some(0xffff_ffff_ffff_ffffn), some(0n, 0xffff_ffff_ffff_ffffn), NONE])
      expect(parseBlockListBody(encodeBlockList(list({ added }))).added).toEqual(added);
  });

  test('whatever comes in is a list that encodes to the very same bytes, or bad_message', () => {
    const body = encodeBlockList(list({ number: 2, base: 1, added: some(7n, 1n << 60n), removed: some(3n) }));
    const flipped = fc
      .tuple(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }))
      .map(([at, by]) => body.map((octet, i) => (i === at ? octet ^ by : octet)));
    const cut = fc.nat(body.length - 1).map((length) => body.slice(0, length));
    const header = body.slice(0, 26);
    const behind = fc.uint8Array({ maxLength: 60 }).map((rest) => concat(header, rest));
    fc.assert(
      fc.property(fc.oneof(flipped, cut, behind, fc.uint8Array()), (bytes) => {
        const read = attempt(bytes);
        if (read !== undefined) expect(hex(encodeBlockList(read))).toBe(hex(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  const attempt = (bytes: Bytes): BlockList | undefined => {
    try {
      return parseBlockListBody(bytes);
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^(bad_message|unknown_version)$/) });
      return undefined;
    }
  };

  test('a count that the bytes cannot hold allocates nothing', () => {
    const body = encodeBlockList(list());
    body.set([0x00, 0x40, 0x00, 0x00], body.length - 8);
    expect(() => parseBlockListBody(body)).toThrow(/0 bytes do not hold 4194304 references/);
  });

  test('a list that takes away without a base, follows itself, or has issuers twice is refused', () => {
    expect(() => parseBlockListBody(encodeBlockList(list({ removed: some(1n) })))).toThrow(
      'takes nothing away',
    );
    expect(() => parseBlockListBody(encodeBlockList(list({ number: 4, base: 5 })))).toThrow(
      'does not follow',
    );
    expect(() => parseBlockListBody(encodeBlockList(list({ number: 4, base: 4, added: some(2n) })))).toThrow(
      'changes itself',
    );
    expect(() => parseBlockListBody(encodeBlockList(list({ number: 0 })))).toThrow('begin at 1');
    const issuer = new Uint8Array(8).fill(1);
    expect(() => parseBlockListBody(encodeBlockList(list({ issuers: [issuer, issuer] })))).toThrow('ascend');
  });
});

describe('taking a list', () => {
  test('the first one must be whole', () => {
    expect(takeBlockList(undefined, list({ number: 7, base: 5 })).status).toBe('other_base');
    expect(takeBlockList(undefined, list({ number: 7, added: some(4n) }))).toEqual({
      status: 'taken',
      held: { number: 7, epoch: TODAY, issuers: [], purses: some(4n) },
    });
  });

  test('the newest wins, and an older one is refused, whatever it says', () => {
    const before = held();
    expect(takeBlockList(before, list({ number: 4 })).status).toBe('older');
    expect(takeBlockList(before, list({ number: 9, epoch: TODAY - 1 })).status).toBe('older');
    expect(takeBlockList(before, list({ number: 5 })).status).toBe('same');
    const nextDay = takeBlockList(before, list({ number: 5, epoch: TODAY + 1, added: before.purses }));
    expect(nextDay.status).toBe('taken');
  });

  test('the same list of a newer day, with nothing changed', () => {
    const later = list({ number: 5, base: 5, epoch: TODAY + 1 });
    expect(takeBlockList(held(), later)).toEqual({ status: 'taken', held: held({ epoch: TODAY + 1 }) });
  });

  test('a change fits the list that it was made for, and no other', () => {
    const before = held();
    const change = list({ number: 8, base: 5, removed: some(5n), added: some(2n, 12n) });
    expect(takeBlockList(before, change)).toMatchObject({
      status: 'taken',
      held: { number: 8, purses: some(1n, 2n, 9n, 12n) },
    });
    expect(takeBlockList(held({ number: 6 }), change).status).toBe('other_base');
    expect(takeBlockList(before, { ...change, removed: some(4n) }).status).toBe('other_base');
    expect(takeBlockList(before, { ...change, added: some(9n) }).status).toBe('other_base');
  });

  test('a change from any set to any other ends at the other', () => {
    fc.assert(
      fc.property(references, references, (from, to) => {
        const [a, b] = [new Set(from), new Set(to)];
        const removed = some(...[...a].filter((x) => !b.has(x)));
        const added = some(...[...b].filter((x) => !a.has(x)));
        expect(changed(from, removed, added)).toEqual(to);
      }),
    );
  });

  test('exactly the purses of the set are listed, and all purses of a revoked issuer', () => {
    fc.assert(
      fc.property(references, fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }), (purses, other) => {
        const issuerRef = new Uint8Array(8).fill(0x15);
        const isOn = (id: bigint) => isListed(held({ purses }), { subjectRef: idOf(id), issuerRef });
        for (const id of purses) expect(isOn(id)).toBe(true);
        expect(isOn(other)).toBe(purses.includes(other));
        const revoked = held({ purses, issuers: [issuerRef] });
        expect(isListed(revoked, { subjectRef: idOf(other), issuerRef })).toBe(true);
      }),
    );
  });

  test('references of ids: sorted, and none twice', () => {
    const id = Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 2);
    expect(referencesOf([idOf(900n), id, id])).toEqual(some(0x102n, 900n));
    expect(referenceOf(idOf(0xfedc_ba98_7654_3210n))).toBe(0xfedc_ba98_7654_3210n);
  });
});

describe('whose word it is', () => {
  const signed = async (changes: Partial<BlockList> = {}, by = world.authority): Promise<Bytes> => {
    const body = encodeBlockList(list({ authority: by.certificate.subjectRef, ...changes }));
    return concat(body, await crypto.sign(by.key.handle, body));
  };
  const verify = (message: Bytes, leaf = world.authority.certificate, epoch = TODAY) => {
    const trust = { root: world.root.certificate, knownIssuers: [], epoch };
    return verifyBlockList(crypto, trust, { issuer: world.issuer.certificate, leaf }, message);
  };

  test("the issuer's authority is believed, and nobody else", async () => {
    const message = await signed({ added: some(3n) });
    expect(await verify(message)).toMatchObject({ status: 'ok', value: { fields: { added: some(3n) } } });
    expect(parseBlockList(message).fields.number).toBe(1);
    const issuersPurse = { ...world.issuerPurse };
    expect(issuersPurse.certificate.role).toBe(ROLE.issuerPurse);
    expect(await verify(await signed({}, issuersPurse), issuersPurse.certificate)).toEqual({
      status: 'certificate_wrong_role',
    });
    expect(await verify(message, world.issuerPurse.certificate)).toEqual({
      status: 'certificate_wrong_issuer',
    });
  });

  test('one bit of it changed, and it is not', async () => {
    const message = await signed({ added: some(3n) });
    const at = message.length - 70;
    const other = message.map((octet, i) => (i === at ? octet ^ 0x10 : octet));
    expect((await verify(other)).status).not.toBe('ok');
  });

  test('an authority whose certificate has expired signs no new list', async () => {
    const last = world.authority.certificate.expiration;
    expect((await verify(await signed(), undefined, last)).status).toBe('ok');
    expect((await verify(await signed(), undefined, last + 1)).status).toBe('certificate_expired');
  });
});
