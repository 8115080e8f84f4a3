/** Messages in every shipped profile: what a terminal and its host say to each other, and what is to be refused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Bytes,
  decodeIso,
  dissectIso,
  encodeIso,
  frameIso,
  fromHex,
  hex,
  IsoError,
  type IsoMessage,
  type IsoProfile,
  type IsoValue,
  isoMacInput,
  isoMatchingKey,
  isoMessage,
  readIsoProfile,
  respondIso,
} from '@sokkin/codec';
import { valueToJson } from './json.ts';

const FOLDER = join(import.meta.dirname, '../../../packages/codec/profiles');

export const isoProfile = (name: string): IsoProfile =>
  readIsoProfile(readFileSync(join(FOLDER, `iso8583-${name}.json`), 'utf8'));

type Fields = Readonly<Record<number, IsoValue>>;

const ZEROS = new Uint8Array(8);
const CHIP: IsoValue = [
  [0x9f26, '2e078f5cea112daa'],
  [0x9f27, '80'],
  [0x9f10, '0fa601a00000000000000000000000000f0000000000000000000000000000'],
  [0x9f37, '5d3b0a71'],
  [0x9f36, '002a'],
  [0x95, '0000008000'],
  [0x9a, '261122'],
  [0x9c, '00'],
  [0x9f02, '000000001250'],
  [0x5f2a, '0392'],
  [0x82, '3900'],
  [0x9f1a, '0392'],
  [0x9f03, '000000000000'],
  [0x84, 'f0534f4b4b494e02'],
].map(([tag, value]) => ({ tag: Number(tag), value: fromHex(String(value)) }));

const SHOP: Fields = { 41: 'TERM0001', 42: 'SHOP-0000000001', 49: '392' };

/** 1987: local time and date in two fields, response codes of two characters. */
const CARD_1987: Fields = {
  2: '6360001234567890123',
  3: '000000',
  4: 1250n,
  7: '1122213045',
  11: '000042',
  12: '063045',
  13: '1123',
  14: '3011',
  23: '001',
  25: '00',
  32: '12345678901',
  37: '632621000042',
};
const REQUESTS_1987: readonly [string, Fields][] = [
  ['0100', { ...CARD_1987, ...SHOP, 22: '071', 35: '6360001234567890123=30112010000', 55: CHIP, 64: ZEROS }],
  [
    '0200',
    {
      ...CARD_1987,
      ...SHOP,
      22: '051',
      28: { sign: 'D', amount: 30n },
      52: fromHex('cd2c09cdca80244c'),
      55: CHIP,
    },
  ],
  ['0220', { ...CARD_1987, ...SHOP, 22: '051', 38: 'A1B2C ', 39: '00', 55: CHIP }],
  [
    '0421',
    {
      ...CARD_1987,
      ...SHOP,
      22: '071',
      39: '68',
      90: `0200000042${'1122213045'}${'12345678901'.padStart(11, '0')}${'0'.repeat(11)}`,
      128: ZEROS,
    },
  ],
  [
    '0500',
    {
      7: '1122220000',
      11: '000099',
      15: '1122',
      32: '12345678901',
      41: 'TERM0001',
      42: 'SHOP-0000000001',
      50: '392',
      66: '1',
      74: '0000000002',
      76: '0000000311',
      86: 2500n,
      88: 987_654_321_098_765n,
      97: { sign: 'D', amount: 987_654_321_096_265n },
    },
  ],
  ['0800', { 7: '1122213000', 11: '000001', 70: '301' }],
];

const CARD_1993: Fields = {
  2: '636000123456789012',
  3: '000000',
  4: 1250n,
  7: '1122213045',
  11: '000042',
  12: '261123063045',
  14: '3011',
  22: '51010151114C',
  23: '001',
  24: '200',
  26: '5411',
  32: '12345678901',
  37: '632621000042',
};
const REQUESTS_1993: readonly [string, Fields][] = [
  [
    '1100',
    {
      ...CARD_1993,
      ...SHOP,
      24: '100',
      35: '636000123456789012=30112010000',
      43: 'SHOP\\1 CHOME\\TOKYO\\1000001JPN',
      53: fromHex('0102030405060708'),
      55: CHIP,
      64: ZEROS,
    },
  ],
  ['1200', { ...CARD_1993, ...SHOP, 52: fromHex('cd2c09cdca80244c'), 55: CHIP }],
  ['1220', { ...CARD_1993, ...SHOP, 38: 'A1B2C ', 39: '000', 55: CHIP }],
  [
    '1421',
    {
      ...CARD_1993,
      ...SHOP,
      24: '400',
      25: '4021',
      30: `${'0'.repeat(8)}1250${'0'.repeat(12)}`,
      56: '1200000042261123063045' + '1112345678901',
      128: ZEROS,
    },
  ],
  [
    '1520',
    {
      7: '1122220000',
      11: '000099',
      24: '500',
      28: '261122',
      32: '12345678901',
      50: '392',
      74: '0000000002',
      76: '0000000311',
      86: 2500n,
      88: 987_654_321_098_765n,
      97: { sign: 'C', amount: 0n },
    },
  ],
  [
    '1804',
    { 7: '1122213000', 11: '000001', 12: '261123063000', 24: '831', 93: '00000000001', 94: '00000000002' },
  ],
];

