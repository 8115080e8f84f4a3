/**
 * Messages that other people's software wrote, at the live host with the real desk: they are understood, the money moves, and the
 * software that wrote the question reads the answer. The dialects are what those people use, as data.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import {
  decodeIso,
  encodeIso,
  fromHex,
  hex,
  type IsoProfile,
  isoMatchingKey,
  parseIsoProfile,
  responseMti,
  tlv,
} from '@sokkin/codec';
import { IsoChannel } from '@sokkin/node';
import { afterEach, describe, expect, test } from 'vitest';
import { type OpenShop, openShop, stampNow, tapOf } from './shop.ts';

let shop: OpenShop | undefined;
afterEach(async () => {
  await shop?.close();
  shop = undefined;
});

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');
const shipped = (name: string): Record<string, unknown> =>
  JSON.parse(read(`packages/codec/profiles/iso8583-${name}.json`));

type Fields = Record<string, string>;
interface Peer {
  getBufferMessage(): Buffer | { error: string };
  getIsoJSON(octets: Buffer): Fields | { error: string };
  validateMessage(): boolean | { error: string };
  getResMTI(): string;
}
const Library: new (fields: Fields) => Peer = createRequire(import.meta.url)('iso_8583');

/** What npm iso_8583 2.6.7 speaks, written down as an acquirer would: chip data as hexadecimal text, whose length counts characters. */
const LIBRARY_DIALECT = {
  ...shipped('1987-ascii'),
  ...{ name: 'npm-iso-8583', bitmap: 'binary', secondary: 'always', binary: 'raw' },
  frame: { coding: 'binary', size: 2, includesItself: false, most: 4096 },
  without: [36, 40, 51, 53, 54, 58, 59, 64, 93, 96, 118, 119, 120, 121, 122, 123, 127, 128],
  fields: {
    49: { format: 'n 3' },
    55: {
      ...{ name: 'Chip data', format: 'b...499', coding: 'hex', content: { form: 'ber-tlv' } },
      prefix: { coding: 'text', size: 3, counts: 'wire' },
    },
  },
};

/** The library on a socket of its own: its octets out, its reading of what comes back. */
async function libraryAt({ line }: OpenShop) {
  const socket: Socket = connect({ host: line.host, port: line.port });
  await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail));
  return {
    async ask(fields: Fields): Promise<Fields> {
      const octets = new Library(fields).getBufferMessage();
      if (!Buffer.isBuffer(octets)) throw new Error(octets.error);
      const answer = new Promise<Buffer>((done, fail) => socket.once('data', done).once('close', fail));
      socket.write(octets);
      const found = new Library({}).getIsoJSON(await answer);
      if ('error' in found) throw new Error(String(found.error));
      return found as Fields;
    },
    close: () => socket.destroy(),
  };
}

