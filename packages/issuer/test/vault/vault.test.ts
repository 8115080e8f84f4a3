/** The token vault: PANs that nobody sees, tokens that are nobody's PAN, keys that are replaced while all goes on. */
import { inspect } from 'node:util';
import { type Bytes, concat, fromHex, SokkinError } from '@sokkin/codec';
import { portableAead } from '@sokkin/crypto';
import {
  checkRanges,
  drawReference,
  drawToken,
  isRequestorId,
  Pan,
  panBox,
  type TokenDomain,
  type TokenVault,
  tokenVault,
  type VaultKeys,
  type VaultStore,
  withCheckDigit,
} from '@sokkin/issuer';
import { nodeSymmetric } from '@sokkin/node';
import { memoryVaultStore, vaultStoreConformance } from '@sokkin/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const { randomBytes } = nodeSymmetric();
const aead = portableAead(randomBytes);
const key = (mark: number): Bytes => new Uint8Array(32).fill(mark);
const ring = (newest: 1 | 2, both = true): VaultKeys => {
  const all = new Map([
    ['k.1', key(1)],
    ['k.2', key(2)],
  ]);
  const some = both ? all : new Map([...all].slice(newest - 1, newest));
  return { sealing: some, sealWith: `k.${newest}`, indexing: some, indexWith: `k.${newest}` };
};
const PAN = Pan.of('4000001234567899');
const RANGE = { prefix: '999900', digits: 16 };
const ANY: TokenDomain = {
  devices: undefined,
  merchants: undefined,
  entries: undefined,
  currencies: undefined,
  mostAmount: undefined,
  mostTotal: undefined,
  mostCount: undefined,
  validFrom: 0,
  validUntil: 1000,
  needsCryptogram: false,
};
const FORM = { requestor: '12345678901', domain: ANY, assurance: 50 };

function open(
  keys: VaultKeys = ring(1),
  store: VaultStore = memoryVaultStore(),
  random = randomBytes,
): TokenVault {
  const parts = { ranges: [RANGE], panPrefixes: ['40'], binController: 'SKKN', clock: () => new Date(0) };
  return tokenVault({ store, box: panBox(aead, keys), randomBytes: random, ...parts });
}

const codeOf = async (call: () => unknown): Promise<string> => {
  try {
    await call();
  } catch (error) {
    if (error instanceof SokkinError) return error.code;
    throw error;
  }
  return 'accepted';
};

vaultStoreConformance('in memory', async () => memoryVaultStore());

describe('a PAN', () => {
  test('is shown by its last four digits, however it is shown', () => {
    const shown = [
      `${PAN}`,
      JSON.stringify({ PAN }),
      inspect(PAN),
      inspect({ a: [PAN] }, { depth: 9, showHidden: true }),
    ];
    for (const text of shown) {
      expect(text).toContain('****7899');
      expect(text).not.toContain('400000');
    }
    expect(JSON.stringify(structuredClone({ ...PAN }))).not.toContain('4000');
    expect(PAN.reveal()).toBe('4000001234567899');
  });

  test('that is none is refused, and not repeated', async () => {
    for (const wrong of ['', '4000001234567890', '40000012345678ab', '1'.repeat(20)]) {
      try {
        Pan.of(wrong);
        throw new Error('accepted');
      } catch (error) {
        expect(error).toBeInstanceOf(SokkinError);
        if (wrong !== '') expect(inspect(error)).not.toContain(`${wrong.slice(0, 8)}`.padEnd(8, '#'));
      }
    }
  });
});

