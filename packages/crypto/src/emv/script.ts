/**
 * Secure messaging of issuer scripts (Book 2, section 9): the MAC that a command carries, and encipherment of
 * its data. Both sides: the issuer secures, the card opens.
 *
 * What must hold: `open` gives data only if the whole MAC was right over header and data as they came; a MAC
 * is compared in constant time. Format 1 is the books' (BER-TLV data objects, MACs chained from one command
 * to the next); format 2 leaves the layout to the issuer, here data and then the MAC.
 */
import {
  assert,
  type Bytes,
  type CommandApdu,
  concat,
  equal,
  parseTemplate,
  SokkinError,
  tlv,
  u8,
} from '@sokkin/codec';
import { pad80, unpad80, zeros } from '../mac.ts';
import type { SymmetricPort } from '../ports.ts';
import { emvMac } from './cryptogram.ts';
import type { EmvCipher } from './keys.ts';

/** Session keys of one transaction's script, each from its own master key (`scriptSessionKey`). */
export interface ScriptKeys {
  readonly cipher: EmvCipher;
  /** Integrity: for the MACs. */
  readonly mac: Bytes;
  /** Confidentiality: for data that is enciphered. */
  readonly encipher: Bytes;
}

/**
 * How data becomes whole blocks before it is enciphered: `always` (80 and zeros, as the common core
 * definitions require), `whenNeeded` (only if it is not whole already; then the reader must know its length),
 * `lengthFirst` (its length in a byte before it, 80 and zeros after it, blocks not chained).
 */
export type ScriptPadding = 'always' | 'whenNeeded' | 'lengthFirst';

const blockOf = (cipher: EmvCipher): 8 | 16 => (cipher === 'tdes' ? 8 : 16);

/** Section 9.3.2: the data enciphered, in CBC mode from a block of zeros. */
export function encipherScriptData(
  port: SymmetricPort,
  cipher: EmvCipher,
  key: Bytes,
  data: Bytes,
  padding: ScriptPadding = 'always',
): Bytes {
  const block = blockOf(cipher);
  switch (padding) {
    case 'always':
      return cbc(port, cipher, key, pad80(data, block));
    case 'whenNeeded':
      return cbc(port, cipher, key, data.length % block === 0 ? data : pad80(data, block));
    case 'lengthFirst': {
      const plain = pad80(concat(u8(data.length), data), block);
      return concat(...blocks(plain, block).map((one) => cbc(port, cipher, key, one)));
    }
  }
}

/** The plain data, or undefined if length or padding do not fit. Open the MAC first, then decipher. */
export function decipherScriptData(
  port: SymmetricPort,
  cipher: EmvCipher,
  key: Bytes,
  enciphered: Bytes,
  padding: ScriptPadding = 'always',
): Bytes | undefined {
  const block = blockOf(cipher);
  if (enciphered.length === 0 || enciphered.length % block !== 0) return undefined;
  if (padding === 'whenNeeded') return uncbc(port, cipher, key, enciphered);
  if (padding === 'always') return unpad80(uncbc(port, cipher, key, enciphered), block);
  const plain = unpad80(concat(...blocks(enciphered, block).map((b) => uncbc(port, cipher, key, b))), block);
  return plain !== undefined && plain[0] === plain.length - 1 ? plain.subarray(1) : undefined;
}

/** What the issuer and the card of one profile agree on for format 2. */
export interface Format2 {
  /** Bytes of the MAC, 4 to 8. */
  readonly macLength: number;
  /** Bytes that the MAC covers between header and data and that are not sent: ATC and ARQC in some profiles. */
  readonly transactionData: Bytes;
}

/** A format 2 command with its MAC behind its data (section 9.2.1.2). The class byte says X4 already. */
export function secureFormat2(
  port: SymmetricPort,
  keys: ScriptKeys,
  rules: Format2,
  command: CommandApdu,
): CommandApdu {
  assert((command.cla & 0x0c) === 0x04, 'a format 2 command has class X4');
  const mac = format2Mac(port, keys, rules, command, command.data);
  return { ...command, data: concat(command.data, mac) };
}

/** The data of a format 2 command without its MAC, or undefined if the MAC is not right. */
export function openFormat2(
  port: SymmetricPort,
  keys: ScriptKeys,
  rules: Format2,
  command: CommandApdu,
): Bytes | undefined {
  const end = command.data.length - rules.macLength;
  if (end < 0 || (command.cla & 0x0c) !== 0x04) return undefined;
  const data = command.data.subarray(0, end);
  return equal(format2Mac(port, keys, rules, command, data), command.data.subarray(end)) ? data : undefined;
}

function format2Mac(
  port: SymmetricPort,
  keys: ScriptKeys,
  rules: Format2,
  c: CommandApdu,
  data: Bytes,
): Bytes {
  const length = data.length + rules.macLength;
  const header = Uint8Array.of(c.cla, c.ins, c.p1, c.p2, length);
  assert(length <= 0xff, () => `script command of ${length} bytes`);
  return emvMac(port, keys.cipher, keys.mac, concat(header, rules.transactionData, data), rules.macLength);
}

