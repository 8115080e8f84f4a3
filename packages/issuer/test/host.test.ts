/** The issuer's side of a transaction: a published profile, and cards of ours made of crypto's functions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Bytes,
  buildDolData,
  CVR_TAG,
  concat,
  decodeCommand,
  decodeTlv,
  encodeCsu,
  encodeCvr,
  encodeIad,
  fromHex,
  hex,
} from '@sokkin/codec';
import {
  applicationCryptogram,
  cryptogramSessionKey,
  decipherScriptData,
  decodeIssuerAuthentication,
  isIssuerAuthentic,
  openFormat1,
  openFormat2,
  pinBlock,
} from '@sokkin/crypto';
import {
  arpc,
  type CardProfile,
  cardMasterKeys,
  type GenuineCryptogram,
  issuerScript,
  limitedUseKey,
  scriptCommands,
  verifyCryptogram,
} from '@sokkin/issuer';
import { describe, expect, test } from 'vitest';
import { issuerFor, orderFor, PROFILE_NAMES, ports, profileNamed } from './cards.ts';

const port = ports.symmetric;
const CSU = { flags: new Set(['issuerApproves'] as const), counters: 'reset', pinTries: 0 } as const;

/** What terminal and card would bring of a purchase with a card of this profile. */
async function purchase(profile: CardProfile) {
  const issuer = await issuerFor(profile);
  const { pan, sequence } = orderFor(profile);
  const { control } = profile;
  const atc = fromHex('0012');
  const cvr = encodeCvr({
    first: 'arqc',
    second: undefined,
    pinTriesLeft: 3,
    scripts: 0,
    bits: new Set(['cdaPerformed']),
  });
  const keyNumber = control.limitedUseOnly ? 3 : 0;
  const { keyIndex } = issuer;
  const iad = encodeIad(control.iad, {
    keyIndex,
    version: control.version,
    cvr,
    offlineCount: 2,
    keyNumber,
    debited: false,
  });
  const data = new Map<number, Bytes>([
    [0x9f02, fromHex('000000001200')],
    [0x9f03, fromHex('000000000000')],
    [0x9f1a, fromHex('0392')],
    [0x95, fromHex('0000008000')],
    [0x5f2a, fromHex('0392')],
    [0x9a, fromHex('261122')],
    [0x9c, fromHex('00')],
    [0x9f37, fromHex('11223344')],
    [0x82, fromHex('3900')],
    [0x9f36, atc],
    [0x9f10, iad],
  ]);
  const keys = cardMasterKeys(port, issuer, profile, { pan, sequence });
  const master =
    keyNumber === 0 ? keys.cryptogram : limitedUseKey(port, control.cipher, keys.cryptogram, keyNumber);
  const session = cryptogramSessionKey(port, control.cipher, master, atc);
  const covered = buildDolData(control.cryptogramData, (t) => (t === CVR_TAG ? cvr : data.get(t)));
  data.set(0x9f26, applicationCryptogram(port, control.cipher, session, covered, control.padding));
  return { issuer, seen: { pan, sequence, data } };
}

async function genuine(profile: CardProfile): Promise<GenuineCryptogram> {
  const { issuer, seen } = await purchase(profile);
  const found = verifyCryptogram(port, issuer, profile, seen);
  if (found.verdict !== 'genuine') throw new Error(`${profile.name}: ${found.verdict}`);
  return found;
}

test('a published cryptogram and its ARPC (option B, 18 digits, counter 001C)', async () => {
  const file = join(import.meta.dirname, '../../../vectors/emv/keys-and-cryptograms.json');
  const { chains } = JSON.parse(readFileSync(file, 'utf8')) as { chains: Record<string, string>[] };
  const v = chains.find((c) => c.r === '001c000000000000') ?? {};
  const base = profileNamed('white-label');
  const issuer = await issuerFor(base);
  const data = fromHex(v.data ?? '');
  // Amounts, country, TVR, currency, date, type, number, interchange profile, counter: 33 bytes; then the IAD.
  const iad = data.slice(33);
  const profile: CardProfile = {
    ...base,
    masterKey: 'B',
    control: {
      ...base.control,
      version: 0x12,
      cryptogramData: [...base.control.cryptogramData.slice(0, -1), { tag: 0x9f10, length: 7 }],
      iad: [
        { field: 'fixed', bytes: fromHex('06') },
        { field: 'keyIndex' },
        { field: 'version' },
        { field: 'cvr', length: 4 },
      ],
    },
  };
  const values = new Map<number, Bytes>();
  let at = 0;
  for (const { tag, length } of profile.control.cryptogramData) {
    values.set(tag, data.slice(at, at + length));
    at += length;
  }
  values.set(0x9f26, fromHex(v.cryptogram ?? ''));
  expect(hex(values.get(0x9f10) ?? data)).toBe(hex(iad));
  const masterKey = fromHex(v.issuerMasterKey ?? '');
  const theirs = { ...issuer, keyIndex: 1, masterKeys: { ...issuer.masterKeys, cryptogram: masterKey } };
  const seen = { pan: v.pan ?? '', sequence: v.sequence ?? '', data: values };
  const found = verifyCryptogram(port, theirs, profile, seen);
  expect(found).toMatchObject({ verdict: 'genuine', cvr: undefined });
  if (found.verdict !== 'genuine') return;
  const [cardStatusUpdate, proprietary] = [fromHex(v.statusUpdate ?? ''), fromHex(v.proprietary ?? '')];
  const said = arpc(port, found, { method: 2, cardStatusUpdate, proprietary });
  expect(hex(said)).toBe(`${v.arpc2}${v.statusUpdate}${v.proprietary}`);
});