describe('an envelope', () => {
  test('opens for its owner, under any key of the ring; all are of one length', async () => {
    const old = await panBox(aead, ring(1)).seal(PAN, 'lnk_a');
    const box = panBox(aead, ring(2));
    expect((await box.open(old, 'lnk_a')).equals(PAN)).toBe(true);
    expect([box.isStale(old), box.isStale(await box.seal(PAN, 'lnk_a'))]).toEqual([true, false]);
    const long = await box.seal(Pan.of(withCheckDigit('400000123456789012')), 'lnk_a');
    expect(long.envelope.length).toBe(old.envelope.length);
    expect(await codeOf(() => box.open(old, 'lnk_b'))).toBe('sealed_damaged');
    expect(await codeOf(() => panBox(aead, ring(2, false)).open(old, 'lnk_a'))).toBe('key_unknown');
  });

  test('any bit of it, any cut of it: a named refusal, and no PAN', async () => {
    const box = panBox(aead, ring(1));
    const sealed = await box.seal(PAN, 'lnk_a');
    const codes = new Set<string>();
    for (let bit = 0; bit < sealed.envelope.length * 8; bit++) {
      const envelope = sealed.envelope.map((b, i) => (i === bit >>> 3 ? b ^ (1 << (bit & 7)) : b));
      codes.add(await codeOf(() => box.open({ ...sealed, envelope }, 'lnk_a')));
    }
    for (let cut = 0; cut < sealed.envelope.length; cut++) {
      const envelope = sealed.envelope.slice(0, cut);
      codes.add(await codeOf(() => box.open({ ...sealed, envelope }, 'lnk_a')));
    }
    codes.add(
      await codeOf(() => box.open({ ...sealed, envelope: concat(sealed.envelope, fromHex('00')) }, 'lnk_a')),
    );
    expect([...codes].sort()).toEqual(['key_unknown', 'sealed_damaged']);
  });

  test('is found by a hash that needs the key, and by every key of the ring', async () => {
    const [one, two] = [panBox(aead, ring(1)), panBox(aead, ring(2))];
    const kept = (await one.seal(PAN, 'lnk_a')).index;
    expect(await two.indexesOf(PAN)).toContainEqual(kept);
    expect((await two.indexesOf(PAN))[0]?.key).toBe('k.2');
    const other = Pan.of('4000001234567881');
    expect(await two.indexesOf(other)).not.toContainEqual(kept);
  });

  test('two of one PAN differ, their index does not', async () => {
    const box = panBox(aead, ring(1));
    const [a, b] = [await box.seal(PAN, 'lnk_a'), await box.seal(PAN, 'lnk_a')];
    expect(a.envelope).not.toEqual(b.envelope);
    expect(a.index).toEqual(b.index);
  });

  test('a ring without its newest key, or with a name that is none, is refused', async () => {
    expect(await codeOf(() => panBox(aead, { ...ring(1), sealWith: 'k.9' }))).toBe('key_unknown');
    const named = new Map([['k 1', key(1)]]);
    expect(
      await codeOf(() =>
        panBox(aead, { sealing: named, sealWith: 'k 1', indexing: named, indexWith: 'k 1' }),
      ),
    ).toBe('bad_key_name');
  });
});

describe('numbers', () => {
  test('tokens are of their range, with a check digit; references have 29 characters', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{6,8}$/), fc.integer({ min: 15, max: 19 }), (prefix, digits) => {
        const token = drawToken(randomBytes, { prefix, digits });
        expect(token).toHaveLength(digits);
        expect([token.startsWith(prefix), withCheckDigit(token.slice(0, -1))]).toEqual([true, token]);
        expect(drawReference(randomBytes, 'SKKN')).toMatch(/^SKKN[0-9A-Z]{25}$/);
      }),
    );
  });

  test.each<[string, Parameters<typeof checkRanges>]>([
    ['there is none', [[], []]],
    ['has not 6 to 10 digits', [[{ prefix: '99', digits: 16 }], []]],
    ['do not fit', [[{ prefix: '999900', digits: 12 }], []]],
    ['is part of another range', [[RANGE], ['9999']]],
    ['is part of another range', [[RANGE, { prefix: '99990012', digits: 16 }], []]],
  ])('a range where %s is refused', async (what, [ranges, pans]) => {
    expect(() => checkRanges(ranges, pans)).toThrow(what);
  });

  test('a requestor has 11 digits', () => {
    expect(['12345678901', '1234567890', '1234567890a'].map(isRequestorId)).toEqual([true, false, false]);
  });
});

