/**
 * The numbers that Prometheus collects; docs/operations.md says what each is for.
 *
 * What must hold: labels have few values, all of them ours (patterns of routes, names of terms), so that no caller can make the list
 * grow; collecting costs the database one small query at most every `FRESH_MS`, and still answers when the database does not.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Audit } from '@sokkin/issuer';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Figures } from '../store/figures.ts';
import { routeOf } from './log.ts';

const FRESH_MS = 5_000;
const NS_PER_S = 1e9;
const MS_PER_DAY = 86_400_000;
const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

export interface MetricsSources {
  readonly version: string;
  readonly mode: string;
  readonly figures: () => Promise<Figures>;
  readonly pool: () => { readonly total: number; readonly idle: number; readonly waiting: number };
  /** Certificates by name, with the day of their expiry. */
  readonly certificates: () => Readonly<Record<string, Date>>;
  readonly audit: () => { readonly audit: Audit; readonly at: Date } | undefined;
  readonly inFlight: () => number;
  readonly clock: () => Date;
}

export interface Metrics {
  /** For the numbers of other parts. */
  readonly registry: Registry;
  install(app: FastifyInstance): void;
  /** Text exposition format. */
  text(): Promise<string>;
  readonly contentType: string;
  close(): void;
}

/** What each money route does, so that what moves can be watched without knowing the API's addresses. */
const OPERATIONS: ReadonlyMap<string, string> = new Map([
  ['/v1/issuances', 'issuance'],
  ['/v1/destructions', 'destruction'],
  ['/v1/transfers', 'transfer'],
  ['/v1/transfers/batch', 'transfer_batch'],
  ['/v1/fundings', 'funding'],
  ['/v1/redemptions/:id/payment', 'redemption'],
  ['/v1/purses', 'certification'],
  ['/v1/purses/:id/sync', 'sync'],
]);

