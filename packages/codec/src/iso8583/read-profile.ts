/**
 * From the file of a dialect to its form in memory (docs/spec/iso8583.md).
 *
 * What must hold: a file has one reading, and every member of it is used; a profile that reads can write whatever
 * its formats allow. A refusal is `bad_profile` and says where, what is wrong, and what is allowed.
 */
import { JsonField } from '../json-field.ts';
import { CHARSETS } from './charset.ts';
import { LAST_FIELD } from './dictionary.ts';
import type { MtiClass } from './mti.ts';
import type { IsoFormat, IsoFraming, IsoHeader, IsoProfile } from './profile.ts';
import { CHARSET_NAMES, type Defaults, PADS, readFields } from './read-fields.ts';
import { ECHOED, MATCHED } from './reply-fields.ts';

const FORMAT = 'sokkin-iso8583-profile-1';

/** The profile in a file's text. Fails with `bad_profile`: where, what is wrong, what is allowed. */
export function readIsoProfile(text: string): IsoProfile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return new JsonField(undefined, 'profile').refuse(`not JSON: ${String(cause)}`, 'a JSON object');
  }
  return parseIsoProfile(json);
}

/** As `readIsoProfile`, of what JSON.parse gives. */
export function parseIsoProfile(json: unknown): IsoProfile {
  const f = new JsonField(json, 'profile').object(
    [
      'format',
      'name',
      'version',
      'charset',
      'mti',
      'bitmap',
      'numeric',
      'track',
      'binary',
      'prefix',
      'frame',
    ],
    ['note', 'secondary', 'header', 'fields', 'without', 'mac', 'echo', 'match'],
  );
  f.format.oneOf([FORMAT]);
  const version = f.version.oneOf(['1987', '1993'] as const);
  const charset = CHARSETS[f.charset.oneOf(CHARSET_NAMES)];
  const defaults: Defaults = {
    charset,
    ...readNumeric(f.numeric),
    ...readTrack(f.track),
    binary: f.binary.oneOf(['raw', 'hex'] as const),
    prefix: readPrefix(f.prefix),
  };
  const fields = readFields(version, defaults, f.prefix, f.fields, f.without);
  return {
    name: f.name.text(/^[a-z0-9-]{1,40}$/, 'small letters, digits and hyphens, at most 40'),
    note: f.note?.text(/^[\s\S]*$/, 'text') ?? '',
    version,
    charset,
    mti: f.mti.oneOf(['text', 'bcd'] as const),
    bitmap: f.bitmap.oneOf(['binary', 'hex-ascii', 'hex-ebcdic'] as const),
    alwaysSecondary: (f.secondary?.oneOf(['when-needed', 'always'] as const) ?? 'when-needed') === 'always',
    header: f.header && readHeader(f.header),
    framing: readFraming(f.frame),
    fields,
    macCoversHeader: f.mac === undefined ? false : readMac(f.mac),
    echo: { ...defaultEcho(version, fields), ...(f.echo === undefined ? {} : readEcho(f.echo, fields)) },
    match: f.match ? readMatch(f.match, fields) : MATCHED.filter((n) => isComparable(fields[n])),
  };
}

function readNumeric(field: JsonField): Pick<Defaults, 'numeric' | 'numericPad'> {
  const f = field.object(['coding'], ['pad']);
  const numeric = f.coding.oneOf(['text', 'bcd'] as const);
  return { numeric, numericPad: readPad(field, numeric, f.pad) };
}

function readTrack(field: JsonField): Pick<Defaults, 'track' | 'trackPad' | 'separator'> {
  const f = field.object(['coding'], ['pad', 'separator']);
  const track = f.coding.oneOf(['text', 'bcd'] as const);
  if (track === 'bcd' && f.separator !== undefined)
    f.separator.refuse('packed tracks have D', 'no separator with coding bcd');
  const separator = f.separator?.oneOf(['=', 'D'] as const) ?? '=';
  return { track, trackPad: readPad(field, track, f.pad), separator };
}

function readPad(parent: JsonField, coding: 'text' | 'bcd', pad: JsonField | undefined) {
  if ((coding === 'bcd') !== (pad !== undefined))
    parent.refuse('"pad" is for coding bcd, and needed there', `one of ${PADS.join(', ')} with bcd alone`);
  return pad?.oneOf(PADS) ?? 'left-0';
}

