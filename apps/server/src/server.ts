/**
 * Putting the back-end together: database, migrations, keys, HTTP.
 *
 * What must hold: it serves only when everything is ready; what fails says what to do; `close` answers what is
 * being worked on, then stops the database, and may be called more than once.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import { nodeCrypto, nodeRsa, nodeSymmetric } from '@sokkin/node';
import type { FastifyInstance } from 'fastify';
import { openSandbox } from './access/sandbox.ts';
import { operatorSession } from './access/sessions.ts';
import { type Backend, dayOf } from './backend.ts';
import { type Config, readConfig } from './config.ts';
import { createApp } from './http/app.ts';
import { type RateLimits, rateLimits } from './http/rate-limit.ts';
import { warmEmvKeys } from './keys/emv-key-set.ts';
import { openEmvKeys } from './keys/emv-keys.ts';
import { type KeyConfig, keyConfigOf } from './keys/key-config.ts';
import { openKeyRing } from './keys/key-ring.ts';
import { KEYS_FILE, openKeys, placeOf } from './keys/open-keys.ts';
import { isThere } from './keys/passphrase.ts';
import { rsaPool } from './keys/rsa-pool.ts';
import { auditNote } from './observe/audit-note.ts';
import { lifecycle } from './observe/lifecycle.ts';
import { openLog } from './observe/log.ts';
import { openTraces } from './observe/traces.ts';
import { openWatch } from './observe/watch.ts';
import { auditHabit } from './operations/audits.ts';
import { detectLeftOvers } from './operations/detect.ts';
import { firstCode } from './operations/operators.ts';
import { seedPolicies } from './operations/policy.ts';
import { openSandboxClock } from './operations/sandbox.ts';
import { loadProfiles, ownKeysOf } from './personalisation/profiles.ts';
import { startEmbeddedPostgres } from './postgres/embedded.ts';
import { migrate } from './store/migrate.ts';
import { cutConnections, openPool, openWriterPool } from './store/pool.ts';
import { sqlStore } from './store/sql-store.ts';
import { transferWriter, WRITER_LANES } from './store/transfer-writer.ts';
import { VERSION } from './version.ts';
import { type DispatcherOptions, startDispatcher } from './webhooks/dispatcher.ts';

/** ISO 4217 numeric 392, as certificates write it. */
const JPY = 0x0392;

/** What config/table.ts lists; what is left out has its default, and the log is silent. */
export interface ServerOptions extends Partial<Omit<Config, 'host' | 'port'>> {
  /** Keys, and the embedded database. */
  readonly dataFolder: string;
  /** What happens at start and stop, a line each. */
  readonly log?: (line: string) => void;
  readonly crypto?: CryptoPort;
  /** Where the keys are; left out: where the configuration says. */
  readonly keyStore?: KeyConfig;
  readonly clock?: () => Date;
  /** Makes ahead, beside all else, what the first payment card would wait for. */
  readonly warm?: boolean;
  /** How much one caller may ask, in place of what the configuration says. */
  readonly limits?: RateLimits;
  /** How events are brought to those who want them; false: other processes do that. */
  readonly webhooks?: DispatcherOptions | false;
}

export interface Server {
  readonly app: FastifyInstance;
  readonly backend: Backend;
  /** What is done now and then beside the requests, at once: keys that were replaced are retired. */
  upkeep(): Promise<void>;
  /** False: the time for stopping was over before everything was answered. */
  close(): Promise<boolean>;
}

export interface StartOptions extends ServerOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly host?: string;
}

export interface RunningServer extends Server {
  readonly url: string;
}

