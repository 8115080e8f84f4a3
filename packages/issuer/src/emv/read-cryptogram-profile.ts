/**
 * From the file of a cryptogram version to its form in memory (docs/spec/emv-issuer.md, section 2).
 *
 * What must hold: a file has one reading, and every member of it is used; every refusal is `bad_profile` and names the place;
 * what reads never lets a decision look at a type or a bit that the MAC leaves out.
 */
import { CVR_BITS, type CvrBit, emvElement, JsonField } from '@sokkin/codec';
import type { MasterKeyOption } from '@sokkin/crypto';
import type {
  CoveredPart,
  CryptogramProfile,
  CvrShape,
  HalfByte,
  IadShape,
  ScriptRules,
} from './cryptogram-profile.ts';

const FORMAT = 'sokkin-cryptogram-profile-1';
const MOST_IAD = 32;
const MOST_DATA = 255;

/** The profile in a file's text. Fails with `bad_profile`: where, what is wrong, what is allowed. */
export function readCryptogramProfile(text: string): CryptogramProfile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return new JsonField(undefined, 'profile').refuse(`not JSON: ${String(cause)}`, 'a JSON object');
  }
  return parseCryptogramProfile(json);
}

/** As `readCryptogramProfile`, of what JSON.parse gives. */
export function parseCryptogramProfile(json: unknown): CryptogramProfile {
  const f = new JsonField(json, 'profile').object(
    [
      'format',
      'name',
      'sources',
      'cipher',
      'masterKey',
      'sessionKey',
      'padding',
      'data',
      'iad',
      'arpc',
      'scripts',
    ],
    ['note', 'keyLength', 'cvr', 'limitedUse'],
  );
  f.format.oneOf([FORMAT]);
  readSources(f.sources);
  const arpc = f.arpc.object(['method', 'key']);
  const iad = readIadShape(f.iad);
  const data = f.data.list().map((part) => readPart(part));
  if ((iad.cvr === undefined) !== (f.cvr === undefined))
    f.iad.refuse('its results and their bits need each other', 'cvr here and in iad, or in neither');
  const profile: CryptogramProfile = {
    name: f.name.text(/^[a-z0-9-]{1,40}$/, 'small letters, digits and hyphens, at most 40'),
    note: f.note?.text(/^[\s\S]*$/, 'text') ?? '',
    cipher: f.cipher.oneOf(['tdes', 'aes'] as const),
    masterKey: f.masterKey.oneOf<MasterKeyOption>(['A', 'B', 'C']),
    keyLength: f.keyLength?.oneOf([16, 24, 32] as const) ?? 16,
    sessionKey: f.sessionKey.oneOf(['none', 'common', 'unpredictable'] as const),
    padding: f.padding.oneOf(['iso2', 'zeros'] as const),
    data,
    iad,
    cvr: f.cvr === undefined ? undefined : readCvrShape(f.cvr, iad, coveredBytes(data)),
    arpc: { method: arpc.method.oneOf([1, 2] as const), key: arpc.key.oneOf(['session', 'master'] as const) },
    scripts: readScripts(f.scripts),
    limitedUse: f.limitedUse?.flag() ?? false,
  };
  checkTogether(profile, f);
  return profile;
}

/** They are for people; what must hold is that there is one. */
function readSources(field: JsonField): void {
  const sources = field.list().map((s) => s.text(/\S/, 'where the facts are from, in words'));
  if (sources.length === 0) field.refuse('none is named', 'at least one, where the facts are from');
}

const PART = '"TAG LENGTH" such as "9F02 6", "iad", "iad FROM", "iad FROM LENGTH"';

