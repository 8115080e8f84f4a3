/** The test terminal against a card on paper: what the books allow, and everything that they forbid. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ascii, type Bytes, encodeCsu, epochOfIso, fromHex, hex, tlv } from '@sokkin/codec';
import type { RsaKeyPair } from '@sokkin/crypto';
import {
  arpc,
  type CardProfile,
  type EmvIssuer,
  issuerScript,
  makeEmvIssuer,
  parseProfile,
  prepareCard,
  readProfile,
  scriptCommands,
  verifyCryptogram,
} from '@sokkin/issuer';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import { type ApduTransport, cardLost } from '@sokkin/terminal';
import { type EmvOutcome, type EmvPurchase, payWithEmv, type TerminalSetup } from '@sokkin/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { type PaperScript, paperCard } from './emv-paper-card.ts';

const ports = { rsa: nodeRsa(), symmetric: nodeSymmetric() };
const today = epochOfIso('2026-11-22');
const PAN = '9999120000000000';
const PIN = '123456';
const CSU = encodeCsu({ flags: new Set(['issuerApproves']), counters: 'reset', pinTries: 0 });

const fileOf = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../issuer/profiles', `${name}.json`), 'utf8');

let key: RsaKeyPair;
const issuers = new Map<string, EmvIssuer>();

async function issuerFor({ control, rsa: sizes }: CardProfile): Promise<EmvIssuer> {
  const rid = control.aid.slice(0, 5);
  const name = `${hex(rid)} ${control.cipher}`;
  const known = issuers.get(name);
  if (known !== undefined) return known;
  const wanted = {
    rid,
    caIndex: 1,
    identifier: '999912',
    expiry: '1240',
    cipher: control.cipher,
    keyIndex: 1,
    sizes,
  };
  const made = await makeEmvIssuer(ports, wanted);
  issuers.set(name, made);
  return made;
}

beforeAll(async () => {
  key = await ports.rsa.generateRsaKey(1024, 3);
});

/** A card on paper of a profile, and the terminal that meets it. */
async function scene(profile: CardProfile, script: PaperScript, setup: Partial<TerminalSetup> = {}) {
  const issuer = await issuerFor(profile);
  const order = {
    pan: PAN,
    sequence: '01',
    expiry: '3112',
    effective: today,
    serial: fromHex('000001'),
    key,
  };
  const own = profile.control.limitedUseOnly ? { limitedUse: { number: 5, uses: 9 } } : { pin: PIN };
  const { groupings } = await prepareCard(ports, issuer, profile, { ...order, ...own });
  const card = paperCard(ports, groupings, key, script);
  const transport: ApduTransport = { extended: true, transmit: (c) => card.transmit(c) };
  const terminal: TerminalSetup = {
    rsa: ports.rsa,
    randomBytes: ports.symmetric.randomBytes,
    caKeys: [issuer.ca],
    today,
    interface: 'contact',
    applications: [{ aid: profile.control.aid.subarray(0, 6), kernels: [fromHex('c10392'), fromHex('05')] }],
    ...setup,
  };
  return { issuer, card, transport, pay: (p: EmvPurchase) => payWithEmv(transport, terminal, p), terminal };
}

const white = (): CardProfile => readProfile(fileOf('white-label'));

/** The white-label profile with other members. */
const whiteWith = (members: object): CardProfile =>
  parseProfile({ ...JSON.parse(fileOf('white-label')), ...members });

type Ended<E extends EmvOutcome['ended']> = EmvOutcome & { readonly ended: E };
function expectEnd<E extends EmvOutcome['ended']>(outcome: EmvOutcome, ended: E): Ended<E> {
  expect(
    outcome.ended,
    JSON.stringify(outcome, (k, v) => (k === 'elements' ? undefined : v)),
  ).toBe(ended);
  return outcome as Ended<E>;
}