/** Everything but the listening: tests call `app.inject`. */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { log = () => undefined, clock: realClock = () => new Date() } = options;
  const config: Config = { ...readConfig({}), logLevel: 'silent', ...options };
  const { databaseUrl } = config;
  const dataFolder = resolve(options.dataFolder);
  await makeFolder(dataFolder);
  const profiles = await loadProfiles();
  const ownKeys = ownKeysOf(profiles);
  const rsa = rsaPool(nodeRsa(), ownKeys);
  const isNew = !(await isThere(join(dataFolder, KEYS_FILE)));
  if (options.warm === true && isNew) warmEmvKeys(rsa);
  const crypto = options.crypto ?? nodeCrypto();
  const keyConfig = options.keyStore ?? keyConfigOf(config);
  const cleanups: (() => Promise<unknown>)[] = [];
  // Deriving the key of a key file takes as long as the database takes to come up.
  const opening = openKeys({ dataFolder, config: keyConfig, crypto, log });
  opening.catch(() => undefined);
  cleanups.push(() =>
    opening.then(
      (keys) => keys.close(),
      () => undefined,
    ),
  );
  const cleanUp = async () => {
    for (const step of cleanups.splice(0).reverse()) await step();
  };
  try {
    let url = databaseUrl;
    if (url === undefined) {
      const embedded = await startEmbeddedPostgres({ folder: join(dataFolder, 'postgres'), log });
      cleanups.push(() => embedded.stop());
      url = embedded.url;
    }
    const pool = openPool(url, { connections: config.dbConnections, seconds: config.dbSeconds });
    const traces = await openTraces(config.otlpEndpoint, VERSION);
    if (traces !== undefined) cleanups.push(() => traces.close());
    const plainStore = sqlStore(pool);
    cleanups.push(() => plainStore.close());
    const store = traces?.around(plainStore) ?? plainStore;
    const database = await databaseName(pool, databaseUrl === undefined);
    await migrate(pool, log);
    const { mode, publicUrl } = config;
    const sandboxClock = mode === 'sandbox' ? await openSandboxClock(store, realClock) : undefined;
    cleanups.push(async () => sandboxClock?.stop());
    const clock = sandboxClock?.now ?? realClock;
    const writerPool = openWriterPool(url, { connections: WRITER_LANES, seconds: config.dbSeconds });
    const transfers = transferWriter(writerPool, WRITER_LANES, clock);
    cleanups.push(() => transfers.close());
    const keys = await opening;
    const place = placeOf(dataFolder, keyConfig);
    const ring = await openKeyRing({ store, crypto, keys, place, currency: JPY, clock, dayOf, log });
    cleanups.push(() => ring.close());
    const ports = { rsa, symmetric: nodeSymmetric() };
    const emvKeys = await openEmvKeys({ store, keys, ports, dataFolder, today: () => dayOf(clock()), log });
    const audits = auditNote();
    const core = {
      store,
      transfers,
      crypto,
      keys,
      emvKeys,
      profiles,
      currency: JPY,
      clock,
      sandboxClock,
      audits,
      mode,
      publicUrl,
    };
    const backend: Backend = {
      ...core,
      get pki() {
        return ring.pki;
      },
      reloadPki: () => ring.reload(),
    };
    ring.watch();
    await openSandbox(backend, dataFolder, log);
    await detectLeftOvers(backend);
    await seedPolicies(backend);
    await sayFirstCode(backend, log);
    const habit = auditHabit(backend, config.auditSeconds, log);
    cleanups.push(() => habit.stop());
    const life = lifecycle();
    const watch = await openWatch({ backend, pool, config, version: VERSION, life, traces });
    cleanups.push(async () => watch.close());
    const about = {
      version: VERSION,
      database,
      operatorSession: (token: string) => operatorSession(backend, token),
    };
    const app = await createApp(backend, about, openLog(config.logLevel), {
      ...watch.services,
      limits: options.limits ?? rateLimits(config.ratePerSecond, config.rateBurst),
    });
    let allAnswered = true;
    cleanups.push(async () => {
      allAnswered = await life.stop(app, config.stopSeconds * 1000);
      if (!allAnswered) for (const busy of [pool, writerPool]) cutConnections(busy);
    });
    if (options.webhooks !== false) {
      const onError = (error: unknown) => app.log.warn({ err: error }, 'webhooks wait');
      const dispatcher = startDispatcher(backend, { onError, ...options.webhooks });
      cleanups.push(() => dispatcher.stop());
    }
    let closed: Promise<boolean> | undefined;
    const close = () => {
      closed ??= cleanUp().then(() => allAnswered);
      return closed;
    };
    if (options.warm === true) {
      // Who needs the keys hears of it if they cannot be made.
      const warming = emvKeys.get().catch(() => undefined);
      cleanups.push(() => warming);
      for (const kind of ownKeys) rsa.warm(kind);
    }
    life.ready();
    return { app, backend, upkeep: () => ring.upkeep(), close };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

export async function startServer(options: StartOptions): Promise<RunningServer> {
  const server = await createServer(options);
  const { port, host = '127.0.0.1' } = options;
  try {
    const url = await server.app.listen({ port, host });
    return { ...server, url };
  } catch (cause) {
    await server.close();
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EADDRINUSE') {
      throw new SokkinError('port_in_use', `Port ${port} is taken: choose another one with PORT.`, { cause });
    }
    throw new SokkinError('listen_failed', `The server cannot listen on ${host}:${port}.`, { cause });
  }
}

/** The first administrator gets in by a code; there is none once one is enrolled. */
async function sayFirstCode(b: Backend, log: (line: string) => void): Promise<void> {
  const code = await firstCode(b);
  if (code === undefined) return;
  log(`There is no administrator yet. Enrol one within a day: sokkin operator enrol NAME --code ${code}`);
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SokkinError('data_folder_unusable', `The data folder ${folder} cannot be made: ${why}`, {
      cause,
    });
  }
}

async function databaseName(pool: ReturnType<typeof openPool>, embedded: boolean): Promise<string> {
  try {
    const { rows } = await pool.query<{ server_version: string }>('SHOW server_version');
    return `PostgreSQL ${rows[0]?.server_version ?? 'unknown'} (${embedded ? 'embedded' : 'DATABASE_URL'})`;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const what = embedded ? 'The embedded database' : 'The database that DATABASE_URL names';
    throw new SokkinError('database_unreachable', `${what} does not answer: ${why}`, { cause });
  }
}
