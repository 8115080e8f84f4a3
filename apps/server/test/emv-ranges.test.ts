/** Cards that other issuers made: their keys come from two custodians, stay in the key port, and check published cryptograms from there. */
import { readFileSync } from 'node:fs';
import { type Bytes, fromHex, hex } from '@sokkin/codec';
import { aesCmac, xor } from '@sokkin/crypto';
import { checkCryptogram, readIssuerData } from '@sokkin/issuer';
import { nodeSymmetric } from '@sokkin/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../src/index.ts';
import type { KeyConfig } from '../src/keys/key-config.ts';
import { type Api, freshKey, type Rig, rig, TEST_KEYS } from './kit.ts';
import { noSoftHsm, softHsm } from './softhsm.ts';

interface Vector {
  readonly profile: string;
  readonly keys: Readonly<Record<'cryptogram' | 'scriptMac' | 'scriptEncipher', string>>;
  readonly pan: string;
  readonly sequence: string;
  readonly elements: Readonly<Record<string, string>>;
}
const FILE = new URL('../../../vectors/emv/cryptogram-versions.json', import.meta.url);
const { profiles: VECTORS } = JSON.parse(readFileSync(FILE, 'utf8')) as { profiles: readonly Vector[] };

const symmetric = nodeSymmetric();
/** As docs/tokens.md says it, and computed here by other means than the server's. */
const checkValue = (key: Bytes): string =>
  hex(symmetric.desCbcEncrypt(key, new Uint8Array(8), new Uint8Array(8)).subarray(0, 3)).toUpperCase();

type Three = Record<'cryptogram' | 'script_mac' | 'script_encipher', string>;
const three = (of: (purpose: keyof Vector['keys']) => string): Three => ({
  cryptogram: of('cryptogram'),
  script_mac: of('scriptMac'),
  script_encipher: of('scriptEncipher'),
});

/** Two halves of the keys of a vector, and their check values. */
function halves(keys: Vector['keys']) {
  const first = three(() => hex(symmetric.randomBytes(16)));
  const of = {
    cryptogram: 'cryptogram',
    scriptMac: 'script_mac',
    scriptEncipher: 'script_encipher',
  } as const;
  const second = three((purpose) => hex(xor(fromHex(keys[purpose]), fromHex(first[of[purpose]]))));
  return { first, second, check_values: three((purpose) => checkValue(fromHex(keys[purpose]))) };
}

const key = () => ({ 'idempotency-key': freshKey() });
const post = (api: Api, path: string, body: object) => api.post(path, body, key());

async function chipOf(r: Rig, { pan, sequence, elements }: Vector) {
  const iad = fromHex(elements['9f10'] ?? '');
  const answer = await r.server.backend.vault.chipOf({ number: pan, sequence, own: undefined, iad });
  if (answer.status !== 'ok') throw new Error(answer.status);
  return answer.chip;
}

const seenOf = ({ elements }: Vector, turned?: string): ReadonlyMap<number, Bytes> =>
  new Map(
    Object.entries(elements).map(([tag, value]) => {
      const bytes = fromHex(value);
      if (tag === turned) bytes[0] = (bytes[0] ?? 0) ^ 1;
      return [Number.parseInt(tag, 16), bytes];
    }),
  );

async function verdictOf(r: Rig, vector: Vector, turned?: string): Promise<string> {
  const chip = await chipOf(r, vector);
  return checkCryptogram(chip.port, chip.keysOf, chip.version, chip.card, seenOf(vector, turned)).verdict;
}

async function publishedVersions(keyStore: KeyConfig): Promise<void> {
  const r = await rig({ keyStore });
  const done: string[] = [];
  for (const [i, vector] of VECTORS.entries()) {
    // One more digit each time: the longest range that fits is the one.
    const prefix = vector.pan.slice(0, 3 + i);
    const digits = vector.pan.length;
    const range = await r.api.make('/v1/emv-ranges', {
      name: vector.profile,
      prefix,
      digits,
      versions: [vector.profile],
    });
    r.advance(3000);
    const { version } = await chipOf(r, vector);
    expect(version.name).toBe(vector.profile);
    const key_index = readIssuerData(version.iad, fromHex(vector.elements['9f10'] ?? ''))?.keyIndex ?? 0;
    const { first, second, check_values } = halves(vector.keys);
    const place = { key_index, cipher: 'tdes' };
    expect(await verdictOf(r, vector)).toBe('unknown-key');
    await r.api.make(`/v1/emv-ranges/${range.id}/first-component`, {
      ...place,
      component: first,
      check_values,
    });
    await r.second.make(`/v1/emv-ranges/${range.id}/second-component`, { key_index, component: second });
    r.advance(3000);
    expect([vector.profile, await verdictOf(r, vector), await verdictOf(r, vector, '9f26')]).toEqual([
      vector.profile,
      'genuine',
      'wrong-cryptogram',
    ]);
    done.push(vector.profile);
  }
  expect(new Set(done).size).toBeGreaterThan(6);
  await r.close();
}

test('published cryptograms of all versions are genuine under keys in the key file', () =>
  publishedVersions(TEST_KEYS));

describe.skipIf(noSoftHsm !== undefined)(`in SoftHSM2${noSoftHsm ? `: ${noSoftHsm}` : ''}`, () => {
  let hsm: ReturnType<typeof softHsm> | undefined;
  beforeAll(() => {
    hsm = softHsm();
  });
  afterAll(() => hsm?.remove());

  test('published cryptograms of all versions are genuine under handles; the keys never leave the token', async () => {
    if (hsm === undefined) throw new Error('Bug: it is made before');
    await publishedVersions(hsm.newToken());
  });
});

