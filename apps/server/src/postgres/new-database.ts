/**
 * A new database on a server of somebody's, for tests and benches; on a Citus cluster one that is spread over its machines.
 *
 * What must hold: where the server runs Citus, what is measured and tested there runs spread; the database is gone from all nodes after `drop`.
 */
import { SokkinError } from '@sokkin/codec';
import pg from 'pg';
import { applyScale } from '../start/scale.ts';
import { standIn } from './stand-in.ts';

interface Node {
  readonly host: string;
  readonly port: number;
}

interface Cluster {
  /** As the workers reach it. */
  readonly coordinator: Node;
  readonly workers: readonly Node[];
}

export interface NewDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * `server`: a URL of any database there. `plain`: without tables and without Citus, wherever it is. SOKKIN_TEST_CITUS_WORKERS
 * and SOKKIN_TEST_CITUS_COORDINATOR (HOST:PORT, with commas between) name the nodes where that database does not know them.
 * `template`: a database of a server without Citus, to be copied unless `plain`.
 */
export async function createDatabase(
  server: string,
  name: string,
  plain = false,
  template?: string,
): Promise<NewDatabase> {
  const isEmulated = !plain && (process.env.SOKKIN_TEST_STAND_IN ?? '') !== '';
  const cluster = plain || isEmulated ? undefined : await clusterOf(server);
  const from = plain || template === undefined ? '' : ` TEMPLATE ${template}`;
  const nodes = [server, ...(cluster?.workers ?? []).map((node) => at(server, node))];
  const drop = async () => {
    for (const node of nodes) await execute(node, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  for (const node of nodes) await execute(node, `CREATE DATABASE ${name}${from}`);
  const url = within(server, name);
  if (cluster === undefined && !isEmulated) return { url, drop };
  try {
    if (cluster === undefined) await standIn(url);
    else await joinNodes(nodes, name, cluster);
    await applyScale({ databaseUrl: url, dataFolder: '' });
  } catch (error) {
    await drop();
    throw error;
  }
  return { url, drop };
}

async function joinNodes(
  nodes: readonly string[],
  name: string,
  { coordinator, workers }: Cluster,
): Promise<void> {
  for (const node of nodes) await execute(within(node, name), 'CREATE EXTENSION citus');
  const url = within(nodes[0] ?? '', name);
  await execute(url, `SELECT citus_set_coordinator_host('${coordinator.host}', ${coordinator.port})`);
  for (const { host, port } of workers) await execute(url, `SELECT citus_add_node('${host}', ${port})`);
  if (workers.length === 0)
    await execute(
      url,
      `SELECT citus_set_node_property('${coordinator.host}', ${coordinator.port}, 'shouldhaveshards', true)`,
    );
}

/** Undefined: PostgreSQL alone. */
async function clusterOf(server: string): Promise<Cluster | undefined> {
  return withClient(server, async (client) => {
    const { rows } = await client.query<{ runs: boolean; known: boolean; host: string; port: number }>(
      `SELECT current_setting('shared_preload_libraries') ~ '\\mcitus\\M'
           AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citus') AS runs,
         to_regclass('pg_catalog.pg_dist_node') IS NOT NULL AS known,
         coalesce(host(inet_server_addr()), 'localhost') AS host, coalesce(inet_server_port(), 5432) AS port`,
    );
    const [here] = rows;
    if (here?.runs !== true) return undefined;
    const nodes = here.known ? await knownNodes(client) : [];
    const named = nodesIn('SOKKIN_TEST_CITUS_COORDINATOR')[0];
    const asked = nodesIn('SOKKIN_TEST_CITUS_WORKERS');
    const coordinator = named ?? nodes.find((node) => node.groupid === 0) ?? here;
    const workers = asked.length > 0 ? asked : nodes.filter((node) => node.groupid !== 0);
    return { coordinator, workers };
  });
}

async function knownNodes(client: pg.Client): Promise<readonly (Node & { readonly groupid: number })[]> {
  const { rows } = await client.query<Node & { groupid: number }>(
    `SELECT nodename AS host, nodeport AS port, groupid FROM pg_catalog.pg_dist_node
     WHERE isactive AND noderole = 'primary' ORDER BY nodeid`,
  );
  return rows;
}

function nodesIn(variable: string): Node[] {
  const text = process.env[variable] ?? '';
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const found = /^([0-9A-Za-z._-]+):(\d{1,5})$/.exec(part);
      if (found === null)
        throw new SokkinError(
          'scale_failed',
          `${variable} is HOST:PORT, with commas between, not ${JSON.stringify(part)}.`,
        );
      return { host: found[1] ?? '', port: Number(found[2]) };
    });
}

function at(server: string, { host, port }: Node): string {
  const url = new URL(server);
  url.hostname = host;
  url.port = String(port);
  return url.href;
}

function within(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

const execute = (server: string, sql: string): Promise<void> =>
  withClient(server, async (client) => {
    await client.query(sql);
  });

async function withClient<T>(server: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  return work(client).finally(() => client.end());
}