export function openMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Histogram({
    name: 'sokkin_http_request_duration_seconds',
    help: 'From the first octet of a request to the last of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  const operations = new Counter({
    name: 'sokkin_operations_total',
    help: 'Operations on money and purses by outcome: done, replayed (the same request again), refused, failed',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  const gauges = makeGauges(registry);
  const lag = monitorEventLoopDelay({ resolution: 20 });
  lag.enable();
  gauges.info.set({ version: sources.version, mode: sources.mode }, 1);
  const fresh = fewTimes(sources.figures);
  return {
    registry,
    contentType: registry.contentType,
    install(app) {
      app.addHook('onResponse', async (request, reply) => {
        const route = routeOf(request);
        const { method } = request;
        requests.observe({ method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
        const operation = method === 'POST' ? OPERATIONS.get(route) : undefined;
        if (operation !== undefined) operations.inc({ operation, outcome: outcomeOf(reply) });
      });
    },
    async text() {
      collect(gauges, sources, lag);
      setAudit(gauges, sources.audit());
      const figures = await fresh();
      gauges.databaseUp.set(figures === undefined ? 0 : 1);
      if (figures !== undefined) setFigures(gauges, figures);
      return registry.metrics();
    },
    close: () => lag.disable(),
  };
}

function outcomeOf(reply: FastifyReply): string {
  if (reply.statusCode >= 500) return 'failed';
  if (reply.statusCode >= 400) return 'refused';
  return reply.getHeader('idempotent-replayed') === 'true' ? 'replayed' : 'done';
}

type Gauges = ReturnType<typeof makeGauges>;

function makeGauges(registry: Registry) {
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name: `sokkin_${name}`, help, labelNames, registers: [registry] });
  return {
    info: gauge('info', 'Always 1; the labels say what runs', 'version', 'mode'),
    inFlight: gauge('http_requests_in_flight', 'Requests that are being worked on'),
    money: gauge('money_minor_units', 'The terms of the last audit, in minor units', 'term'),
    auditHolds: gauge('audit_holds', '1 if the last audit held, 0 if money is missing or too much'),
    auditAt: gauge('audit_timestamp_seconds', 'When the last audit ran'),
    alerts: gauge('alerts_open', 'Alerts that nobody has explained yet', 'severity'),
    transfer: gauge(
      'ledger_highest_transfer',
      'The number of the newest transfer: its rate is that of transfers',
    ),
    purse: gauge('purses_highest', 'The number of the newest purse'),
    deliveries: gauge('outbox_waiting', 'Deliveries to webhooks that are still to be made'),
    databaseUp: gauge('database_up', '1 if the database answered this collection'),
    databaseBytes: gauge('database_size_bytes', 'Size of the database on disk'),
    connections: gauge('database_connections', 'Connections of this process to the database', 'state'),
    waiting: gauge('database_waiting_requests', 'Requests that wait for a connection'),
    certificateDays: gauge('certificate_days_left', 'Days until a certificate expires', 'certificate'),
    lag: gauge('event_loop_lag_seconds', 'Delay of the event loop since the last collection', 'quantile'),
    memory: gauge('process_resident_memory_bytes', 'Memory of this process'),
    heap: gauge('process_heap_used_bytes', 'JavaScript objects of this process'),
    cpu: gauge('process_cpu_seconds', 'Processor time that this process has used'),
    uptime: gauge('process_uptime_seconds', 'Since this process started'),
  };
}

function collect(
  gauges: Gauges,
  sources: MetricsSources,
  lag: ReturnType<typeof monitorEventLoopDelay>,
): void {
  gauges.inFlight.set(sources.inFlight());
  const { total, idle, waiting } = sources.pool();
  gauges.connections.set({ state: 'idle' }, idle);
  gauges.connections.set({ state: 'busy' }, total - idle);
  gauges.waiting.set(waiting);
  const now = sources.clock().getTime();
  for (const [certificate, until] of Object.entries(sources.certificates()))
    gauges.certificateDays.set({ certificate }, (until.getTime() - now) / MS_PER_DAY);
  if (lag.count > 0) {
    gauges.lag.set({ quantile: '0.5' }, lag.percentile(50) / NS_PER_S);
    gauges.lag.set({ quantile: '0.99' }, lag.percentile(99) / NS_PER_S);
    lag.reset();
  }
  const { rss, heapUsed } = process.memoryUsage();
  gauges.memory.set(rss);
  gauges.heap.set(heapUsed);
  const { user, system } = process.cpuUsage();
  gauges.cpu.set((user + system) / 1e6);
  gauges.uptime.set(process.uptime());
}

function setAudit(gauges: Gauges, last: ReturnType<MetricsSources['audit']>): void {
  if (last === undefined) return;
  const { audit, at } = last;
  for (const term of [
    'issued',
    'online',
    'offline',
    'inFlight',
    'approvals',
    'refunded',
    'redeemed',
  ] as const)
    gauges.money.set({ term: term === 'inFlight' ? 'in_flight' : term }, Number(audit[term]));
  gauges.auditHolds.set(audit.holds ? 1 : 0);
  gauges.auditAt.set(at.getTime() / 1000);
}

function setFigures(gauges: Gauges, figures: Figures): void {
  gauges.transfer.set(Number(figures.highestTransfer));
  gauges.purse.set(Number(figures.highestPurse));
  gauges.alerts.set({ severity: 'proven' }, Number(figures.openAlerts.proven));
  gauges.alerts.set({ severity: 'suspected' }, Number(figures.openAlerts.suspected));
  gauges.deliveries.set(Number(figures.waitingDeliveries));
  gauges.databaseBytes.set(Number(figures.databaseBytes));
}

/** Many collectors at once read the database once; undefined: it did not answer. */
function fewTimes(read: () => Promise<Figures>): () => Promise<Figures | undefined> {
  let at = Number.NEGATIVE_INFINITY;
  let last: Promise<Figures | undefined> | undefined;
  return () => {
    if (last === undefined || performance.now() - at > FRESH_MS) {
      at = performance.now();
      last = read().catch(() => undefined);
    }
    return last;
  };
}