/** The issuer at the other end: believes the cryptogram, answers as the profile has it. */
function bank(issuer: EmvIssuer, profile: CardProfile, { approve = true, scripts = false } = {}) {
  const seen: string[] = [];
  const online: EmvPurchase['online'] = async (data) => {
    const found = verifyCryptogram(ports.symmetric, issuer, profile, { pan: PAN, sequence: '01', data });
    seen.push(found.verdict);
    if (found.verdict !== 'genuine') return { responseCode: ascii('05') };
    const responseCode = ascii(approve ? '00' : '05');
    const word =
      profile.control.arpcMethod === 1
        ? ({ method: 1, responseCode } as const)
        : ({ method: 2, cardStatusUpdate: approve ? CSU : new Uint8Array(4) } as const);
    const commands = scriptCommands(ports.symmetric, profile, found, [
      { action: 'putData', tag: 0x9f14, value: Uint8Array.of(3) },
      { action: 'unblockPin' },
    ]);
    return {
      responseCode,
      authentication: arpc(ports.symmetric, found, word),
      ...(scripts
        ? { scripts: [issuerScript(0x71, commands.slice(0, 1)), issuerScript(0x72, commands.slice(1))] }
        : {}),
    };
  };
  return { online, seen };
}

describe.each(['white-label', 'white-label-aes', 'jcb-shaped', 'phone'])('%s', (name) => {
  const profile = readProfile(fileOf(name));
  const setups: Partial<TerminalSetup>[] = [
    { interface: 'contact' },
    { interface: 'contactless', onDevice: name === 'phone' },
  ];

  test.each(setups)('an offline approval with CDA: $interface', async (setup) => {
    const { pay, issuer } = await scene(profile, { gives: ['tc'] }, setup);
    const end = expectEnd(await pay({ amount: 1200n, request: 'tc', pin: PIN }), 'approved');
    expect(end).toMatchObject({
      how: 'offline',
      recovered: false,
      oda: { method: 'cda', verdict: 'authentic' },
    });
    expect(end.first).toMatchObject({ type: 'tc', cda: 'authentic' });
    expect([...end.tvr]).toEqual([]);
    expect(end.holder.method).toBe(setup.onDevice === true ? 'onDevice' : 'noCvm');
    // What is cleared later is genuine: its data is what both sides knew.
    const seen = { pan: PAN, sequence: '01', data: end.message };
    expect(verifyCryptogram(ports.symmetric, issuer, profile, seen)).toMatchObject({
      verdict: 'genuine',
      iad: { debited: true },
    });
  });

  test.each(setups)(
    'online: the issuer believes the card, the card the issuer: $interface',
    async (setup) => {
      const { pay, issuer, card } = await scene(profile, { gives: ['arqc', 'tc'] }, setup);
      const { online, seen } = bank(issuer, profile, { scripts: true });
      const end = expectEnd(await pay({ amount: 1200n, request: 'arqc', online }), 'approved');
      expect(seen).toEqual(['genuine']);
      expect(card.heard).toEqual(
        name === 'jcb-shaped' ? ['issuer', 'script da', 'script 24'] : ['script da', 'issuer', 'script 24'],
      );
      expect(end.issuerAuthentication).toBe(name === 'jcb-shaped' ? 'accepted' : 'none');
      expect(end.second).toMatchObject({ type: 'tc', cda: 'authentic' });
      expect(end.scripts).toEqual([0x9000, 0x9000]);
    },
  );

  test('online, and declined', async () => {
    const { pay, issuer } = await scene(profile, { gives: ['arqc', 'aac'] });
    const { online } = bank(issuer, profile, { approve: false });
    const end = expectEnd(await pay({ amount: 1200n, request: 'arqc', online }), 'declined');
    expect(end).toMatchObject({ how: 'online', second: { type: 'aac', cda: undefined } });
  });
});

/** The data with one run of bytes replaced by another, both in hexadecimal. */
const replaced = (data: Bytes, from: string, to: string): Bytes => fromHex(hex(data).replace(from, to));
const NO_CVM = { x: 0, y: 0, rules: [{ method: 'noCvm', when: 'always', else: 'fail' }] };

