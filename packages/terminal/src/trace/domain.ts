/**
 * The issuer security domain's commands (GlobalPlatform Card Specification 2.3, chapter 11; Amendment D for the
 * channel; docs/spec/card-application.md, section 10).
 *
 * What must hold: what STORE DATA carries is not shown, in plain or encrypted.
 */
import {
  type Bytes,
  cardLifecycleOf,
  DOMAIN_INS,
  describeSw,
  FOR_PERSONALIZATION,
  hex,
  STATUS_OF,
  STORE_DATA_P1,
  SW,
} from '@sokkin/codec';
import {
  type Application,
  allOf,
  cut,
  GET_RESPONSE,
  type Header,
  isPinCommand,
  moved,
  SELECT,
} from './application.ts';
import type { Range } from './fields.ts';
import { nameTlvs, type TagTable } from './tlv.ts';

const TITLES: ReadonlyMap<number, string> = new Map([
  [DOMAIN_INS.initializeUpdate, 'INITIALIZE UPDATE'],
  [DOMAIN_INS.externalAuthenticate, 'EXTERNAL AUTHENTICATE'],
  [DOMAIN_INS.getData, 'GET DATA'],
  [DOMAIN_INS.storeData, 'STORE DATA'],
  [DOMAIN_INS.install, 'INSTALL'],
  [DOMAIN_INS.setStatus, 'SET STATUS'],
  [DOMAIN_INS.getStatus, 'GET STATUS'],
  [SELECT, 'SELECT'],
  [GET_RESPONSE, 'GET RESPONSE'],
  [0x70, 'MANAGE CHANNEL'],
  [0xd8, 'PUT KEY'],
  [0xe4, 'DELETE'],
  [0xe8, 'LOAD'],
]);
const PUT_KEY = 0xd8;

const NAMES: ReadonlyMap<number, string> = new Map([
  [0x06, 'object identifier'],
  [0x42, 'issuer identification number'],
  [0x45, 'card image number'],
  [0x4f, 'application identifier'],
  [0x5c, 'tag list'],
  [0x60, 'card management type and version'],
  [0x63, 'card identification scheme'],
  [0x64, 'secure channel protocol'],
  [0x65, 'card configuration details'],
  [0x66, 'card data'],
  [0x6f, 'FCI template'],
  [0x73, 'card recognition data'],
  [0x84, 'application identifier'],
  [0xa5, 'proprietary information'],
  [0xc0, 'key information: number, version, type, bytes'],
  [0xc4, 'load file'],
  [0xc5, 'privileges'],
  [0xcc, 'security domain'],
  [0xce, 'version'],
  [0xcf, 'diversification data'],
  [0xe0, 'key information'],
  [0xe3, 'registry entry'],
  [0x9f65, 'longest command data'],
  [0x9f70, 'lifecycle'],
]);
const TAGS: TagTable = {
  name: (tag) => NAMES.get(tag),
  value: (tag, value) => (tag === 0x9f65 && value.length < 3 ? String(number(value)) : hex(value)),
  repeatable: new Set([0x06, 0x64, 0xc0, 0xe3, 0x84]),
};

const INSTALL_FOR: readonly (readonly [bit: number, what: string])[] = [
  [0x02, 'load'],
  [0x04, 'install'],
  [0x08, 'make selectable'],
  [0x10, 'extradition'],
  [FOR_PERSONALIZATION, 'personalization'],
  [0x40, 'registry update'],
];
const INSTALL_FIELDS = ['load file', 'module', 'application identifier', 'privileges', 'parameters', 'token'];
const INITIALIZED = [
  ['diversification data', 10],
  ['key version', 1],
  ['secure channel protocol and options', 2],
  ['card challenge', 8],
  ['card cryptogram', 8],
  ['sequence counter', 3],
] as const;
const LEVEL = { mac: 0x01, decryption: 0x02, responseMac: 0x10, responseEncryption: 0x20 } as const;
const LEVELS: readonly (readonly [number, string])[] = [
  [LEVEL.mac, 'C-MAC'],
  [LEVEL.decryption, 'C-DECRYPTION'],
  [LEVEL.responseMac, 'R-MAC'],
  [LEVEL.responseEncryption, 'R-ENCRYPTION'],
];
const SECURED = 0x04;
const MAC = 8;

const WORDS: ReadonlyMap<number, string> = new Map<number, string>([
  [SW.fileDeactivated, 'the card is locked'],
  [SW.verificationFailed, "the host's cryptogram is wrong"],
  [SW.securityStatusNotSatisfied, 'a secure channel, or a higher level of it, is needed'],
  [SW.conditionsNotSatisfied, 'not possible now, or not in this lifecycle'],
  [SW.incorrectSecureMessaging, "the command's MAC or padding is wrong"],
  [SW.referencedDataNotFound, 'no such key version, data object, entry or application'],
]);