/** The invented acquirer: TPDU, private fields. Without the fields that it does not have, and 22 of four digits. */
const EXAMPLE: readonly [string, Fields][] = [
  [
    '0200',
    {
      ...CARD_1987,
      ...SHOP,
      22: '0510',
      35: '6360001234567890123=30112010000',
      48: new Map<string, IsoValue>([
        ['terminal-type', '22'],
        ['capabilities', fromHex('e0b8c8')],
        ['software', 'sokkin 0.1'],
        ['floor-limit', 5000n],
        ['location', 'TOKYO [1F]'],
      ]),
      55: CHIP,
      60: '000123',
      63: new Map<string, IsoValue>([
        ['01', 'loyalty'],
        ['7A', ''],
      ]),
      64: ZEROS,
    },
  ],
  [
    '0800',
    {
      7: '1122213000',
      11: '000001',
      41: 'TERM0001',
      48: new Map<string, IsoValue>([
        ['terminal-type', '22'],
        ['capabilities', fromHex('e0b8c8')],
        ['software', ''],
      ]),
      70: '301',
    },
  ],
];

const ANSWERED: Readonly<Record<string, string>> = { '1987': '00', '1993': '000' };

/** One message with everything that others can compare. */
function shown(profile: IsoProfile, message: IsoMessage, mti: string) {
  const octets = encodeIso(profile, message);
  const { pieces } = dissectIso(profile, octets);
  const hasMac = message.fields.has(64) || message.fields.has(128);
  return {
    mti,
    ...(message.header === undefined ? {} : { header: hex(message.header) }),
    fields: Object.fromEntries([...message.fields].map(([n, v]) => [n, valueToJson(v)])),
    octets: hex(octets),
    pieces: pieces.map(({ path, start, end }) => `${path} ${hex(octets.subarray(start, end))}`),
    framed: hex(frameIso(profile.framing, octets)).slice(0, 2 * profile.framing.size),
    ...(hasMac ? { macInput: hex(isoMacInput(profile, message)) } : {}),
    key: isoMatchingKey(profile, message),
  };
}

function conversation(profile: IsoProfile, mti: string, fields: Fields) {
  const header = profile.header && fromHex('6000010002');
  const request = isoMessage(mti, fields, header);
  const answer: Fields = {
    39:
      mti.startsWith('04') || mti.startsWith('14')
        ? profile.version === '1993'
          ? '400'
          : '00'
        : (ANSWERED[profile.version] ?? ''),
  };
  const response = respondIso(profile, request, answer);
  const responseDigits = `${mti.slice(0, 2)}${Number(mti[2]) + 1}${Number(mti[3]) & ~1}`;
  return { request: shown(profile, request, mti), response: shown(profile, response, responseDigits) };
}

/** What must be refused: the octets of a good message, changed in one place, and how the refusal reads here. */
function refused(profile: IsoProfile, good: Bytes) {
  const changes: [string, Bytes][] = [
    ['the last octet is missing', good.subarray(0, -1)],
    ['one octet more', Uint8Array.from([...good, 0])],
    [
      'nothing but a header and an MTI',
      good.subarray(0, (profile.header?.octets ?? 0) + (profile.mti === 'bcd' ? 2 : 4)),
    ],
    [
      'the version of another standard',
      changed(good, profile.header?.octets ?? 0, (b) => b ^ (profile.mti === 'bcd' ? 0x10 : 1)),
    ],
    [
      'a bit for a field that does not follow',
      changed(
        good,
        (profile.header?.octets ?? 0) +
          (profile.mti === 'bcd' ? 2 : 4) +
          (profile.bitmap === 'binary' ? 7 : 15),
        (b) => (profile.bitmap === 'binary' ? b | 1 : 0x31),
      ),
    ],
  ];
  return changes.map(([about, octets]) => ({ about, octets: hex(octets), ...refusalOf(profile, octets) }));
}

const changed = (octets: Bytes, at: number, how: (octet: number) => number): Bytes =>
  octets.map((octet, i) => (i === at ? how(octet) & 0xff : octet));

function refusalOf(profile: IsoProfile, octets: Bytes) {
  try {
    decodeIso(profile, octets);
  } catch (error) {
    if (error instanceof IsoError)
      return { code: error.code, path: error.path, offset: error.offset, message: error.message };
    throw error;
  }
  throw new Error('accepted');
}

/** vectors/iso8583/messages.json. */
export function isoMessages() {
  const of = (name: string, requests: readonly [string, Fields][]) => {
    const profile = isoProfile(name);
    const conversations = requests.map(([mti, fields]) => conversation(profile, mti, fields));
    const last = conversations.at(-1);
    if (last === undefined) throw new Error('no conversation');
    return { profile: name, conversations, refused: refused(profile, fromHex(last.request.octets)) };
  };
  return {
    about: 'Requests and their responses in every shipped profile, and what must be refused. See README.md.',
    profiles: [
      of('1987-ascii', REQUESTS_1987),
      of('1987-bcd', REQUESTS_1987),
      of('1987-binary-ebcdic', REQUESTS_1987),
      of('1993-ascii', REQUESTS_1993),
      of('1993-bcd', REQUESTS_1993),
      of('example-acquirer', EXAMPLE),
    ],
  };
}