describe('authentication of the card', () => {
  const bill = { amount: 1200n, request: 'tc' } as const;

  test.each(['dda', 'sda'] as const)('%s alone, in both formats of answers', async (method) => {
    const profile = whiteWith({ interchange: [method], cvm: NO_CVM });
    for (const format of [1, 2] as const) {
      const { pay } = await scene(profile, { gives: ['tc'], format });
      const end = expectEnd(await pay(bill), 'approved');
      expect(end).toMatchObject({ oda: { method, verdict: 'authentic' }, first: { cda: undefined } });
      expect(end.tvr.has('sdaSelected')).toBe(method === 'sda');
    }
  });

  test('none at all', async () => {
    const { pay } = await scene(whiteWith({ interchange: [], cvm: NO_CVM }), { gives: ['tc'] });
    const end = expectEnd(await pay(bill), 'approved');
    expect(end.oda.method).toBe('none');
    expect([...end.tvr]).toEqual(['odaNotPerformed']);
  });

  test.each([
    ['no-ca-key', { caKeys: [] }],
    ['issuer certificate: expired', { today: epochOfIso('2041-01-01') }],
    ['card certificate: expired', { today: epochOfIso('2032-01-01') }],
  ])('%s: the bit is set, and the cryptogram comes unsigned', async (verdict, setup) => {
    const { pay } = await scene(white(), { gives: ['tc'] }, setup);
    const end = expectEnd(await pay(bill), 'approved');
    expect(end).toMatchObject({ oda: { method: 'cda', verdict }, first: { cda: undefined } });
    expect(end.tvr.has('cdaFailed')).toBe(true);
  });

  test('a record that was changed', async () => {
    const bend = (name: string, data: Bytes): Bytes =>
      name === 'READ RECORD' ? replaced(data, '5f340101', '5f340102') : data;
    const { pay } = await scene(white(), { gives: ['tc'], bend });
    const end = expectEnd(await pay(bill), 'approved');
    expect(end.oda.verdict).toBe('card certificate: bad-hash');
  });

  test('a certificate that is missing', async () => {
    const bend = (name: string, data: Bytes): Bytes =>
      name === 'READ RECORD' ? replaced(data, '9f4681b0', 'df4681b0') : data;
    const { pay } = await scene(white(), { gives: ['tc'], bend });
    const end = expectEnd(await pay(bill), 'approved');
    expect([...end.tvr]).toEqual(['iccDataMissing', 'cdaFailed']);
  });

  test.each([
    ['the information', '9f270140', '9f270141', 'wrong-information'],
    ['the counter', '9f36020042', '9f36020043', 'wrong-transaction'],
    ['issuer data', '9f10200fa5', '9f10200fa6', 'wrong-transaction'],
  ])('CDA: %s changed on its way: no approval', async (_, from, to, verdict) => {
    const bend = (name: string, data: Bytes): Bytes =>
      name === 'GENERATE AC' ? replaced(data, from, to) : data;
    const { pay } = await scene(white(), { gives: ['tc'], bend });
    const end = expectEnd(await pay(bill), 'declined');
    expect(end.first).toMatchObject({ type: 'tc', cryptogram: undefined, cda: verdict });
    expect(end.tvr.has('cdaFailed')).toBe(true);
  });

  test('an ARQC whose signature fails goes to no issuer, and the card hears the end', async () => {
    let asked = 0;
    const bend = (name: string, data: Bytes): Bytes =>
      name === 'GENERATE AC' ? replaced(data, '9f270180', '9f270181') : data;
    const { pay } = await scene(white(), { gives: ['arqc', 'aac'], bend });
    const online = async () => {
      asked += 1;
      return undefined;
    };
    const end = expectEnd(await pay({ ...bill, online }), 'declined');
    expect([end.first.cda, end.second?.type, asked]).toEqual(['wrong-information', 'aac', 0]);
  });

  test('DDA with a signature that is none, and with none at all', async () => {
    const profile = whiteWith({ interchange: ['dda'], cvm: NO_CVM });
    const bend = (name: string, data: Bytes): Bytes =>
      name === 'INTERNAL AUTHENTICATE' ? tlv(0x80, new Uint8Array(128)) : data;
    const scripts: readonly [PaperScript, string][] = [
      [{ gives: ['tc'], bend }, 'bad-trailer'],
      [{ gives: ['tc'], refuses: { 'INTERNAL AUTHENTICATE': 0x6985 } }, 'no-signature'],
    ];
    for (const [script, verdict] of scripts) {
      const { pay } = await scene(profile, script);
      const end = expectEnd(await pay(bill), 'approved');
      expect(end.oda).toEqual({ method: 'dda', verdict });
      expect(end.tvr.has('ddaFailed')).toBe(true);
    }
  });
});