/** A tracer's view of one security domain; it follows the level of the channel. */
export function createDomain(): Application {
  let level = 0;
  const isSecured = (c: Header) => (c.cla & SECURED) !== 0 && c.ins !== DOMAIN_INS.externalAuthenticate;
  return {
    title: (c) => TITLES.get(c.ins),
    parameters,
    secret(c) {
      if (isPinCommand(c.ins)) return 'PIN (not shown)';
      if (c.ins === PUT_KEY) return 'keys (not shown)';
      if (c.ins !== DOMAIN_INS.storeData) return undefined;
      const how =
        isSecured(c) && (level & LEVEL.decryption) !== 0
          ? 'encrypted data groupings and MAC'
          : 'data groupings';
      return `${how} (not shown)`;
    },
    data(c, data) {
      if (!isSecured(c)) return plainData(c, data);
      // Where the trace begins inside a channel, what it encrypts is not known.
      if (level === 0) return allOf(data, 'secured data');
      const body = data.subarray(0, Math.max(0, data.length - MAC));
      const mac = moved(allOf(data.subarray(body.length), 'MAC'), body.length);
      const encrypted = (level & LEVEL.decryption) !== 0;
      return [...(encrypted ? allOf(body, 'encrypted data') : plainData(c, body)), ...mac];
    },
    answer(c, answer) {
      if (isSecured(c) && level === 0) return allOf(answer, 'data, perhaps secured');
      if (!isSecured(c) || (level & LEVEL.responseMac) === 0) return plainAnswer(c, answer);
      const body = answer.subarray(0, Math.max(0, answer.length - MAC));
      const mac = moved(allOf(answer.subarray(body.length), 'MAC'), body.length);
      const encrypted = (level & LEVEL.responseEncryption) !== 0;
      return [...(encrypted ? allOf(body, 'encrypted data') : plainAnswer(c, body)), ...mac];
    },
    status: (_c, sw) => {
      const own = WORDS.get(sw);
      return own === undefined ? describeSw(sw) : `${own} (${sw.toString(16).toUpperCase()})`;
    },
    over(c, _answer, sw) {
      if (c.ins === DOMAIN_INS.initializeUpdate || c.ins === SELECT) level = 0;
      if (c.ins === DOMAIN_INS.externalAuthenticate && sw === SW.ok) level = c.p1;
    },
  };
}

function plainData(c: Header, data: Bytes): Range[] {
  switch (c.ins) {
    case SELECT:
      return allOf(data, 'application identifier');
    case DOMAIN_INS.initializeUpdate:
      return allOf(data, 'host challenge');
    case DOMAIN_INS.externalAuthenticate:
      return cut(data, [['host cryptogram', 8], ['MAC']]);
    case DOMAIN_INS.install:
      return (c.p1 & 0x02) === 0 ? lengthsAndValues(data) : allOf(data, 'data');
    case DOMAIN_INS.getStatus:
    case DOMAIN_INS.getData:
      return nameTlvs(data, TAGS);
    default:
      return allOf(data, 'data');
  }
}

/** The fields of INSTALL: each its length and its value (GPCS, 11.5.2.3). */
function lengthsAndValues(data: Bytes): Range[] {
  const rows: (readonly [string, number])[] = [];
  let at = 0;
  for (const name of INSTALL_FIELDS) {
    const length = data[at];
    if (length === undefined || at + 1 + length > data.length) break;
    rows.push([`length of ${name}`, 1], [name, length]);
    at += 1 + length;
  }
  return cut(data, rows);
}

function plainAnswer(c: Header, answer: Bytes): Range[] {
  switch (c.ins) {
    case DOMAIN_INS.initializeUpdate:
      return cut(answer, INITIALIZED);
    case DOMAIN_INS.install:
      return allOf(answer, 'confirmation');
    case DOMAIN_INS.storeData:
      return allOf(answer, 'answers of the groupings');
    default:
      return nameTlvs(answer, TAGS);
  }
}

function parameters({ ins, p1, p2 }: Header): string {
  switch (ins) {
    case DOMAIN_INS.initializeUpdate:
      return p1 === 0 ? 'any key version' : `key version ${p1}`;
    case DOMAIN_INS.externalAuthenticate:
      return bitsOf(LEVELS, p1) || 'no secure messaging';
    case DOMAIN_INS.getData:
      return NAMES.get((p1 << 8) | p2) ?? '';
    case DOMAIN_INS.install: {
      const what = bitsOf(INSTALL_FOR, p1);
      return what === '' ? '' : `for ${what}`;
    }
    case DOMAIN_INS.storeData:
      return storeData(p1, p2);
    case DOMAIN_INS.getStatus:
      return about(p1);
    case DOMAIN_INS.setStatus:
      return `${about(p1)}: ${(p1 === STATUS_OF.domain && cardLifecycleOf(p2)) || hex(Uint8Array.of(p2))}`;
    default:
      return '';
  }
}

function storeData(p1: number, block: number): string {
  const last = (p1 & STORE_DATA_P1.lastBlock) === 0 ? '' : ', the last';
  const secrets = (p1 & STORE_DATA_P1.encryptedByIdentifier) === 0 ? '' : ', secrets under the data key';
  return `block ${block}${last}${secrets}`;
}

const about = (p1: number): string => {
  const what = (Object.keys(STATUS_OF) as (keyof typeof STATUS_OF)[]).find((name) => STATUS_OF[name] === p1);
  const names = {
    domain: 'security domain',
    applications: 'applications',
    loadFiles: 'load files',
    modules: 'load files and modules',
  };
  return what === undefined ? hex(Uint8Array.of(p1)) : names[what];
};

const bitsOf = (bits: readonly (readonly [number, string])[], value: number): string =>
  bits.flatMap(([bit, name]) => ((value & bit) === 0 ? [] : [name])).join(', ');

const number = (value: Bytes): number => value.reduce((n, b) => n * 256 + b, 0);
