/**
 * Uploads of many purses in one body, as an institution's gateway sends them (docs/spec/sync-upload.md).
 *
 * What must hold: a body has one encoding; every length is bounded before anything is read by it; messages are carried as
 * they are, and judged by who receives them.
 */
import { type Bytes, type Reader, Writer } from '@sokkin/codec';
import { badMessage, PURSE_ID_LENGTH, parseBody } from './header.ts';

export const UPLOADS_TYPE = 'application/vnd.sokkin.uploads';
export const MAX_UPLOADS = 256;
export const MAX_ENTRIES = 4096;
const VERSION = 1;
const MAX_STATEMENT = 1024;
const MAX_MESSAGE = 1024;
const MAX_HANDED = 64;

/** A signed message of another purse, with the chain that it is believed by. */
export interface CarriedMessage {
  readonly message: Bytes;
  readonly purse: Bytes;
  /** Absent: an issuer of the one who receives it. */
  readonly issuer: Bytes | undefined;
}

export interface CarriedUpload {
  readonly purse: Bytes;
  readonly statement: Bytes;
  readonly entries: readonly Bytes[];
  readonly payments: readonly CarriedMessage[];
  readonly receipts: readonly CarriedMessage[];
}

export function encodeUploads(uploads: readonly CarriedUpload[]): Bytes {
  const w = new Writer().u8(VERSION).u16(uploads.length);
  for (const { purse, statement, entries, payments, receipts } of uploads) {
    w.bytes(purse).u16(statement.length).bytes(statement).u16(entries.length);
    for (const entry of entries) w.u8(entry.length).bytes(entry);
    for (const list of [payments, receipts]) {
      w.u8(list.length);
      for (const m of list)
        for (const part of [m.message, m.purse, m.issuer ?? new Uint8Array(0)])
          w.u16(part.length).bytes(part);
    }
  }
  return w.finish();
}

/** Views of the body, not copies. */
export const parseUploads = (body: Bytes): readonly CarriedUpload[] =>
  parseBody('Uploads', body, (r) => {
    const version = r.u8();
    if (version !== VERSION) throw badMessage(`Uploads: version ${version} is unknown`);
    return list(r.u16(), MAX_UPLOADS, 'uploads', () => ({
      purse: r.take(PURSE_ID_LENGTH),
      statement: octets(r, MAX_STATEMENT, 'a Statement'),
      entries: list(r.u16(), MAX_ENTRIES, 'entries', () => r.take(r.u8())),
      payments: list(r.u8(), MAX_HANDED, 'Payments', () => carried(r)),
      receipts: list(r.u8(), MAX_HANDED, 'Receipts', () => carried(r)),
    }));
  });

function carried(r: Reader): CarriedMessage {
  const message = octets(r, MAX_MESSAGE, 'a message');
  const purse = octets(r, MAX_MESSAGE, 'a certificate');
  const issuer = octets(r, MAX_MESSAGE, 'a certificate');
  return { message, purse, issuer: issuer.length === 0 ? undefined : issuer };
}

function octets(r: Reader, most: number, what: string): Bytes {
  const length = r.u16();
  if (length > most) throw badMessage(`Uploads: ${what} of ${length} bytes, at most ${most} fit`);
  return r.take(length);
}

function list<T>(count: number, most: number, what: string, read: () => T): T[] {
  if (count > most) throw badMessage(`Uploads: ${count} ${what}, at most ${most} fit`);
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read());
  return items;
}