function readPrefix(field: JsonField): Defaults['prefix'] {
  const f = field.object(['coding', 'counts']);
  return {
    coding: f.coding.oneOf(['text', 'bcd', 'binary'] as const),
    counts: f.counts.oneOf(['value', 'wire'] as const),
  };
}

const MOST_HEADER = 255;
const TPDU = 5;

function readHeader(field: JsonField): IsoHeader {
  const f = field.object(['octets'], ['begins', 'reply']);
  const octets = f.octets.whole(1, MOST_HEADER);
  const begins = f.begins?.bytes(0, octets) ?? new Uint8Array(0);
  const reply = f.reply?.oneOf(['echo', 'tpdu'] as const) ?? 'echo';
  if (reply === 'tpdu' && (octets !== TPDU || begins.length > 1))
    field.refuse('no TPDU', `with reply "tpdu" ${TPDU} octets, of which only the first may be fixed`);
  return { octets, begins, reply };
}

const FRAME_SIZES = { binary: [2, 4], text: [2, 3, 4, 5, 6], bcd: [2, 3] } as const;
const MOST_MESSAGE = 65_535;

function readFraming(field: JsonField): IsoFraming {
  const f = field.object(['coding', 'size', 'includesItself', 'most'], ['heartbeats']);
  const coding = f.coding.oneOf(['binary', 'text', 'bcd'] as const);
  const size = f.size.oneOf<number>(FRAME_SIZES[coding]);
  const includesItself = f.includesItself.flag();
  const base = { binary: 256, text: 10, bcd: 100 }[coding];
  const largest = Math.min(MOST_MESSAGE, base ** size - 1 - (includesItself ? size : 0));
  return {
    coding,
    size,
    includesItself,
    most: f.most.whole(1, largest),
    heartbeats: f.heartbeats?.flag() ?? false,
  };
}

function readMac(field: JsonField): boolean {
  const f = field.object(['covers']);
  return f.covers.oneOf(['message', 'header-and-message'] as const) === 'header-and-message';
}

type Fields = readonly (IsoFormat | undefined)[];

const CLASSES = [
  'authorisation',
  'financial',
  'file-action',
  'reversal',
  'reconciliation',
  'administrative',
  'fee-collection',
  'network-management',
] as const satisfies readonly MtiClass[];

function defaultEcho(version: IsoProfile['version'], fields: Fields): Record<MtiClass, readonly number[]> {
  const known = (name: MtiClass) => ECHOED[version][name].filter((n) => fields[n] !== undefined);
  return {
    authorisation: known('authorisation'),
    financial: known('financial'),
    'file-action': known('file-action'),
    reversal: known('reversal'),
    reconciliation: known('reconciliation'),
    administrative: known('administrative'),
    'fee-collection': known('fee-collection'),
    'network-management': known('network-management'),
  };
}

function readEcho(field: JsonField, fields: Fields): Partial<Record<MtiClass, readonly number[]>> {
  const echo: Partial<Record<MtiClass, readonly number[]>> = {};
  for (const [name, list] of Object.entries(field.object([], CLASSES))) {
    const className = CLASSES.find((c) => c === name);
    if (className !== undefined && list !== undefined) echo[className] = readNumbers(list, fields);
  }
  return echo;
}

function readMatch(field: JsonField, fields: Fields): number[] {
  const numbers = readNumbers(field, fields);
  const wrong = numbers.find((n) => !isComparable(fields[n]));
  if (wrong !== undefined) field.refuse(`field ${wrong} is no text`, 'fields of digits or characters');
  return numbers;
}

/** A key is made of text and amounts. */
const isComparable = (format: IsoFormat | undefined): boolean =>
  format !== undefined && format.kind !== 'b' && format.kind !== 'x+n' && format.content === undefined;

/** Numbers of fields that the profile has, each once. */
function readNumbers(field: JsonField, fields: Fields): number[] {
  const seen = new Set<number>();
  for (const item of field.list()) {
    const number = item.whole(2, LAST_FIELD);
    if (fields[number] === undefined || seen.has(number))
      item.refuse(`field ${number} is missing in the profile or stands here twice`, 'its fields, each once');
    seen.add(number);
  }
  return [...seen];
}
