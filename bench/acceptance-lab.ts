/** What area `acceptance` measures on: a server with its host, tokens in its vault by SQL, all else by the API as in the field. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { hex } from '@sokkin/codec';
import { nodeSymmetric } from '@sokkin/node';
import pg from 'pg';
import { panOf } from '../apps/cli/src/pos/load/cards.ts';
import { bringRange, newMasterKey, type Post } from '../apps/cli/src/pos/load/range.ts';
import type { LoadResult } from '../apps/cli/src/pos/load/tally.ts';
import type { AcceptanceLoad } from './acceptance-load.ts';
import * as lab from './ledger-lab.ts';
import { accountName } from './ledger-load.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Of the back-end's own tokens (SOKKIN_TOKEN_RANGES). */
const PREFIX = '999913';
const MERCHANT = 'BENCHSHOP';
const STEP = 50_000;

export interface HostLab {
  /** Runs terminals against the host; each run has cards and terminals of its own. */
  load(
    wish: Pick<AcceptanceLoad, 'terminals' | 'cards' | 'seconds' | 'prepared'> & { rate?: number },
  ): Promise<LoadResult>;
  memory(): number;
  stop(): Promise<void>;
}

/** A server on a database of its own with this many accounts, each with a token. */
export async function openHostLab(there: lab.Lab, name: string, tokens: number): Promise<HostLab> {
  const url = await lab.database(there, name);
  // Its first start migrates
  await (await lab.startServer(there, url)).stop();
  await lab.fill(url, tokens);
  await fillVault(url, tokens);
  const port = await lab.freePort();
  const server = await lab.startServer(there, url, { SOKKIN_ISO_PORT: String(port) });
  const [first, second] = [await poster(server, 'first'), await poster(server, 'second')];
  const masterKey = newMasterKey(nodeSymmetric());
  const range = { prefix: PREFIX, digits: 16, version: 'cvn18', keyIndex: 1, masterKey };
  await bringRange(nodeSymmetric(), first, second, range);
  const { id: institution } = await first('/v1/institutions', { kind: 'acquirer', name: 'Bench' });
  const { id: account } = await first('/v1/accounts', { name: 'Shop' });
  const shop = { acceptor: MERCHANT, name: 'Bench', category: '5411' };
  await first('/v1/merchants', { ...shop, institution, account });
  const line = { institution, name: 'Bench', profile: '1987-bcd', mac: { algorithm: 'retail-80' } };
  const { mac_key: mac } = await first('/v1/acquirer-connections', line);
  let [firstCard, firstTerminal] = [0, 0];
  return {
    load(wish) {
      const order: AcceptanceLoad = {
        ...{
          port,
          mac: String(mac),
          masterKey: hex(masterKey),
          keyIndex: 1,
          prefix: PREFIX,
          merchant: MERCHANT,
        },
        profile: join(ROOT, 'packages/codec/profiles/iso8583-1987-bcd.json'),
        version: join(ROOT, 'packages/issuer/cryptograms/cvn18.json'),
        ...{ firstCard, firstTerminal, warmSeconds: 1, connections: Math.min(8, wish.terminals) },
        ...wish,
      };
      firstCard += wish.cards;
      firstTerminal += wish.terminals;
      if (firstCard > tokens) throw new Error('There are not enough tokens for all runs');
      return loaded(order);
    },
    memory: () => server.memory(),
    stop: () => server.stop(),
  };
}

async function poster(server: lab.RunningServer, client: 'first' | 'second'): Promise<Post> {
  const authorization = `Bearer ${await server.token(client)}`;
  return async (path, body) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`POST ${path}: ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  };
}

/** A link and a token for each account, as the vault writes them. */
async function fillVault(url: string, tokens: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const domain = JSON.stringify({ valid_from: 0, valid_until: 4_102_444_800_000, needs_cryptogram: true });
  try {
    for (let from = 0; from < tokens; from += STEP) {
      const numbers = Array.from({ length: Math.min(STEP, tokens - from) }, (_, i) => from + i);
      const accounts = numbers.map(accountName);
      await client.query(
        `INSERT INTO links (id, account, reference, status, version, created_at)
          SELECT 'lnk_' || md5(a), a, 'SKKN' || lpad(n::text, 25, '0'), 'active', 1, now() FROM unnest($1::text[], $2::int8[]) AS o (a, n)`,
        [accounts, numbers],
      );
      await client.query(
        `INSERT INTO tokens (number, id, link, account, requestor, stage, suspended_by, domain, used_total, used_count, assurance, version, created_at)
          SELECT p, 'tok_' || md5(p), 'lnk_' || md5(a), a, '99900000001', 'active', '{}', $3::jsonb, 0, 0, 20, 1, now()
          FROM unnest($1::text[], $2::text[]) AS o (a, p)`,
        [accounts, numbers.map((n) => panOf(PREFIX, n, 16)), domain],
      );
    }
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}

function loaded(order: AcceptanceLoad): Promise<LoadResult> {
  const child = fork(join(ROOT, '.cache', 'bench', 'acceptance-load.mjs'), [JSON.stringify(order)]);
  return new Promise((resolve, reject) => {
    // JSON has no NaN: where nothing was answered, there are no times
    child.once('message', (message) => {
      const result = message as LoadResult;
      resolve({ ...result, p50Ms: result.p50Ms ?? Number.NaN, p99Ms: result.p99Ms ?? Number.NaN });
    });
    child.once('error', reject);
    child.once('exit', (code) => code !== 0 && reject(new Error(`The load ended with ${code}`)));
  });
}