describe('npm iso_8583', () => {
  test('sale, repeat, decline, reversal, echo: it reads our answers, and the ledger has its payment', async () => {
    shop = await openShop({
      dialect: parseIsoProfile(LIBRARY_DIALECT),
      mac: false,
      link: { profile: LIBRARY_DIALECT },
    });
    const [card] = shop.cards;
    if (card === undefined) throw new Error('a card');
    const library = await libraryAt(shop);
    const { local, transmitted } = stampNow();
    const saleOf = (stan: string, amount: bigint): Fields => {
      const { data } = tapOf(card, amount).card;
      const chip = [...data].filter(([tag]) => tag !== 0x5a && tag !== 0x5f24);
      return {
        0: '0200',
        2: card.card.pan,
        3: '000000',
        4: amount.toString().padStart(12, '0'),
        7: transmitted,
        11: stan,
        12: local.slice(6),
        13: local.slice(2, 6),
        14: '3112',
        22: '072',
        23: '001',
        25: '00',
        37: `REF000${stan}`,
        41: 'LIBRARY1',
        42: 'SHOP1          ',
        49: '392',
        55: chip
          .map(([tag, value]) => hex(tlv(tag, value)))
          .join('')
          .toUpperCase(),
      };
    };
    const sale = saleOf('000001', 1200n);
    const yes = await library.ask(sale);
    expect(yes).toMatchObject({ 0: new Library(sale).getResMTI(), 11: '000001', 39: '00', 41: 'LIBRARY1' });
    expect(yes[4]).toBe('000000001200');
    expect(yes[38]).toMatch(/^\d{6}$/);
    expect(await library.ask({ ...sale, 0: '0201' })).toMatchObject({ 39: '00', 38: yes[38] });
    expect(await library.ask(saleOf('000002', 9500n))).toMatchObject({ 39: '10', 4: '000000008800' });
    expect(await library.ask(saleOf('000003', 1n))).toMatchObject({ 39: '51' });
    expect((await shop.balance(card.account)).balance).toBe(0n);
    const original = `0200000002${transmitted}${'0'.repeat(22)}`;
    const { 35: _, 55: __, ...second } = saleOf('000002', 9500n);
    const reversal = { ...second, 0: '0400', 11: '000004', 90: original };
    expect(await library.ask(reversal)).toMatchObject({ 0: '0410', 39: '00' });
    expect(await library.ask({ 0: '0800', 7: transmitted, 11: '000005', 70: '301' })).toMatchObject({
      0: '0810',
      39: '00',
    });
    library.close();
    expect((await shop.balance(card.account)).balance).toBe(8800n);
    expect((await shop.balance(shop.merchantAccount)).balance).toBe(1200n);
  });
});

interface Published {
  readonly source: string;
  readonly profile: string;
  readonly change?: Record<string, unknown>;
  readonly mti: string;
  readonly octets: string;
}
const PUBLISHED: readonly Published[] = JSON.parse(read('vectors/iso8583/published.json')).messages;
const dialectOf = ({ profile, change = {} }: Published): Record<string, unknown> => ({
  ...shipped(profile),
  ...change,
  name: 'published',
  fields: { ...(shipped(profile).fields as object), ...((change.fields as object | undefined) ?? {}) },
});
const groups = new Map<string, Published[]>();
for (const sample of PUBLISHED) {
  const dialect = JSON.stringify(dialectOf(sample));
  groups.set(dialect, [...(groups.get(dialect) ?? []), sample]);
}

describe.each([...groups].map(([dialect, samples]) => [samples[0]?.source ?? '', dialect, samples] as const))(
  'published, in the dialect of: %s',
  (_source, text, samples) => {
    test('each request is answered in its own dialect, and what is no request is passed over', async () => {
      const document = JSON.parse(text) as Record<string, unknown>;
      const profile: IsoProfile = parseIsoProfile(document);
      shop = await openShop({ dialect: profile, mac: false, cards: 0, link: { profile: document } });
      for (const { octets, mti } of samples) {
        const question = decodeIso(profile, fromHex(octets));
        const answer = await answerTo(
          shop,
          profile,
          fromHex(octets),
          responseMti(question.mti) !== undefined,
        );
        if (responseMti(question.mti) === undefined) expect(answer, mti).toBeUndefined();
        else {
          expect(answer?.mti, mti).toEqual(responseMti(question.mti));
          expect(answer && isoMatchingKey(profile, answer)).toBe(isoMatchingKey(profile, question));
          expect(answer?.fields.get(39)).toMatch(profile.version === '1987' ? /^[0-9A-Z]{2}$/ : /^\d{3}$/);
          expect(answer && hex(encodeIso(profile, answer))).toMatch(/^[0-9a-f]+$/);
        }
      }
    });
  },
);

async function answerTo({ line }: OpenShop, profile: IsoProfile, octets: Uint8Array, wantsOne: boolean) {
  const socket = connect({ host: line.host, port: line.port });
  await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail));
  const heard: ReturnType<typeof decodeIso>[] = [];
  let tell: () => void = () => undefined;
  const over = new Promise<void>((done) => {
    tell = done;
  });
  const channel = new IsoChannel(socket, profile.framing, {
    message: (answer) => {
      heard.push(decodeIso(profile, answer));
      tell();
    },
    closed: () => tell(),
  });
  channel.send(octets);
  if (wantsOne) await over;
  else await new Promise((done) => setTimeout(done, 300));
  channel.destroy();
  return heard[0];
}
