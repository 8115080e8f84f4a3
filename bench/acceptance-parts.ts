/**
 * Area `acceptance`, what needs no server: messages read and written beside somebody else's library (npm iso_8583), cryptograms
 * checked beside the bare MAC.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { decodeIso, encodeIso, type IsoMessage, isoMessage, parseIsoProfile } from '@sokkin/codec';
import { emvMac } from '@sokkin/crypto';
import { checkCryptogram, readCryptogramProfile } from '@sokkin/issuer';
import { nodeSymmetric } from '@sokkin/node';
import { LoadCard, panOf } from '../apps/cli/src/pos/load/cards.ts';
import { alternate, type Row } from './row.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TIMES = 200;
const ROUNDS = 60;

interface Peer {
  getRawMessage(): Buffer | { error: string };
  getIsoJSON(octets: Buffer, config: { lenHeader: boolean }): Record<string, string> | { error: string };
}

const row = (more: Pick<Row, 'name' | 'value' | 'unit' | 'reference'> & Partial<Row>): Row => ({
  ...{ area: 'acceptance', ratio: null, goal: null, met: null },
  ...more,
});

const repeat = (work: () => void) => () => {
  for (let i = 0; i < TIMES; i++) work();
};

export const parts = async (): Promise<Row[]> => [...(await messages()), ...(await cryptograms())];

/** A sale as both libraries have it: sixteen fields, no chip data. */
const SALE = {
  2: '9999120000000000',
  3: '000000',
  7: '1122213045',
  11: '000042',
  12: '063045',
  13: '1123',
  14: '3112',
  18: '5411',
  22: '072',
  23: '001',
  25: '00',
  32: '123456',
  35: '9999120000000000=31122010000000000',
  41: 'TERM0001',
  42: 'SHOP           ',
} as const;

async function messages(): Promise<Row[]> {
  const Library: new (fields: Record<string, string>) => Peer = createRequire(import.meta.url)('iso_8583');
  const file = readFileSync(join(ROOT, 'packages/codec/profiles/iso8583-1987-ascii.json'), 'utf8');
  const profile = parseIsoProfile({ ...JSON.parse(file), bitmap: 'binary', secondary: 'always', fields: {} });
  const ours: IsoMessage = isoMessage('0200', { ...SALE, 4: 1250n });
  const fields = { 0: '0200', ...SALE, 4: '000000001250' };
  const octets = Buffer.from(encodeIso(profile, ours));
  const theirs = new Library(fields).getRawMessage();
  if (!Buffer.isBuffer(theirs) || !theirs.equals(octets)) throw new Error('Both must write the same octets');
  const seconds = await alternate(
    {
      write: repeat(() => encodeIso(profile, ours)),
      read: repeat(() => decodeIso(profile, octets)),
      'peer writes': repeat(() => new Library(fields).getRawMessage()),
      'peer reads': repeat(() => new Library({}).getIsoJSON(octets, { lenHeader: false })),
    },
    ROUNDS,
  );
  const rate = (what: string): number => TIMES / (seconds[what] ?? Number.NaN);
  return (['read', 'write'] as const).map((what) =>
    row({
      name: `ISO 8583 messages ${what === 'read' ? 'read' : 'written'}, 16 fields`,
      value: rate(what),
      unit: '1/s',
      reference: `npm iso_8583 2.6.7: ${Math.round(rate(`peer ${what}s`))}/s`,
      ratio: rate(what) / rate(`peer ${what}s`),
    }),
  );
}

async function cryptograms(): Promise<Row[]> {
  const port = nodeSymmetric();
  const rows: Row[] = [];
  for (const version of ['cvn18', 'ccd-aes']) {
    const file = readFileSync(join(ROOT, `packages/issuer/cryptograms/${version}.json`), 'utf8');
    const profile = readCryptogramProfile(file);
    const masterKey = port.randomBytes(16);
    const pan = panOf('999914', 1, 16);
    const { data } = new LoadCard({ port, profile, keyIndex: 1, masterKey }, pan, 1).tap(1200n, '261123');
    const keys = { cryptogram: masterKey, scriptMac: masterKey, scriptEncipher: masterKey };
    const covered = port.randomBytes(61);
    const seconds = await alternate(
      {
        mac: repeat(() => emvMac(port, profile.cipher, masterKey, covered)),
        check: repeat(() => {
          const found = checkCryptogram(port, () => keys, profile, { pan, sequence: '01' }, data);
          if (found.verdict !== 'genuine') throw new Error(`The cryptogram is ${found.verdict}`);
        }),
      },
      ROUNDS,
    );
    const rate = (what: string): number => TIMES / (seconds[what] ?? Number.NaN);
    rows.push(
      row({
        name: `ARQCs checked, ${version}, from the issuer master key on`,
        value: rate('check'),
        unit: '1/s',
        reference: `the bare MAC over 61 bytes: ${Math.round(rate('mac'))}/s`,
        ratio: rate('check') / rate('mac'),
      }),
    );
  }
  return rows;
}
