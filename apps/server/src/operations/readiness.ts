/**
 * May requests be sent to this process? What must hold: yes means that a request could be written down and signed now; the question
 * itself costs little, and is answered soon also when the database is not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { utf8 } from '@sokkin/codec';
import type { KeyPort } from '@sokkin/issuer';
import type pg from 'pg';

const PATIENCE_MS = 2_000;
/** Signed to see that the keys answer; no message of the protocol begins with these octets. */
const READINESS = utf8('sokkin: are the keys there?');

export type Readiness = { readonly status: 'ready' } | { readonly status: 'not_ready'; readonly why: string };

export interface ReadinessParts {
  readonly state: () => 'starting' | 'ready' | 'stopping';
  readonly pool: pg.Pool;
  readonly keys: KeyPort;
  /** Id of a key that signs. */
  readonly signer: () => string;
  /** The newest migration that this program knows. A newer one is fine: it was made to be (store/migrate.ts). */
  readonly migration: number;
}

export async function readiness(parts: ReadinessParts): Promise<Readiness> {
  const state = parts.state();
  if (state !== 'ready') return { status: 'not_ready', why: `The server is ${state}.` };
  const late = sleep(PATIENCE_MS, 'The database does not answer in time.', { ref: false });
  const why = (await Promise.race([database(parts), late])) ?? (await keys(parts));
  return why === undefined ? { status: 'ready' } : { status: 'not_ready', why };
}

async function database({ pool, migration }: ReadinessParts): Promise<string | undefined> {
  try {
    const { rows } = await pool.query<{ readonly: string; version: number }>(
      `SELECT current_setting('transaction_read_only') AS readonly, (SELECT max(version) FROM migrations) AS version`,
    );
    const [row] = rows;
    if (row?.readonly !== 'off') return 'The database takes no writes: it is a standby.';
    if (row.version < migration)
      return `The database has migration ${row.version}, and this program needs ${migration}.`;
    return undefined;
  } catch {
    return 'The database does not answer.';
  }
}

async function keys({ keys: port, signer }: ReadinessParts): Promise<string | undefined> {
  try {
    await port.sign(signer(), READINESS);
    return undefined;
  } catch {
    return 'The keys cannot be used.';
  }
}
