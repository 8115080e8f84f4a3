/**
 * Servers that stop for ever at one step each, so that one kill -9 of this process is a kill at that step for all of them.
 *
 * A step is the COMMIT of a transaction that may write, a statement outside of transactions, or an answer that is sent to a client:
 * between two of them nothing changes that outlives the process. What must hold: from its step on nothing leaves a server any
 * more; nothing runs by the clock, so that the same story has the same steps.
 */
import { ServerResponse } from 'node:http';
import pg from 'pg';
import type { FromChild, ToChild, World } from './dying-servers.ts';
import { TEST_KEYS } from './kit.ts';

process.setMaxListeners(0);
const tell = (message: FromChild): void => void process.send?.(message);
const never = new Promise<never>(() => undefined);

interface Steps {
  readonly name: string;
  /** undefined: it lives. */
  readonly last: number | undefined;
  isCounting: boolean;
  isDead: boolean;
  done: number;
}
const stepsOf = new Map<string, Steps>();
const byPort = new Map<number, Steps>();

/** False: it is dead. */
function step(steps: Steps | undefined): boolean {
  if (steps?.isCounting !== true) return true;
  if (steps.isDead) return false;
  steps.done++;
  if (steps.done !== steps.last) return true;
  steps.isDead = true;
  tell({ name: steps.name, is: 'dead' });
  return false;
}

/** All statements of transactions that may write are steps, and not only what ends them. */
const isEvery = process.env.SOKKIN_KILL_AT === 'every statement';
const transactions = new WeakMap<pg.Client, 'reads' | 'writes'>();

function isStep(client: pg.Client, statement: unknown): boolean {
  const asked = typeof statement === 'string' ? statement : (statement as { readonly text?: string }).text;
  const text = asked ?? '';
  if (/^(begin|start transaction)/i.test(text)) {
    transactions.set(client, /read only/i.test(text) ? 'reads' : 'writes');
    return false;
  }
  const kind = transactions.get(client);
  const isEnd = /^(commit|rollback)/i.test(text);
  if (isEnd) transactions.delete(client);
  // Outside of transactions, each statement is one.
  return kind === undefined || (kind === 'writes' && (isEnd || isEvery));
}

const query = pg.Client.prototype.query;
pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
  const steps = stepsOf.get(this.database ?? '');
  if (steps?.isDead || (isStep(this, args[0]) && !step(steps))) return never;
  return Reflect.apply(query, this, args);
} as typeof query;
const end = ServerResponse.prototype.end;
ServerResponse.prototype.end = function (this: ServerResponse, ...args: unknown[]) {
  if (!step(byPort.get(this.socket?.localPort ?? 0))) return this;
  return Reflect.apply(end, this, args);
} as typeof end;
globalThis.setInterval = ((...[, , ...rest]: unknown[]) =>
  setTimeout(() => rest, 2 ** 31 - 1)) as typeof setInterval;

// After the replacements.
const { startServer } = await import('../src/index.ts');
const { round } = await import('../src/matching/round.ts');

async function open({ name, databaseUrl, dataFolder, last }: World): Promise<void> {
  const server = await startServer({
    ...{ databaseUrl, dataFolder, port: 0, keyStore: TEST_KEYS, logLevel: 'silent' },
    ...{ webhooks: false, matching: false, auditSeconds: 0, retentionSeconds: 0, claimsSeconds: 0 },
  });
  const steps: Steps = { name, last, isCounting: false, isDead: false, done: 0 };
  stepsOf.set(new URL(databaseUrl).pathname.slice(1), steps);
  byPort.set(Number(new URL(server.url).port), steps);
  process.on('message', async (message: ToChild) => {
    if (message.name !== name) return;
    if (message.asks === 'count') steps.isCounting = true;
    else while ((await round(server.backend, '', 8)) > 0);
    tell({ name, is: message.asks === 'count' ? 'counting' : 'met', steps: steps.done });
  });
  tell({ name, is: 'open', url: server.url });
}

process.once('message', async (worlds: readonly World[]) => {
  await Promise.all(worlds.map(open));
});
tell({ name: '', is: 'ready' });