describe('verification of the holder', () => {
  const dear = { amount: 12_000n, request: 'tc' } as const;

  test.each([
    ['an enciphered PIN', undefined, 'enciphered PIN', '440302'],
    ['a plain PIN, where the terminal has no other', ['offlinePinPlain'], 'plain PIN', '410302'],
  ] as const)('%s', async (_, methods, heard, results) => {
    const setup = methods === undefined ? {} : { methods: new Set(methods) };
    const { pay, card } = await scene(white(), { gives: ['tc'] }, setup);
    const end = expectEnd(await pay({ ...dear, pin: PIN }), 'approved');
    expect(card.heard).toEqual([heard]);
    expect([hex(end.holder.results), end.holder.result]).toEqual([results, 'successful']);
  });

  test('a wrong PIN: every rule is tried, and all have failed', async () => {
    const { pay, card } = await scene(white(), { gives: ['tc'] });
    const end = expectEnd(await pay({ ...dear, pin: '9999' }), 'approved');
    expect(card.heard).toEqual(['enciphered PIN', 'plain PIN']);
    expect([...end.tvr]).toEqual(['cvmFailed']);
    expect(end.holder.result).toBe('failed');
  });

  test('no PIN, a blocked PIN, an online PIN, a device that the terminal does not ask', async () => {
    const nobody = await scene(white(), { gives: ['tc'] });
    expect(expectEnd(await nobody.pay(dear), 'approved').tvr.has('pinNotEntered')).toBe(true);
    const blocked = await scene(white(), { gives: ['tc'], refuses: { VERIFY: 0x6983 } });
    const end = expectEnd(await blocked.pay({ ...dear, pin: PIN }), 'approved');
    expect(end.tvr.has('pinTryLimitExceeded')).toBe(true);
    const online = await scene(white(), { gives: ['tc'] }, { methods: new Set(['onlinePin']) });
    const asked = expectEnd(await online.pay({ ...dear, pin: PIN }), 'approved');
    expect([...asked.tvr, hex(asked.holder.results)]).toEqual(['onlinePinEntered', '020300']);
    const phone = await scene(readProfile(fileOf('phone')), { gives: ['tc'] });
    expect(expectEnd(await phone.pay(dear), 'approved').tvr.has('cvmFailed')).toBe(true);
  });
});

