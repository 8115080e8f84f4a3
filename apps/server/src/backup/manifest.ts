/** What a backup says of itself, in its header and its manifest. Parsed strictly, though the seal was checked: a program may have bugs. */
import { SokkinError } from '@sokkin/codec';
import { z } from 'zod';

const digits = z.string().regex(/^-?[0-9]{1,30}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().min(1).max(63);

const migration = z.strictObject({ version: z.int().positive(), name: z.string(), hash: sha256 });
export const headerSchema = z.strictObject({
  /** Without it: the ledger's. */
  store: z.literal('identity').optional(),
  program: z.string(),
  postgres: z.string(),
  at: z.iso.datetime(),
  migrations: z.array(migration).min(1),
});
export type Header = z.infer<typeof headerSchema>;

export const tableSchema = z.strictObject({ table: name, columns: z.array(name).min(1) });
export const tableEndSchema = z.strictObject({ rows: z.int().nonnegative(), sha256 });
export type TableEnd = z.infer<typeof tableEndSchema>;

export const manifestSchema = z.strictObject({
  tables: z.array(z.strictObject({ table: name, rows: z.int().nonnegative(), sha256 })),
  sequences: z.array(z.strictObject({ sequence: name, last: digits, called: z.boolean() })),
  /** Of the audit, in the same moment as the rows. */
  totals: z.record(z.string(), digits),
});
export type Manifest = z.infer<typeof manifestSchema>;

export function parsePart<T>(file: string, schema: z.ZodType<T>, bytes: Buffer): T {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    value = undefined;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SokkinError('backup_damaged', `${file} is damaged: a part of its contents is malformed.`);
}
