/**
 * A program with an embedded PostgreSQL that the tests kill: starts it in the folder of its argument,
 * says so, then commits rows one by one and prints the id of each only after its COMMIT.
 */
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/postgres/embedded.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: postgres-child.ts <folder>');
const postgres = await startEmbeddedPostgres({ folder, log: (line) => console.error(line) });
const client = new pg.Client({ connectionString: postgres.url });
await client.connect();
await client.query('CREATE TABLE IF NOT EXISTS acknowledged (id bigint PRIMARY KEY)');
const { rows } = await client.query('SELECT coalesce(max(id), 0) AS last FROM acknowledged');
console.log(`ready ${process.getuid?.()}`);
for (let id = Number(rows[0].last) + 1; process.argv[3] !== 'once'; id++) {
  await client.query('INSERT INTO acknowledged VALUES ($1)', [id]);
  console.log(`id ${id}`);
}
await client.end();
await postgres.stop();