describe('the vault', () => {
  async function withToken(vault = open()) {
    const registered = await vault.registerCard(PAN, 'acc_1');
    if (registered.status === 'other_account') throw new Error(registered.status);
    const made = await vault.tokenise({ ...FORM, link: registered.link.id });
    if (made.status !== 'ok') throw new Error(made.status);
    return { vault, link: registered.link, token: made.token };
  }

  test('one PAN has one link and one reference, and stays with its account', async () => {
    const { vault, link } = await withToken();
    expect(await vault.registerCard(PAN, 'acc_1')).toEqual({ status: 'known', link });
    expect(await vault.registerCard(PAN, 'acc_2')).toEqual({ status: 'other_account' });
    expect((await vault.registerAccount('acc_1')).reference).not.toBe(link.reference);
  });

  test('ten who register one card at once get one link', async () => {
    const vault = open();
    const all = await Promise.all(Array.from({ length: 10 }, () => vault.registerCard(PAN, 'acc_1')));
    const ids = new Set(all.map((r) => ('link' in r ? r.link.id : r.status)));
    expect([ids.size, all.filter((r) => r.status === 'registered').length]).toEqual([1, 1]);
  });

  test('a card that its holder has already pays by its own PAN, a token by its number', async () => {
    const { vault, link, token } = await withToken();
    expect(await vault.resolve(PAN.reveal())).toMatchObject({ kind: 'pan', link: { id: link.id } });
    expect(await vault.resolve(token.number)).toMatchObject({ kind: 'token', link: { id: link.id } });
    for (const number of ['4000001234567881', '9999001234567890', 'abc', ''])
      expect(await vault.resolve(number)).toEqual({ kind: 'unknown' });
  });

  test('nothing in the store shows the PAN', async () => {
    const store = memoryVaultStore();
    const { link } = await withToken(open(ring(1), store));
    const shown = inspect(await store.link(link.id), { depth: 9, maxArrayLength: null });
    const bytes = (await store.link(link.id))?.pan?.envelope ?? new Uint8Array(0);
    expect(shown).not.toContain('4000001234567899');
    expect(Buffer.from(bytes).toString('hex')).not.toContain('40000012345678');
  });

  test('a PAN leaves to the entitled, and for others the token is not there', async () => {
    const { vault, token } = await withToken();
    const viewer = { mayDetokenise: true, maySee: () => true };
    const found = await vault.detokenise(token.number, viewer);
    expect(found.status === 'ok' && found.pan.equals(PAN)).toBe(true);
    expect(await vault.detokenise(token.number, { ...viewer, mayDetokenise: false })).toEqual({
      status: 'not_entitled',
    });
    expect(await vault.detokenise(token.number, { ...viewer, maySee: () => false })).toEqual({
      status: 'token_unknown',
    });
    expect(await vault.detokenise('9999001234567890', viewer)).toEqual({ status: 'token_unknown' });
    const bare = await vault.registerAccount('acc_9');
    const made = await vault.tokenise({ ...FORM, link: bare.id });
    expect(await vault.detokenise(made.status === 'ok' ? made.token.number : '', viewer)).toEqual({
      status: 'no_pan',
    });
  });

  test('keys are replaced while all goes on: found before, during and after, and the old key can go', async () => {
    const store = memoryVaultStore();
    const before = open(ring(1), store);
    for (const body of ['400000000000001', '400000000000002', '400000000000003'])
      await before.registerCard(Pan.of(withCheckDigit(body)), 'acc_1');
    const during = open(ring(2), store);
    expect((await during.registerCard(Pan.of(withCheckDigit('400000000000002')), 'acc_1')).status).toBe(
      'known',
    );
    expect([await during.renewSeals(2), await during.renewSeals(2), await during.renewSeals(2)]).toEqual([
      2, 1, 0,
    ]);
    const after = open(ring(2, false), store);
    expect((await after.registerCard(Pan.of(withCheckDigit('400000000000003')), 'acc_1')).status).toBe(
      'known',
    );
  });

  test('a PAN of a token range, or of nobody here, is not taken in', async () => {
    const vault = open();
    for (const body of ['999900123456789', '510000123456789'])
      expect(await codeOf(() => vault.registerCard(Pan.of(withCheckDigit(body)), 'acc_1'))).toBe('bad_pan');
  });

  test('no token equals a PAN that was linked before the ranges were changed', async () => {
    const store = memoryVaultStore();
    const parts = { store, box: panBox(aead, ring(1)), binController: 'SKKN', clock: () => new Date(0) };
    const taken = withCheckDigit('999900111111111');
    const early = tokenVault({
      ...parts,
      randomBytes,
      ranges: [{ prefix: '888800', digits: 16 }],
      panPrefixes: [],
    });
    const { link } = (await early.registerCard(Pan.of(taken), 'acc_1')) as { link: { id: string } };
    // Digits come from these bytes: the first draw is the PAN, the next is not.
    let draws = 0;
    const scripted = (length: number): Bytes =>
      length === 9 ? new Uint8Array(9).fill(draws++ === 0 ? 1 : 2) : randomBytes(length);
    const late = tokenVault({ ...parts, randomBytes: scripted, ranges: [RANGE], panPrefixes: ['40'] });
    const made = await late.tokenise({ ...FORM, link: link.id });
    expect(made.status === 'ok' && made.token.number).toBe(withCheckDigit('999900222222222'));
  });

  test('a range that is used up says so', async () => {
    const stuck = (length: number): Bytes => (length === 9 ? new Uint8Array(9).fill(3) : randomBytes(length));
    const vault = open(ring(1), memoryVaultStore(), stuck);
    const link = await vault.registerAccount('acc_1');
    await vault.tokenise({ ...FORM, link: link.id });
    expect(await codeOf(() => vault.tokenise({ ...FORM, link: link.id }))).toBe('range_used_up');
  });

  test.each<[string, object]>([
    ['bad_requestor', { requestor: '1' }],
    ['bad_assurance', { assurance: 100 }],
    ['bad_domain', { domain: { ...ANY, validUntil: 0 } }],
    ['bad_domain', { domain: { ...ANY, devices: new Set() } }],
    ['bad_domain', { domain: { ...ANY, mostAmount: 0n } }],
    ['bad_domain', { domain: { ...ANY, mostCount: 1.5 } }],
    ['link_unknown', { link: 'lnk_none' }],
  ])('%s', async (status, over) => {
    const { vault, link } = await withToken();
    expect((await vault.tokenise({ ...FORM, link: link.id, ...over })).status).toBe(status);
  });

  test('parties suspend at the same time, and none is lost', async () => {
    const { vault, token } = await withToken();
    await vault.order(token.number, 'activate', 'issuer');
    const all = await Promise.all(
      (['holder', 'requestor', 'issuer', 'provider'] as const).map((by) =>
        vault.order(token.number, 'suspend', by),
      ),
    );
    expect(all.map(({ status }) => status)).toEqual(['changed', 'changed', 'changed', 'changed']);
    const found = await vault.resolve(token.number);
    expect(found.kind === 'token' && found.token.life.suspendedBy.size).toBe(4);
    expect(await vault.order('9999000000000000', 'suspend', 'issuer')).toEqual({ status: 'token_unknown' });
  });
});