const TAG_PLAIN = 0x81;
const TAG_CRYPTOGRAM = 0x87;
const TAG_MAC = 0x8e;
/** The cryptogram object says first how it was padded: 80 and zeros (ISO/IEC 7816-4, padding indicator). */
const PADDED_80 = 0x01;

export interface Format1 {
  readonly macLength: number;
  /**
   * The 8 bytes that the MAC starts from (section 9.2.3, common core definitions): the application
   * cryptogram of the first GENERATE AC for the first command of a transaction, then the whole MAC of the
   * command before.
   */
  readonly chaining: Bytes;
  /** Whether the data travels enciphered (tag 87) or plain (tag 81). */
  readonly enciphered: boolean;
}

/** A format 1 command (section 9.2.1.1), and the chaining value for the next. The class byte says XC already. */
export function secureFormat1(
  port: SymmetricPort,
  keys: ScriptKeys,
  rules: Format1,
  command: CommandApdu,
): { command: CommandApdu; chaining: Bytes } {
  assert((command.cla & 0x0c) === 0x0c, 'a format 1 command has class XC');
  const body = format1Body(port, keys, rules, command.data);
  const mac = format1Mac(port, keys, rules, command, body);
  const data = concat(body, tlv(TAG_MAC, mac.subarray(0, rules.macLength)));
  return { command: { ...command, data }, chaining: mac };
}

function format1Body(port: SymmetricPort, keys: ScriptKeys, rules: Format1, data: Bytes): Bytes {
  if (data.length === 0) return data;
  if (!rules.enciphered) return tlv(TAG_PLAIN, data);
  const enciphered = encipherScriptData(port, keys.cipher, keys.encipher, data, 'always');
  return tlv(TAG_CRYPTOGRAM, u8(PADDED_80), enciphered);
}

/** The plain data of a format 1 command and the chaining value for the next, or undefined if it is not right. */
export function openFormat1(
  port: SymmetricPort,
  keys: ScriptKeys,
  rules: Format1,
  command: CommandApdu,
): { data: Bytes; chaining: Bytes } | undefined {
  if ((command.cla & 0x0c) !== 0x0c) return undefined;
  const objects = format1Objects(command.data);
  if (objects === undefined) return undefined;
  // The MAC comes last and covers all before it: standing elsewhere it would have to cover itself.
  const body = command.data.subarray(0, command.data.length - tlv(TAG_MAC, objects.mac).length);
  const mac = format1Mac(port, keys, rules, command, body);
  if (!equal(mac.subarray(0, rules.macLength), objects.mac)) return undefined;
  const data = format1Data(port, keys, rules, objects);
  return data === undefined ? undefined : { data, chaining: mac };
}

type Objects = { mac: Bytes; plain?: Bytes; cryptogram?: Bytes };

function format1Objects(data: Bytes): Objects | undefined {
  try {
    const optional = { plain: TAG_PLAIN, cryptogram: TAG_CRYPTOGRAM };
    return parseTemplate(data, 'secured command', { mac: TAG_MAC }, optional);
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

function format1Data(port: SymmetricPort, keys: ScriptKeys, rules: Format1, o: Objects): Bytes | undefined {
  if (o.plain !== undefined && o.cryptogram !== undefined) return undefined;
  if (o.plain !== undefined) return rules.enciphered ? undefined : o.plain;
  if (o.cryptogram === undefined) return zeros(0);
  if (!rules.enciphered || o.cryptogram[0] !== PADDED_80) return undefined;
  return decipherScriptData(port, keys.cipher, keys.encipher, o.cryptogram.subarray(1), 'always');
}

/** Chaining value, header filled to a block with 80 and zeros, data objects: all 8 bytes (section 9.2.3). */
function format1Mac(
  port: SymmetricPort,
  keys: ScriptKeys,
  rules: Format1,
  c: CommandApdu,
  body: Bytes,
): Bytes {
  assert(rules.chaining.length === 8, () => `chaining value of ${rules.chaining.length} bytes`);
  assert(rules.macLength >= 4 && rules.macLength <= 8, () => `MAC of ${rules.macLength} bytes`);
  const header = pad80(Uint8Array.of(c.cla, c.ins, c.p1, c.p2), 8);
  return emvMac(port, keys.cipher, keys.mac, concat(rules.chaining, header, body), 8);
}

function blocks(data: Bytes, size: number): Bytes[] {
  return Array.from({ length: data.length / size }, (_, i) => data.subarray(i * size, (i + 1) * size));
}

function cbc(port: SymmetricPort, cipher: EmvCipher, key: Bytes, data: Bytes): Bytes {
  return cipher === 'tdes'
    ? port.desCbcEncrypt(key, zeros(8), data)
    : port.aesCbcEncrypt(key, zeros(16), data);
}

function uncbc(port: SymmetricPort, cipher: EmvCipher, key: Bytes, data: Bytes): Bytes {
  return cipher === 'tdes'
    ? port.desCbcDecrypt(key, zeros(8), data)
    : port.aesCbcDecrypt(key, zeros(16), data);
}