function readPart(field: JsonField): CoveredPart {
  const text = field.text(/^(iad( \d{1,2}){0,2}|(\p{Hex_Digit}{2}){1,3} \d{1,3})$/u, PART);
  const [name = '', first, second] = text.split(' ');
  if (name === 'iad') {
    const iadFrom = Number(first ?? 0);
    const length = second === undefined ? undefined : Number(second);
    if (iadFrom + (length ?? 1) > MOST_IAD || length === 0)
      field.refuse('it lies beyond the issuer application data', '1 to 32 bytes from byte 0');
    return { iadFrom, length };
  }
  const tag = Number.parseInt(name, 16);
  const length = Number(first);
  const element = emvElement(tag);
  if (element !== undefined && (length < element.min || length > element.max))
    field.refuse(`${name} (${element.name}) with ${length} bytes`, `${element.min} to ${element.max}`);
  if (tag === 0x9f10) field.refuse('9F10 stands here by its tag', '"iad", which may name a part of it');
  return { tag, length };
}

/** Bytes of the issuer application data that the cryptogram covers. */
function coveredBytes(data: readonly CoveredPart[]): ReadonlySet<number> {
  const covered = new Set<number>();
  for (const part of data) {
    if (!('iadFrom' in part)) continue;
    const end = part.length === undefined ? MOST_IAD : part.iadFrom + part.length;
    for (let at = part.iadFrom; at < end; at++) covered.add(at);
  }
  return covered;
}

function readIadShape(field: JsonField): IadShape {
  const f = field.object(
    ['length', 'version'],
    ['fixed', 'keyIndex', 'cvr', 'offlineCount', 'keyNumber', 'debited'],
  );
  const [least, most] = readRange(f.length);
  const place = (at: JsonField | undefined, bytes = 1): number | undefined => at?.whole(0, least - bytes);
  const version = f.version.object(['at', 'value']);
  const cvr = f.cvr?.object(['at', 'length']);
  const length = cvr?.length.whole(1, 8) ?? 0;
  const fixed = new Map<number, number>();
  for (const [at, bytes] of f.fixed?.entries() ?? []) {
    if (!/^\d{1,2}$/.test(at)) bytes.refuse(`"${at}" is no place`, 'the number of a byte, from 0');
    for (const [i, byte] of bytes.bytes(1, MOST_IAD).entries()) fixed.set(Number(at) + i, byte);
  }
  if ([...fixed.keys()].some((at) => at >= most))
    field.refuse('a fixed byte lies beyond the end', `bytes 0 to ${most - 1}`);
  fixed.set(version.at.whole(0, least - 1), version.value.bytes(1, 1)[0] ?? 0);
  return {
    least,
    most,
    fixed,
    keyIndex: place(f.keyIndex),
    cvr: cvr === undefined ? undefined : { at: cvr.at.whole(0, least - length), length },
    offlineCount: place(f.offlineCount),
    keyNumber: place(f.keyNumber, 2),
    debited: place(f.debited),
  };
}

function readRange(field: JsonField): [number, number] {
  const [least, most = least, ...rest] = field.list();
  if (least === undefined || most === undefined || rest.length > 0)
    return field.refuse('a length is one number or two', '[7] or [7, 32]');
  const from = least.whole(1, MOST_IAD);
  return [from, most.whole(from, MOST_IAD)];
}

const BIT = 'byte and mask, such as "0.08"';

function readCvrShape(field: JsonField, iad: IadShape, covered: ReadonlySet<number>): CvrShape {
  const f = field.object(['types', 'bits'], ['pinTries', 'scripts']);
  const { at = 0, length = 0 } = iad.cvr ?? {};
  const under = (where: JsonField, byte: number): number =>
    byte < length && covered.has(at + byte)
      ? byte
      : where.refuse(`byte ${byte} is not under the MAC`, 'bytes of the results that data covers');
  const half = (where: JsonField | undefined): HalfByte | undefined => {
    if (where === undefined) return undefined;
    const h = where.object(['byte', 'half']);
    return { byte: under(h.byte, h.byte.whole(0, 7)), half: h.half.oneOf(['high', 'low'] as const) };
  };
  const bits = f.bits.entries().map(([name, place]): [CvrBit, readonly [number, number]] => {
    const known = (Object.keys(CVR_BITS) as CvrBit[]).find((bit) => bit === name);
    if (known === undefined) return place.refuse(`"${name}" is not known`, Object.keys(CVR_BITS).join(', '));
    const [byte, mask] = place.text(/^[0-7]\.(01|02|04|08|10|20|40|80)$/, BIT).split('.');
    return [known, [under(place, Number(byte)), Number.parseInt(mask ?? '', 16)]];
  });
  return {
    types: under(f.types, f.types.whole(0, 7)),
    pinTries: half(f.pinTries),
    scripts: half(f.scripts),
    bits: new Map(bits),
  };
}

