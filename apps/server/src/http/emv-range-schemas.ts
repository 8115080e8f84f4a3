/** The shapes of ranges of other issuers' cards and their keys. What must hold: of a key, check values and names alone go out. */
import type { EmvMasterKeyRow, EmvRangeRow } from '@sokkin/issuer';
import { z } from 'zod';
import * as s from './schemas.ts';

const cipher = z.enum(['tdes', 'aes']);
const keyIndex = z
  .int()
  .min(0)
  .max(255)
  .describe('Derivation key index, which cards tell; 0 for cards that tell none');
const ofEach = <T extends z.ZodType>(one: T) =>
  z.strictObject({ cryptogram: one, script_mac: one, script_encipher: one });
const component = ofEach(
  z
    .string()
    .regex(
      /^([0-9a-fA-F]{32}|[0-9a-fA-F]{48}|[0-9a-fA-F]{64})$/,
      '16, 24 or 32 octets in hexadecimal are expected',
    ),
).describe('Half of each key: the keys are both halves, combined by exclusive or');
const checkValues = ofEach(
  z.string().regex(/^[0-9a-fA-F]{6}$/, '3 octets in hexadecimal are expected'),
).describe('First 3 octets of a block under each key: zeros under triple DES, 01 sixteen times under AES');

export const newRange = z.strictObject({
  name: s.name,
  institution: s.institutionId.optional(),
  prefix: z
    .string()
    .regex(/^[0-9]{3,12}$/, '3 to 12 digits are expected')
    .describe('First digits of the PANs'),
  digits: z.int().min(12).max(19).describe('How many digits the PANs have'),
  versions: z
    .array(z.unknown().describe('The name of a version, or a whole file'))
    .min(1)
    .max(20)
    .describe(
      'Cryptogram versions: names of those that come with the back-end, or whole files (docs/spec/emv-issuer.md, section 2)',
    ),
  rules: z.unknown().optional().describe('A file of rules (section 6 there); left out: the usual ones'),
});

const key = z.object({
  key_index: keyIndex,
  cipher,
  state: z.enum(['incomplete', 'active', 'withdrawn']),
  check_values: ofEach(z.string()),
  keys: z.array(z.string()).describe('What they are called among the keys of the back-end'),
  created_at: s.time,
  changed_at: s.time,
});
export const range = z.object({
  id: s.id('emr'),
  institution: s.id('ins'),
  name: z.string(),
  prefix: z.string(),
  digits: z.int(),
  versions: z.array(z.string()),
  own_rules: z.boolean(),
  keys: z.array(key),
  created_at: s.time,
});

export const newKeys = z.strictObject({ key_index: keyIndex, cipher });
export const firstComponent = z.strictObject({
  key_index: keyIndex,
  cipher,
  component,
  check_values: checkValues,
});
export const secondComponent = z.strictObject({ key_index: keyIndex, component });
export const withdrawal = z.strictObject({ key_index: keyIndex });

type OfEach = z.infer<typeof component>;
export const byPurpose = ({ cryptogram, script_mac, script_encipher }: OfEach) => ({
  cryptogram,
  scriptMac: script_mac,
  scriptEncipher: script_encipher,
});

const showKey = (row: EmvMasterKeyRow): z.infer<typeof key> => {
  const [cryptogram = '', script_mac = '', script_encipher = ''] = row.checkValues;
  return {
    key_index: row.keyIndex,
    cipher: row.cipher,
    state: row.state,
    check_values: { cryptogram, script_mac, script_encipher },
    keys: [...row.keys],
    created_at: row.createdAt.toISOString(),
    changed_at: row.changedAt.toISOString(),
  };
};

export const showRange = (row: EmvRangeRow, keys: readonly EmvMasterKeyRow[]): z.infer<typeof range> => ({
  id: row.id,
  institution: row.institution,
  name: row.name,
  prefix: row.prefix,
  digits: row.digits,
  versions: row.versions.map(nameOf),
  own_rules: row.rules !== undefined,
  keys: keys.map(showKey),
  created_at: row.createdAt.toISOString(),
});

const nameOf = (version: unknown): string =>
  typeof version === 'object' && version !== null && 'name' in version ? String(version.name) : '';