describe.each(PROFILE_NAMES)('%s', (name) => {
  const profile = profileNamed(name);

  test('a cryptogram of the card is genuine, and tells what the layout has', async () => {
    const found = await genuine(profile);
    expect(found.cvr).toMatchObject({ first: 'arqc', pinTriesLeft: 3 });
    expect(found.iad.debited).toBe(false);
  });

  test('any bit of anything that it covers turned: it is not', async () => {
    const { issuer, seen } = await purchase(profile);
    for (const [tag, value] of seen.data) {
      for (let bit = 0; bit < value.length * 8; bit++) {
        const other = value.map((b, i) => (i === bit >> 3 ? b ^ (0x80 >> (bit & 7)) : b));
        const data = new Map([...seen.data, [tag, other]]);
        const { verdict } = verifyCryptogram(port, issuer, profile, { ...seen, data });
        expect(['wrong-cryptogram', 'bad-iad'], `${tag.toString(16)} bit ${bit}`).toContain(verdict);
      }
    }
  });

  test('anything missing: no verdict on it', async () => {
    const { issuer, seen } = await purchase(profile);
    for (const tag of seen.data.keys()) {
      const data = new Map([...seen.data].filter(([t]) => t !== tag));
      expect(verifyCryptogram(port, issuer, profile, { ...seen, data })).toEqual({
        verdict: 'missing-data',
        tag,
      });
    }
  });

  test("another card's or another issuer's", async () => {
    const { issuer, seen } = await purchase(profile);
    const verdict = (i: typeof issuer, s: typeof seen) => verifyCryptogram(port, i, profile, s).verdict;
    expect(verdict(issuer, { ...seen, sequence: '02' })).toBe('wrong-cryptogram');
    expect(verdict({ ...issuer, keyIndex: 8 }, seen)).toBe('bad-iad');
  });

  test('its answer is one that the card takes', async () => {
    const found = await genuine(profile);
    const { arpcMethod, cipher } = profile.control;
    const said =
      arpcMethod === 1
        ? arpc(port, found, { method: 1, responseCode: fromHex('3030') })
        : arpc(port, found, { method: 2, cardStatusUpdate: encodeCsu(CSU) });
    const read = decodeIssuerAuthentication(arpcMethod, said);
    expect(read && isIssuerAuthentic(port, cipher, found.sessionKey, found.cryptogram, read)).toBe(true);
  });

  test('its scripts open, in their order, and a PIN travels enciphered', async () => {
    const found = await genuine(profile);
    const commands = scriptCommands(port, profile, found, [
      { action: 'blockApplication' },
      { action: 'putData', tag: 0x9f14, value: Uint8Array.of(9) },
      { action: 'changePin', pin: '4321' },
      { action: 'unblockPin' },
      { action: 'unblockApplication' },
      { action: 'blockCard' },
    ]);
    const headers = commands.map((c) => hex(c.subarray(1, 4)));
    expect(headers).toEqual(['1e0000', 'da9f14', '240002', '240000', '180000', '160000']);
    expect(commands.map((c) => hex(c)).join()).not.toContain(hex(pinBlock('4321')));
    const { scriptFormat, scriptMacLength: macLength, cipher } = profile.control;
    let chaining = found.cryptogram;
    const opened = commands.map((bytes) => {
      const c = decodeCommand(bytes);
      if (scriptFormat === 1) {
        const o = openFormat1(port, found.scriptKeys, { macLength, chaining, enciphered: c.ins === 0x24 }, c);
        chaining = o?.chaining ?? chaining;
        return o?.data;
      }
      const transactionData = concat(found.atc, found.cryptogram);
      const data = openFormat2(port, found.scriptKeys, { macLength, transactionData }, c);
      return c.ins === 0x24 && data && data.length > 0
        ? decipherScriptData(port, cipher, found.scriptKeys.encipher, data)
        : data;
    });
    expect(opened.map((d) => d && hex(d))).toEqual(['', '09', hex(pinBlock('4321')), '', '', '']);
    const script = decodeTlv(issuerScript(0x72, commands.slice(0, 2), fromHex('00000001')), {
      repeatable: new Set([0x86]),
    });
    expect(script.children?.map((t) => t.tag.toString(16))).toEqual(['9f18', '86', '86']);
  });
});

test('a card with a master key that tells of a limited-use key is not believed, nor a phone without', async () => {
  for (const name of ['white-label', 'phone'] as const) {
    const profile = profileNamed(name);
    const { issuer, seen } = await purchase(profile);
    const limitedUseOnly = !profile.control.limitedUseOnly;
    const other = { ...profile, control: { ...profile.control, limitedUseOnly } };
    expect(verifyCryptogram(port, issuer, other, seen).verdict).toBe('bad-iad');
  }
});
