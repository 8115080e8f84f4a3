/**
 * Which machines the program's transactions touch, on a database that is spread over partitions (src/postgres/stand-in.ts).
 *
 * What must hold: what PostgreSQL itself counts of a transaction, tells; no statement is read for it.
 */
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { MACHINES, standIn } from '../src/postgres/stand-in.ts';
import { applyScale } from '../src/start/scale.ts';

/** An empty database becomes one that is spread over the machines. */
export async function partition(url: string): Promise<void> {
  await standIn(url);
  await applyScale({ databaseUrl: url, dataFolder: '' }, MACHINES);
}

/** A transaction that was committed: its statements, and the machines whose rows it read or wrote. */
export interface Witnessed {
  readonly statements: readonly string[];
  readonly machines: ReadonlySet<string>;
  readonly writtenMachines: ReadonlySet<string>;
  /** Statements that by themselves read or wrote on several machines. */
  readonly wide: readonly string[];
  /** Coordinator's tables that it wrote. */
  readonly written: ReadonlySet<string>;
}

/** What this connection has counted and not yet reported: of transactions before this one, too. */
const COUNTED = `SELECT relname, (n_tup_ins + n_tup_upd + n_tup_del)::int AS writes, (seq_scan + coalesce(idx_scan, 0))::int AS scans
  FROM pg_stat_xact_user_tables WHERE n_tup_ins + n_tup_upd + n_tup_del + seq_scan + coalesce(idx_scan, 0) > 0`;

interface Count {
  readonly relname: string;
  readonly writes: number;
  readonly scans: number;
}

const machinesOf = (rows: readonly Count[]): ReadonlySet<string> =>
  new Set(rows.flatMap(({ relname }) => /_(m\d)$/.exec(relname)?.[1] ?? []));

/** What was counted between the two. */
function since(before: readonly Count[], after: readonly Count[]): Count[] {
  const old = new Map(before.map((row) => [row.relname, row]));
  return after
    .map(({ relname, writes, scans }) => {
      const was = old.get(relname);
      return { relname, writes: writes - (was?.writes ?? 0), scans: scans - (was?.scans ?? 0) };
    })
    .filter(({ writes, scans }) => writes + scans > 0);
}

type Query = (...args: unknown[]) => unknown;
interface Running {
  readonly statements: string[];
  readonly wide: string[];
  readonly before: readonly Count[];
  last: readonly Count[];
}

/** From now on until the end of the test: what the program does through pg. */
export function witness(): Witnessed[] {
  const seen: Witnessed[] = [];
  const running = new WeakMap<pg.Client, Running>();
  const plain: Query = pg.Client.prototype.query;
  const count = async (client: pg.Client): Promise<readonly Count[]> => {
    const answer: unknown = await Reflect.apply(plain, client, [COUNTED]);
    return (answer as pg.QueryResult<Count>).rows;
  };
  const begin = async (client: pg.Client, args: unknown[]) => {
    const answer: unknown = await Reflect.apply(plain, client, args);
    const before = await count(client);
    running.set(client, { statements: [], wide: [], before, last: before });
    return answer;
  };
  const within = async (client: pg.Client, args: unknown[], text: string, transaction: Running) => {
    const answer: unknown = await Reflect.apply(plain, client, args);
    const now = await count(client);
    transaction.statements.push(text);
    if (machinesOf(since(transaction.last, now)).size > 1)
      transaction.wide.push(text.replace(/\s+/g, ' ').trim());
    transaction.last = now;
    return answer;
  };
  const commit = async (client: pg.Client, args: unknown[], { statements, wide, before, last }: Running) => {
    running.delete(client);
    const rows = since(before, last);
    const writes = rows.filter((row) => row.writes > 0);
    seen.push({
      statements,
      wide,
      machines: machinesOf(rows),
      writtenMachines: machinesOf(writes),
      written: new Set(writes.flatMap(({ relname }) => (/_m\d$/.test(relname) ? [] : [relname]))),
    });
    return Reflect.apply(plain, client, args);
  };
  const watched: Query = function (this: pg.Client, ...args) {
    const [first] = args;
    const text = typeof first === 'string' ? first : String((first as { text?: unknown }).text);
    if (/^(begin|start transaction)/i.test(text)) return begin(this, args);
    const transaction = running.get(this);
    if (transaction !== undefined && /^commit/i.test(text)) return commit(this, args, transaction);
    if (transaction !== undefined && !/^rollback/i.test(text)) return within(this, args, text, transaction);
    running.delete(this);
    return Reflect.apply(plain, this, args);
  };
  Object.defineProperty(pg.Client.prototype, 'query', { value: watched, writable: true, configurable: true });
  onTestFinished(() => {
    Object.defineProperty(pg.Client.prototype, 'query', { value: plain, writable: true, configurable: true });
  });
  return seen;
}
