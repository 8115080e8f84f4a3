/**
 * Putting the back-end together: database, migrations, keys, HTTP.
 *
 * What must hold: it serves only when everything is ready; what fails says what to do; `close` answers what is
 * being worked on, then stops the database, and may be called more than once.
 */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import type { FastifyInstance } from 'fastify';
import type { AcceptanceDesk } from './acceptance/desk.ts';
import type { AcceptanceHost } from './acceptance/host/host.ts';
import { openRoom } from './acceptance/host/room.ts';
import { settlementHabit } from './acceptance/settlement/habit.ts';
import { operatorSession } from './access/sessions.ts';
import type { Backend } from './backend.ts';
import { type Config, readConfig } from './config.ts';
import { createApp } from './http/app.ts';
import { type RateLimits, rateLimits } from './http/rate-limit.ts';
import { type KeyConfig, keyConfigOf } from './keys/key-config.ts';
import { type MatcherOptions, startMatcher } from './matching/matcher.ts';
import { lifecycle } from './observe/lifecycle.ts';
import { openLog } from './observe/log.ts';
import { openWatch } from './observe/watch.ts';
import { auditHabit } from './operations/audits.ts';
import { claimsHabit } from './operations/claims/work.ts';
import { retain, retentionHabit } from './operations/retention.ts';
import { holdsHabit } from './operations/shop-payments.ts';
import { openAcceptance } from './start/acceptance.ts';
import { Cleanups } from './start/cleanups.ts';
import { openCore, prepareCore } from './start/core.ts';
import { type OpenDatabase, openDatabase } from './start/database.ts';
import { VERSION } from './version.ts';
import { type DispatcherOptions, startDispatcher } from './webhooks/dispatcher.ts';

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
  /** How the two sides of payments are met; false: other processes do that. A sandbox waits for it. */
  readonly matching?: MatcherOptions | false;
  /** Who decides on shops' messages in place of this server's own desk. */
  readonly desk?: AcceptanceDesk;
}

export interface Server {
  readonly app: FastifyInstance;
  readonly backend: Backend;
  /** Who decides on what shops' terminals ask. */
  readonly desk: AcceptanceDesk;
  /** The acquirers' ISO 8583 host; undefined: there is none. */
  readonly acceptance: AcceptanceHost | undefined;
  /** What is done now and then beside the requests, at once: keys that were replaced are retired. */
  upkeep(): Promise<void>;
  /** Removes what was kept long enough, at once. */
  tidy(): Promise<void>;
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
  const { log = () => undefined, clock = () => new Date(), crypto = nodeCrypto() } = options;
  const dataFolder = resolve(options.dataFolder);
  const config: Config = { ...readConfig({}), logLevel: 'silent', ...options, dataFolder };
  await makeFolder(dataFolder);
  const cleanups = new Cleanups();
  try {
    const keyConfig = options.keyStore ?? keyConfigOf(config);
    const input = { config, crypto, keyConfig, clock, isWarm: options.warm === true, log };
    const prepared = await prepareCore(input, cleanups);
    const database = await openDatabase(config, cleanups, log);
    const { backend, desk, upkeep } = await openCore(input, prepared, database, cleanups);
    const served = await serve({ desk, ...options }, config, backend, database, cleanups);
    let closed: Promise<boolean> | undefined;
    const close = () => {
      closed ??= cleanups.run().then(served.allAnswered);
      return closed;
    };
    const tidy = async () => {
      await retain(backend, 0);
    };
    const { app, acceptance } = served;
    return { app, backend, desk, acceptance, upkeep, tidy, close };
  } catch (error) {
    await cleanups.run();
    throw error;
  }
}

/** The HTTP side, and what runs beside it. */
async function serve(
  options: ServerOptions & { readonly desk: AcceptanceDesk },
  config: Config,
  backend: Backend,
  database: OpenDatabase,
  cleanups: Cleanups,
) {
  const say = options.log ?? (() => undefined);
  for (const habit of [
    auditHabit(backend, config.auditSeconds, say),
    retentionHabit(backend, config.retentionSeconds, say),
    claimsHabit(backend, config.claimsSeconds, say),
    holdsHabit(backend, say),
    settlementHabit(backend, config.settlementSeconds, say),
  ])
    cleanups.add(() => habit.stop());
  const life = lifecycle();
  const { pool, traces, name } = database;
  const watch = await openWatch({ backend, pool, config, version: VERSION, life, traces });
  cleanups.add(() => watch.close());
  const about = {
    version: VERSION,
    database: name,
    operatorSession: (token: string) => operatorSession(backend, token),
  };
  const limits = options.limits ?? rateLimits(config.ratePerSecond, config.rateBurst);
  const logger = openLog(config.logLevel);
  const { registry } = watch.metrics;
  const { dataFolder } = config;
  const room = await openRoom({ backend, desk: options.desk, dataFolder, registry, log: logger });
  cleanups.add(() => room.close());
  const app = await createApp(backend, about, logger, { ...watch.services, limits, room });
  let allAnswered = true;
  cleanups.add(async () => {
    allAnswered = await life.stop(app, config.stopSeconds * 1000);
    if (!allAnswered) database.cut();
  });
  if (options.webhooks !== false) {
    const onError = (error: unknown) => app.log.warn({ err: error }, 'webhooks wait');
    const dispatcher = startDispatcher(backend, { onError, ...options.webhooks });
    cleanups.add(() => dispatcher.stop());
  }
  if (options.matching !== false) {
    const onError = (error: unknown) => app.log.warn({ err: error }, 'meetings wait');
    const isAwaited = backend.mode === 'sandbox';
    const matcher = startMatcher(backend, { onError, isAwaited, ...options.matching });
    cleanups.add(() => matcher.stop());
  }
  const acceptance = await openAcceptance({ backend, config, room });
  cleanups.add(async () => {
    if ((await acceptance?.stop()) === false) allAnswered = false;
  });
  life.ready();
  return { app, acceptance, allAnswered: () => allAnswered };
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
