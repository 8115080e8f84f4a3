/** The load: its cards' cryptograms are genuine to an issuer, its terminals never ask twice at once, its figures count what they say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeIso, encodeIso, fromHex, readIsoProfile, textOf } from '@sokkin/codec';
import { checkCryptogram, readCryptogramProfile } from '@sokkin/issuer';
import { nodeSymmetric } from '@sokkin/node';
import { expect, test } from 'vitest';
import { LoadCard, type LoadIssuer, panOf } from '../src/pos/load/cards.ts';
import { Tally } from '../src/pos/load/tally.ts';
import { LoadTerminal } from '../src/pos/load/terminals.ts';
import { runTraffic, type Traffic } from '../src/pos/load/traffic.ts';
import { openAcquirer } from './acquirer.ts';

const packages = join(import.meta.dirname, '../../../packages');
const read = (path: string): string => readFileSync(join(packages, path), 'utf8');
const port = nodeSymmetric();
const profile = readIsoProfile(read('codec/profiles/iso8583-1987-bcd.json'));
const masterKey = fromHex('0123456789abcdeffedcba9876543210');
const issuerOf = (version: string): LoadIssuer => ({
  port,
  profile: readCryptogramProfile(read(`issuer/cryptograms/${version}.json`)),
  keyIndex: 1,
  masterKey,
});

test.each(['cvn10', 'cvn18', 'ccd-tdes', 'ccd-aes'])(
  'cards of %s are genuine to their issuer, tap after tap',
  (version) => {
    const issuer = issuerOf(version);
    const pan = panOf('999914', 7, 16);
    expect(pan).toHaveLength(16);
    const card = new LoadCard(issuer, pan, 41);
    const keys = { cryptogram: masterKey, scriptMac: masterKey, scriptEncipher: masterKey };
    for (const atc of [41, 42]) {
      const { data } = card.tap(1200n, '261123');
      const identity = { pan, sequence: '01' };
      const found = checkCryptogram(
        port,
        (index) => (index === (issuer.profile.iad.keyIndex === undefined ? 0 : 1) ? keys : undefined),
        issuer.profile,
        identity,
        data,
      );
      expect(found).toMatchObject({ verdict: 'genuine', type: 'arqc' });
      expect(data.get(0x9f36)).toEqual(Uint8Array.of(0, atc));
    }
  },
);

const terminals = (count: number, sent = 0) =>
  Array.from({ length: count }, (_, number) => {
    const card = new LoadCard(issuerOf('cvn18'), panOf('999914', number, 16), 1);
    return new LoadTerminal({
      ...{ profile, kind: 'pay', number, sent, cards: [card], amount: () => 5n, now: () => new Date() },
      shop: { merchant: 'SHOP', category: '5411', acquirer: undefined },
      write: (message) => encodeIso(profile, message),
    });
  });
const traffic = (to: number, more: Partial<Traffic> = {}): Traffic => ({
  ...{ host: '127.0.0.1', port: to, profile, mac: undefined, tls: undefined, signOn: undefined },
  ...{ connections: 2, rate: undefined, warmSeconds: 0, seconds: 0.4, timeoutMs: 2000 },
  ...more,
});

test('every terminal has one question open at most, and every number is used once', async () => {
  const acquirer = await openAcquirer(profile);
  const asking = terminals(5);
  for (const t of asking) t.prepare(3);
  const result = await runTraffic(traffic(acquirer.port), asking);
  await acquirer.close();
  expect(result.answered).toBeGreaterThan(10);
  expect(result).toMatchObject({ unanswered: 0, strange: 0, terminals: 5, connections: 2 });
  expect(result.codes).toEqual({ '00': result.answered });
  const references = acquirer.seen.map(({ message }) => textOf(message, 37));
  expect(new Set(references).size).toBe(references.length);
  for (const terminal of new Set(acquirer.seen.map(({ message }) => textOf(message, 41)))) {
    const own = acquirer.seen.filter(({ message }) => textOf(message, 41) === terminal);
    expect(own.map(({ message }) => Number(textOf(message, 11)))).toEqual(own.map((_, i) => i + 1));
  }
});

test('at a rate it asks so often, and what is not answered is told', async () => {
  const acquirer = await openAcquirer(profile);
  acquirer.next('deaf', { code: '51' });
  const result = await runTraffic(
    traffic(acquirer.port, { rate: 50, seconds: 1, timeoutMs: 300 }),
    terminals(8),
  );
  await acquirer.close();
  expect(result.unanswered).toBe(1);
  expect(result.codes['51']).toBe(1);
  expect(result.answered).toBeLessThanOrEqual(52);
});

test('times count from when a question was due', () => {
  const tally = new Tally();
  [tally.from, tally.until] = [1000, 2000];
  tally.answered(990, 1010, '00');
  for (let i = 0; i < 98; i++) tally.answered(1100, 1105, '00');
  tally.answered(1100, 1700, '00');
  tally.answered(1990, 2100, '00');
  expect(tally.result(1, 1)).toMatchObject({ answered: 100, rate: 100, p50Ms: 5, p99Ms: 600, mostMs: 600 });
});

test('what is made beforehand is what would be made on the way', () => {
  const [terminal] = terminals(1);
  terminal?.prepare(2);
  const stans = [1, 2, 3].map(() => terminal && textOf(decodeIso(profile, terminal.question().octets), 11));
  expect(stans).toEqual(['000001', '000002', '000003']);
});

test('a load in the second of the one before goes on with its numbers', () => {
  const [terminal] = terminals(1, 41);
  expect(terminal && textOf(decodeIso(profile, terminal.question().octets), 11)).toBe('000042');
});
