/** Connections to PostgreSQL. What must hold: an INT8 never becomes a float, octets are plain Uint8Arrays. */
import pg from 'pg';

const INT8 = 20;
const BYTEA = 17;
const CONNECTIONS = 10;

/**
 * For the writer of transfers (transfer-writer.ts). Its statements name the rows that they want by key, in any number:
 * they are planned once, for index look-ups, and not again for every number.
 */
export const openWriterPool = (url: string, max: number): pg.Pool =>
  openPool(url, {
    max,
    pipeline: true,
    options: ['plan_cache_mode=force_generic_plan', 'jit=off']
      .concat(['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'].map((way) => `enable_${way}=off`))
      .map((setting) => `-c ${setting}`)
      .join(' '),
  });

export function openPool(url: string, more: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    ...more,
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
        if (oid === INT8) return (value: string) => BigInt(value);
        if (oid === BYTEA) return (value: string) => new Uint8Array(Buffer.from(value.slice(2), 'hex'));
        return pg.types.getTypeParser(oid, format);
      }) as typeof pg.types.getTypeParser,
    },
  });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the program.
  pool.on('error', () => undefined);
  return pool;
}
