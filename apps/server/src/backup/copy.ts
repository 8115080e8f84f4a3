/** COPY, both ways, with the SHA-256 of its text. What must hold: memory does not grow with the table. */
import { createHash, type Hash } from 'node:crypto';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { quoted, selectAll, type Table } from './catalogue.ts';
import type { TableEnd } from './manifest.ts';

const PIECE = 256 * 1024;
const FAST = 1;

function hashing(hash: Hash): Transform {
  return new Transform({
    transform(part: Buffer, _encoding, done) {
      hash.update(part);
      done(null, part);
    },
  });
}

/** Gives the rows to `take` in compressed pieces. */
export async function copyOut(
  client: pg.ClientBase,
  table: Table,
  take: (piece: Buffer) => Promise<void>,
): Promise<TableEnd> {
  const hash = createHash('sha256');
  const rows = client.query(copyTo(`COPY (${selectAll(table)}) TO STDOUT`));
  await pipeline(rows, hashing(hash), createGzip({ level: FAST, chunkSize: PIECE }), async (pieces) => {
    for await (const piece of pieces as AsyncIterable<Buffer>) await take(piece);
  });
  return { rows: rows.rowCount, sha256: hash.digest('hex') };
}

/** The same figures of a table as it is now. */
export async function digestOf(client: pg.ClientBase, table: Table): Promise<TableEnd> {
  const hash = createHash('sha256');
  const rows = client.query(copyTo(`COPY (${selectAll(table)}) TO STDOUT`));
  for await (const part of rows as AsyncIterable<Buffer>) hash.update(part);
  return { rows: rows.rowCount, sha256: hash.digest('hex') };
}

export async function copyIn(
  client: pg.ClientBase,
  { name, columns }: Pick<Table, 'name' | 'columns'>,
  pieces: AsyncIterable<Buffer>,
): Promise<TableEnd> {
  const hash = createHash('sha256');
  const into = client.query(copyFrom(`COPY ${quoted(name)} (${columns.map(quoted).join(', ')}) FROM STDIN`));
  await pipeline(pieces, createGunzip(), hashing(hash), into);
  return { rows: into.rowCount, sha256: hash.digest('hex') };
}