describe('restrictions and endings', () => {
  const bill = { amount: 1n, request: 'tc' } as const;

  test('dates, usage, version', async () => {
    const early = await scene(white(), { gives: ['tc'] }, { today: today - 1 });
    expect(expectEnd(await early.pay(bill), 'approved').tvr.has('notYetEffective')).toBe(true);
    const cash = await scene(white(), { gives: ['tc'] });
    const end = expectEnd(await cash.pay({ ...bill, type: 1 }), 'approved');
    expect(end.tvr.has('serviceNotAllowed')).toBe(true);
    const other = await scene(white(), { gives: ['tc'] }, { version: fromHex('0002') });
    expect(expectEnd(await other.pay(bill), 'approved').tvr.has('versionsDiffer')).toBe(true);
  });

  test.each([
    ['tc', 'approved'],
    ['aac', 'declined'],
  ] as const)('no way to the issuer: %s is asked for', async (whenUnable, ended) => {
    const { pay } = await scene(white(), { gives: ['arqc', whenUnable] });
    const end = expectEnd(await pay({ ...bill, whenUnable, online: async () => undefined }), ended);
    expect(end).toMatchObject({ how: 'offline', second: { type: whenUnable } });
    expect(hex(end.message.get(0x8a) ?? new Uint8Array(0))).toBe(whenUnable === 'tc' ? '5933' : '5a33');
  });

  test('nothing in common; another kernel; a blocked application; options refused', async () => {
    const applications = [{ aid: fromHex('a0000000031010') }];
    const stranger = await scene(white(), { gives: [] }, { applications });
    expect(await stranger.pay(bill)).toEqual({ ended: 'no-application', sw: 0x6a82 });
    const elsewhere = [{ aid: white().control.aid, kernels: [fromHex('03')] }];
    const kernel = await scene(white(), { gives: [] }, { interface: 'contactless', applications: elsewhere });
    expect(await kernel.pay(bill)).toMatchObject({ ended: 'no-application' });
    const blocked = await scene(white(), { gives: [], refuses: { SELECT: 0x6283 } });
    expect(await blocked.pay(bill)).toEqual({ ended: 'no-application', sw: 0x6283 });
    const spent = await scene(white(), { gives: [], refuses: { GPO: 0x6985 } });
    const refused = { ended: 'refused', command: 'GET PROCESSING OPTIONS', sw: 0x6985 };
    expect(await spent.pay(bill)).toEqual(refused);
  });

  test('a script command that fails ends its script', async () => {
    const { pay } = await scene(white(), { gives: ['arqc', 'tc'], refuses: { VERIFY: 0x6a80 } });
    const commands = ['8018000000', '8020000000', '8018000000'].map(fromHex);
    const online = async () => ({ responseCode: ascii('00'), scripts: [issuerScript(0x72, commands)] });
    const end = expectEnd(await pay({ ...bill, online }), 'approved');
    expect(end.scripts).toEqual([0x9000, 0x6a80]);
    expect(end.tvr.has('scriptFailedAfterFinal')).toBe(true);
  });
});

describe('a torn transaction', () => {
  /** The card leaves after it worked off this command, once. */
  function leaving(inner: ApduTransport, instruction: number): ApduTransport {
    let gone = false;
    return {
      extended: false,
      async transmit(c) {
        const answer = await inner.transmit(c);
        if (gone || c[1] !== instruction) return answer;
        gone = true;
        throw cardLost();
      },
    };
  }
  const bill = { amount: 700n, request: 'tc' } as const;

  test('the lost cryptogram comes again, with its signature, for the first amount', async () => {
    const profile = white();
    const { transport, terminal, issuer } = await scene(profile, { gives: ['tc'] });
    const { torn } = expectEnd(await payWithEmv(leaving(transport, 0xae), terminal, bill), 'torn');
    const again = await payWithEmv(transport, terminal, { ...bill, amount: 9n, torn });
    const end = expectEnd(again, 'approved');
    expect(end).toMatchObject({ recovered: true, first: { type: 'tc', cda: 'authentic' } });
    const seen = { pan: PAN, sequence: '01', data: end.message };
    expect(verifyCryptogram(ports.symmetric, issuer, profile, seen).verdict).toBe('genuine');
    expect(hex(end.message.get(0x9f02) ?? new Uint8Array(0))).toBe('000000000700');
  });

  test('a card that knows nothing of it refuses; another card pays as ever', async () => {
    const script: PaperScript = { gives: ['tc'], refuses: { 'RECOVER AC': 0x6985 } };
    const { transport, terminal } = await scene(white(), script);
    const { torn } = expectEnd(await payWithEmv(leaving(transport, 0xae), terminal, bill), 'torn');
    const refused = await payWithEmv(transport, terminal, { ...bill, torn });
    expect(refused).toMatchObject({ ended: 'refused', command: 'RECOVER AC' });
    const other = await payWithEmv(transport, terminal, { ...bill, torn: { ...torn, pan: fromHex('99') } });
    expect(other).toMatchObject({ ended: 'approved', recovered: false });
  });

  test('lost elsewhere: nothing is at stake', async () => {
    const { transport, terminal } = await scene(white(), { gives: ['tc'] });
    const paying = payWithEmv(leaving(transport, 0xb2), terminal, bill);
    await expect(paying).rejects.toMatchObject({ code: 'card_lost' });
  });
});