function readScripts(field: JsonField): ScriptRules {
  const f = field.object(['format', 'macLength', 'sessionKey', 'coversTransaction', 'padding', 'pinBlock']);
  const rules: ScriptRules = {
    format: f.format.oneOf([1, 2] as const),
    macLength: f.macLength.whole(4, 8),
    sessionKey: f.sessionKey.oneOf(['common', 'counterXor'] as const),
    coversTransaction: f.coversTransaction.flag(),
    padding: f.padding.oneOf(['always', 'whenNeeded', 'lengthFirst'] as const),
    pinBlock: f.pinBlock.oneOf(['plain', 'masked'] as const),
  };
  if (rules.format === 1 && rules.coversTransaction)
    f.coversTransaction.refuse('format 1 chains its MACs from the cryptogram', 'false under format 1');
  if (rules.format === 1 && rules.padding !== 'always')
    f.padding.refuse('tag 87 says that its data is padded', '"always" under format 1');
  return rules;
}

const UNPREDICTABLE_NUMBER = 0x9f37;
const ATC = 0x9f36;

function checkTogether(
  p: CryptogramProfile,
  f: Readonly<Record<'masterKey' | 'padding' | 'sessionKey' | 'data' | 'scripts' | 'iad', JsonField>> & {
    readonly keyLength?: JsonField;
    readonly limitedUse?: JsonField;
  },
): void {
  const isAes = p.cipher === 'aes';
  if (isAes !== (p.masterKey === 'C'))
    f.masterKey.refuse(`${p.masterKey} is not for ${p.cipher}`, isAes ? 'C' : 'A, B');
  if (!isAes && p.keyLength !== 16)
    f.keyLength?.refuse('triple DES has two keys of 8 bytes', '16 under tdes');
  if (isAes && p.padding !== 'iso2') f.padding.refuse('AES-CMAC pads by itself', 'iso2 under aes');
  if (isAes && (p.sessionKey === 'unpredictable' || p.scripts.sessionKey === 'counterXor'))
    f.sessionKey.refuse(
      'that session key is for triple DES',
      '"common" for cryptograms and scripts under aes',
    );
  checkCovered(p, f.data);
  if (p.limitedUse && p.iad.keyNumber === undefined)
    f.limitedUse?.refuse('nothing tells which key it was', 'keyNumber in iad, or no limited-use keys');
}

function checkCovered(p: CryptogramProfile, data: JsonField): void {
  const tags = p.data.flatMap((part) => ('tag' in part ? [part.tag] : []));
  if (new Set(tags).size !== tags.length) data.refuse('an element stands here twice', 'each once');
  for (const [tag, why] of [
    [UNPREDICTABLE_NUMBER, '9F37: without it cryptograms repeat'],
    [ATC, '9F36: the counter binds the cryptogram'],
  ] as const) {
    if (!tags.includes(tag)) data.refuse('an element is missing', why);
  }
  const bytes = p.data.reduce((sum, part) => sum + (part.length ?? p.iad.most), 0);
  if (bytes > MOST_DATA) data.refuse(`${bytes} bytes`, `at most ${MOST_DATA}`);
  const beyond = p.data.some((part) => 'iadFrom' in part && part.iadFrom + (part.length ?? 1) > p.iad.least);
  if (beyond) data.refuse('bytes of iad that may not be there', `bytes 0 to ${p.iad.least - 1} of it`);
  const covered = coveredBytes(p.data);
  const loose = ([p.iad.debited, p.iad.offlineCount] as const).some(
    (at) => at !== undefined && !covered.has(at),
  );
  if (loose) data.refuse('debited or offlineCount is not covered', 'iad with them, or no such place');
}