describe('a range', () => {
  let r: Rig;
  beforeAll(async () => {
    r = await rig();
  });
  afterAll(() => r.close());
  const [vector] = VECTORS;
  if (vector === undefined) throw new Error('the vectors are there');
  const wish = { name: 'A', prefix: '123456', digits: 16, versions: ['cvn10', 'cvn18'] };

  test.each([
    ['of our own cards', { prefix: '9999' }, 'emv_range_taken'],
    ['with a version that nobody knows', { versions: ['cvn99'] }, 'emv_range_invalid'],
    ['with versions that the same data fit', { versions: ['cvn10', 'cvn10'] }, 'emv_range_invalid'],
    ['with a file that is none', { versions: [{ format: 'x' }] }, 'emv_range_invalid'],
    ['with rules that are none', { rules: { format: 'x' } }, 'emv_range_invalid'],
    ['of nobody', { institution: 'ins_none' }, 'institution_unknown'],
    ['without versions', { versions: [] }, 'validation_failed'],
  ])('%s is refused', async (_, more, code) => {
    expect((await post(r.api, '/v1/emv-ranges', { ...wish, ...more })).body.code).toBe(code);
  });

  test('takes its keys from two persons, and only if they are the ones that were announced', async () => {
    const { id } = await r.api.make('/v1/emv-ranges', wish);
    expect((await post(r.api, '/v1/emv-ranges', wish)).body.code).toBe('emv_range_taken');
    const { first, second, check_values } = halves(vector.keys);
    const place = { key_index: 1, cipher: 'tdes' };
    const [one, two] = [`/v1/emv-ranges/${id}/first-component`, `/v1/emv-ranges/${id}/second-component`];
    expect((await post(r.second, two, { key_index: 1, component: second })).status).toBe(404);
    const waiting = await r.api.make(one, { ...place, component: first, check_values });
    expect(waiting.keys).toMatchObject([{ key_index: 1, state: 'incomplete', check_values, keys: [] }]);
    expect((await post(r.second, one, { ...place, component: first, check_values })).body.code).toBe(
      'emv_key_exists',
    );
    expect((await post(r.api, two, { key_index: 1, component: second })).body.code).toBe(
      'second_person_needed',
    );
    const wrong = { ...second, script_mac: first.script_mac };
    expect((await post(r.second, two, { key_index: 1, component: wrong })).body.code).toBe(
      'emv_key_mismatch',
    );
    const done = await r.second.make(two, { key_index: 1, component: second });
    const names = ['emv_ac/ins_first_issuer.1', 'emv_smi/ins_first_issuer.1', 'emv_smc/ins_first_issuer.1'];
    expect(done.keys).toMatchObject([{ state: 'active', check_values, keys: names }]);
    expect((await r.api.get(`/v1/emv-ranges/${id}`)).body).toEqual(done);
    expect((await r.api.get('/v1/emv-ranges')).body.data).toContainEqual(done);
    const listed = (await r.api.get('/v1/keys')).body.data.filter(
      ({ kind }: { kind: string }) => kind === 'tdes',
    );
    expect(listed.map((k: { id: string }) => k.id).sort()).toEqual([...names].sort());
    const answers = JSON.stringify([waiting, done, listed, (await r.api.get('/v1/log?limit=100')).body]);
    for (const secret of [...Object.values(first), ...Object.values(second), ...Object.values(vector.keys)])
      expect(answers).not.toContain(secret);

    r.advance(3000);
    expect(await verdictOf(r, vector)).toBe('genuine');
    const withdrawn = await r.api.make(`/v1/emv-ranges/${id}/withdraw-keys`, { key_index: 1 });
    expect(withdrawn.keys).toMatchObject([{ state: 'withdrawn', keys: [] }]);
    r.advance(3000);
    expect(await verdictOf(r, vector)).toBe('unknown-key');
    // The place is free again.
    const made = await r.api.make(`/v1/emv-ranges/${id}/keys`, { key_index: 1, cipher: 'aes' });
    expect(made.keys).toMatchObject([
      {
        state: 'active',
        cipher: 'aes',
        keys: ['emv_ac/ins_first_issuer.2', expect.any(String), expect.any(String)],
      },
    ]);
  });

  test('that another server added is known here in two seconds', async () => {
    const { databaseUrl, dataFolder } = r;
    const other = await createServer({ databaseUrl, dataFolder, keyStore: TEST_KEYS, logLevel: 'silent' });
    const number = '5454540000000000';
    const iad = fromHex('06010a03a06010');
    const asked = () => r.server.backend.vault.chipOf({ number, sequence: undefined, own: undefined, iad });
    expect((await asked()).status).toBe('range_unknown');
    const { id } = await r.over(other).make('/v1/emv-ranges', { ...wish, prefix: '545454' });
    r.advance(3000);
    expect(await asked()).toMatchObject({ status: 'ok', chip: { range: id, version: { name: 'cvn10' } } });
    expect(
      await r.server.backend.vault.chipOf({
        number,
        sequence: undefined,
        own: undefined,
        iad: fromHex('00'),
      }),
    ).toEqual({
      status: 'version_unknown',
    });
    await other.close();
  });
});

test('keys for AES have the check value that GlobalPlatform says', async () => {
  const r = await rig();
  const aes = fromHex('2b7e151628aed2a6abf7158809cf4f3c');
  // Not CMAC: the block itself.
  const value = hex(symmetric.aesEncryptBlock(aes, new Uint8Array(16).fill(1)).subarray(0, 3)).toUpperCase();
  expect(value).not.toBe(hex(aesCmac(symmetric, aes, new Uint8Array(16)).subarray(0, 3)).toUpperCase());
  expect(r.server.backend.vault.checkValue('aes', aes)).toBe(value);
  await r.close();
});
