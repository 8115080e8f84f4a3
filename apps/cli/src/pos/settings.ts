/**
 * A terminal's settings, as `sokkin pos new` writes them: SOKKIN_DATA/pos/NAME/settings.json (0600: the key of its line stands in it).
 *
 * What must hold: a file that was changed by hand is read strictly, and refused with the place that is wrong.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fromHex, type IsoProfile, nearest, readIsoProfile, SokkinError } from '@sokkin/codec';
import { ISO_MAC_ALGORITHMS, type IsoMacKey, isIsoMacKeyLength } from '@sokkin/node';
import { z } from 'zod';
import { damaged, readJson, writeWhole } from '../data/files.ts';
import { UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';

export const lineKeySchema = z.strictObject({
  algorithm: z.enum(ISO_MAC_ALGORITHMS),
  key: z.string().regex(/^([0-9a-f]{2}){16,32}$/),
});

const schema = z.strictObject({
  format: z.literal('sokkin-pos-1'),
  host: z.string().min(1).max(255),
  port: z.int().min(1).max(65_535),
  /** Of a shipped dialect, or a file. */
  profile: z.string().min(1).max(4096),
  terminal: z.string().regex(/^[ -~]{1,8}$/),
  merchant: z.string().regex(/^[ -~]{1,15}$/),
  category: z.string().regex(/^\d{4}$/),
  acquirer: z
    .string()
    .regex(/^\d{1,11}$/)
    .optional(),
  /** As the receipt says it. */
  shop: z.string().min(1).max(60),
  language: z.enum(['ja', 'en']),
  columns: z.union([z.literal(32), z.literal(48)]),
  signOn: z.boolean(),
  timeoutMs: z.int().min(50).max(600_000),
  mac: lineKeySchema.optional(),
  tls: z
    .strictObject({
      ca: z.string().optional(),
      cert: z.string().optional(),
      key: z.string().optional(),
      servername: z.string().optional(),
    })
    .optional(),
});
export type PosSettings = z.infer<typeof schema>;

export interface PosPlace {
  readonly name: string;
  readonly folder: string;
}

export function posPlace({ data }: Context, name: string): PosPlace {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/.test(name))
    throw new UsageError(`"${name}" is no name: use up to 40 letters, digits, - and _.`);
  return { name, folder: join(data, 'pos', name) };
}

const settingsPath = ({ folder }: PosPlace): string => join(folder, 'settings.json');

/** The terminal of this name; without a name, the only one. */
export async function findPos(context: Context, name: string | undefined): Promise<PosPlace> {
  const names = await readdir(join(context.data, 'pos')).catch(() => [] as string[]);
  const hint = names.length === 0 ? 'Make one: sokkin pos new NAME' : `There are: ${names.join(', ')}.`;
  if (name !== undefined) {
    if (names.includes(name)) return posPlace(context, name);
    const near = nearest(name, names);
    const meant = near === undefined ? hint : `Did you mean "${near}"?`;
    throw new SokkinError('not_found', `There is no terminal called "${name}". ${meant}`);
  }
  const [only] = names;
  if (only !== undefined && names.length === 1) return posPlace(context, only);
  throw new SokkinError(
    'not_found',
    names.length === 0 ? `There is no terminal yet. ${hint}` : `Say which terminal: --pos NAME. ${hint}`,
  );
}

export async function readSettings(place: PosPlace): Promise<PosSettings> {
  const path = settingsPath(place);
  const json = await readJson(path);
  if (json === undefined) throw new SokkinError('not_found', `There is no terminal called "${place.name}".`);
  return checked(json, (why) => damaged(path, why));
}

/** Fails with `name_taken` where there is one already. */
export async function writeSettings(place: PosPlace, settings: unknown): Promise<PosSettings> {
  const good = checked(settings, (why) => new UsageError(`These settings cannot be: ${why.message}.`));
  if ((await readJson(settingsPath(place))) !== undefined)
    throw new SokkinError(
      'name_taken',
      `There is a terminal called "${place.name}" already. Nothing was changed.`,
    );
  await writeWhole(settingsPath(place), `${JSON.stringify(good, null, 2)}\n`);
  return good;
}

function checked(json: unknown, refuse: (why: Error) => Error): PosSettings {
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw refuse(new Error(`${first?.path.join('.') || 'the file'}: ${first?.message ?? 'not as it must be'}`));
}

/** A file with a dialect, and no name of a shipped one. */
export const isDialectFile = (name: string): boolean => name.endsWith('.json') || name.includes('/');

/** A dialect by its name among the shipped ones, or from a file. */
export async function profileOf(name: string): Promise<IsoProfile> {
  const folder = new URL('.', import.meta.resolve('@sokkin/codec/profiles/iso8583-1987-ascii.json'));
  const shipped = (await readdir(folder)).flatMap((f) => /^iso8583-(.+)\.json$/.exec(f)?.[1] ?? []);
  const isFile = isDialectFile(name);
  if (!isFile && !shipped.includes(name)) {
    const near = nearest(name, shipped);
    throw new UsageError(
      `There is no dialect "${name}". ${near ? `Did you mean "${near}"?` : `There are: ${shipped.join(', ')}; or name a file.`}`,
    );
  }
  const path = isFile ? resolve(name) : new URL(`iso8583-${name}.json`, folder);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SokkinError('file_failed', `${String(path)} could not be read.`, { cause });
  });
  return readIsoProfile(text);
}

export function macKeyOf({ mac }: PosSettings): IsoMacKey | undefined {
  if (mac === undefined) return undefined;
  const key = fromHex(mac.key);
  if (!isIsoMacKeyLength(mac.algorithm, key.length))
    throw new UsageError(
      `A key of ${mac.algorithm} has 16 octets${mac.algorithm === 'cmac' ? ', 24 or 32' : ''}.`,
    );
  return { algorithm: mac.algorithm, key };
}