describe('what the books forbid', () => {
  type Bend = NonNullable<PaperScript['bend']>;
  const change =
    (name: string, by: (data: Bytes) => Bytes): Bend =>
    (n, data) =>
      n === name ? by(data) : data;
  const swap = (name: string, from: string, to: string) => change(name, (data) => replaced(data, from, to));
  const instead = (name: string, answer: string) => change(name, () => fromHex(answer));
  const cut = (name: string) => change(name, (data) => data.subarray(0, -1));
  const withPlain = (data: Bytes): Bytes =>
    tlv(0x77, data.subarray(data[1] === 0x81 ? 3 : 2), tlv(0x9f26, new Uint8Array(8)));

  test.each<[string, PaperScript, string]>([
    ['more than was asked for', { gives: ['tc'] }, 'Book 3, 9.3'],
    [
      'a name that was not selected',
      { gives: [], bend: swap('SELECT', '840e31', '840e32') },
      'Book 1, 11.3.4',
    ],
    ['an FCI that is cut', { gives: [], bend: cut('SELECT') }, 'Book 1, 11.3.4'],
    ['a directory in file 11', { gives: [], bend: swap('SELECT', '880101', '88010b') }, 'Book 1, 12.2.3'],
    ['a directory record that is cut', { gives: [], bend: cut('READ RECORD') }, 'Book 1, 12.2.3'],
    ['an entry without a label', { gives: [], bend: swap('READ RECORD', '5006', '8706') }, 'Book 1, 12.2.3'],
    ['options in no template', { gives: [], bend: swap('GPO', '77', '78') }, 'Book 3, 6.5.8'],
    ['options without a locator', { gives: [], bend: instead('GPO', '770482023900') }, 'Book 3, 6.5.8'],
    ['half a locator', { gives: [], bend: instead('GPO', '77088202390094020801') }, 'Book 3, 10.2'],
    ['a locator of file 31', { gives: [], bend: instead('GPO', '770a820239009404f8010100') }, 'Book 3, 10.2'],
    ['a record that is not there', { gives: [], bend: swap('GPO', '10010101', '10010201') }, 'Book 3, 10.2'],
    ['one record twice', { gives: [], bend: swap('GPO', '10010101', '08010101') }, 'Book 3, 10.2'],
    ['no CDOL1', { gives: [], bend: swap('READ RECORD', '8c1b', 'c01b') }, 'Book 3, 7.2'],
    [
      'a date that is no number',
      { gives: [], bend: swap('READ RECORD', '5f240331', '5f24033a') },
      'Book 3, 10.2',
    ],
    ["data of the terminal's", { gives: [], bend: swap('READ RECORD', '5f3401', '9f3501') }, 'Book 3, 10.2'],
    [
      'a country of no bytes',
      { gives: [], bend: swap('READ RECORD', '5f280203925f30020201', '5f28009f500403920201') },
      'Book 3, 10.2',
    ],
    [
      'a cryptogram in no template',
      { gives: ['aac'], bend: swap('GENERATE AC', '77', '78') },
      'Book 3, 6.5.5.4',
    ],
    ['no information', { gives: ['aac'], bend: swap('GENERATE AC', '9f2701', '9f2801') }, 'Book 3, 6.5.5.4'],
    [
      'a reserved type',
      { gives: ['aac'], bend: swap('GENERATE AC', '9f270100', '9f2701c0') },
      'Book 3, 6.5.5.4',
    ],
    ['an answer of nothing', { gives: ['aac'], bend: instead('GENERATE AC', '') }, 'Book 3, 6.5.5.4'],
    [
      'a short format 1',
      { gives: ['aac'], bend: instead('GENERATE AC', '80050000000000') },
      'Book 3, 6.5.5.4',
    ],
    [
      'a short counter',
      { gives: ['aac'], bend: instead('GENERATE AC', '77089f2701009f360101') },
      'Book 3, 6.5.5.4',
    ],
    ['a signed AAC', { gives: ['arqc'], bend: swap('GENERATE AC', '9f270180', '9f270100') }, 'Book 2, 6.6.1'],
    ['clear beside signed', { gives: ['arqc'], bend: change('GENERATE AC', withPlain) }, 'Book 2, 6.6.1'],
    ['a challenge of 4 bytes', { gives: [], bend: instead('GET CHALLENGE', '01020304') }, 'Book 3, 6.5.6'],
    ['VERIFY with nonsense', { gives: [], refuses: { VERIFY: 0x6f00 } }, 'Book 3, 6.5.12.5'],
  ])('%s', async (_, script, section) => {
    const { pay } = await scene(white(), script);
    const paying = pay({ amount: 12_000n, request: 'arqc', pin: PIN });
    await expect(paying).rejects.toMatchObject({ code: 'emv_violation', section });
  });

  test('an answer that is no response APDU', async () => {
    const { terminal } = await scene(white(), { gives: [] });
    const mute: ApduTransport = { extended: false, transmit: async () => Uint8Array.of(0x12) };
    const paying = payWithEmv(mute, terminal, { amount: 1n, request: 'tc' });
    await expect(paying).rejects.toMatchObject({ section: 'Book 1, 9.4.2' });
  });

  test('a second cryptogram with another counter; an ARQC as the second', async () => {
    let n = 0;
    const bend = change('GENERATE AC', (data) => {
      n += 1;
      return n === 2 ? replaced(data, '9f36020042', '9f36020043') : data;
    });
    const counter = await scene(white(), { gives: ['arqc', 'aac'], bend });
    const other = counter.pay({ amount: 1n, request: 'arqc' });
    await expect(other).rejects.toMatchObject({ section: 'Book 3, 9.2' });
    const again = await scene(white(), { gives: ['arqc', 'arqc'] });
    await expect(again.pay({ amount: 1n, request: 'arqc' })).rejects.toMatchObject({
      section: 'Book 3, 9.3',
    });
  });

  test('EXTERNAL AUTHENTICATE with nonsense; and refused, as the book has it', async () => {
    const profile = readProfile(fileOf('jcb-shaped'));
    const paying = async (sw: number) => {
      const refuses = { 'EXTERNAL AUTHENTICATE': sw };
      const { pay, issuer } = await scene(profile, { gives: ['arqc', 'tc'], refuses });
      return pay({ amount: 1n, request: 'arqc', online: bank(issuer, profile).online });
    };
    await expect(paying(0x6985)).rejects.toMatchObject({ section: 'Book 3, 6.5.4.4' });
    const end = expectEnd(await paying(0x6300), 'approved');
    expect(end.issuerAuthentication).toBe('refused');
    expect(end.tvr.has('issuerAuthenticationFailed')).toBe(true);
  });

  test('a directory without contacts that is none', async () => {
    const script = { gives: [], bend: swap('SELECT', 'bf0c', 'bf0d') };
    const { pay } = await scene(white(), script, { interface: 'contactless' });
    const paying = pay({ amount: 1n, request: 'tc' });
    await expect(paying).rejects.toMatchObject({ section: 'Book B, 3.3.2' });
  });
});
