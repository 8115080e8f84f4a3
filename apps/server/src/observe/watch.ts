/** Everything that looks at the server from beside: metrics, readiness, traces. Put together here, used by http/app.ts. */
import type { Certificate } from '@sokkin/crypto';
import { FIRST_ISSUER } from '@sokkin/issuer';
import type pg from 'pg';
import { type Backend, lineFor } from '../backend.ts';
import type { Config } from '../config.ts';
import type { AppServices } from '../http/app.ts';
import { signersInUse } from '../keys/expiry.ts';
import { readiness } from '../operations/readiness.ts';
import { readFigures } from '../store/figures.ts';
import { newestMigration } from '../store/migrate.ts';
import type { Lifecycle } from './lifecycle.ts';
import { type Metrics, openMetrics } from './metrics.ts';
import type { Traces } from './traces.ts';

const MS_PER_DAY = 86_400_000;

export interface Watch {
  readonly metrics: Metrics;
  readonly services: Omit<AppServices, 'limits' | 'room'>;
  close(): void;
}

export async function openWatch(parts: {
  readonly backend: Backend;
  readonly pool: pg.Pool;
  readonly config: Config;
  readonly version: string;
  readonly life: Lifecycle;
  readonly traces: Traces | undefined;
}): Promise<Watch> {
  const { backend, pool, config, version, life, traces } = parts;
  const migration = await newestMigration();
  const metrics = openMetrics({
    version,
    mode: config.mode,
    figures: () => readFigures(pool),
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    audit: () => backend.audits.last(),
    certificates: () => certificatesOf(backend),
    inFlight: () => life.inFlight(),
    clock: backend.clock,
  });
  const signer = () => lineFor(backend, FIRST_ISSUER).authority.key;
  const state = () => life.state();
  const ready = () => readiness({ state, pool, keys: backend.keys, signer, migration });
  const { trustProxy } = config;
  return {
    metrics,
    services: {
      observers: traces === undefined ? [life, metrics] : [life, traces, metrics],
      health: { ready, metrics, metricsFor: config.metrics, trustsProxy: trustProxy !== undefined },
      trustProxy,
      pages: config.pages,
    },
    close: () => metrics.close(),
  };
}

function certificatesOf({ pki }: Backend): Record<string, Date> {
  const certificates = signersInUse(pki).map((s): [string, Certificate] => [s.key, s.certificate]);
  certificates.unshift([pki.rootKey, pki.root]);
  return Object.fromEntries(
    certificates.map(([key, { expiration }]) => [key, new Date((expiration + 1) * MS_PER_DAY)]),
  );
}
