/**
 * Traces: a span for each request and for each transaction of the database, sent as OTLP over HTTP.
 *
 * What must hold: without an endpoint there is nothing here, and nothing is loaded; a caller's W3C `traceparent` is taken up;
 * attributes hold patterns of routes, codes and our own ids, and never what somebody sent. A collector that is slow or gone
 * costs spans, and never requests.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { LedgerStore } from '@sokkin/issuer';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { routeOf } from './log.ts';

export interface Traces {
  install(app: FastifyInstance): void;
  /** The same store, with a span around each transaction. */
  around(store: LedgerStore): LedgerStore;
  /** Sends what is left. */
  close(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyRequest {
    trace: Context | undefined;
  }
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const QUEUE = 2048;
const SEND_MS = 5_000;

export async function openTraces(endpoint: string | undefined, version: string): Promise<Traces | undefined> {
  if (endpoint === undefined) return undefined;
  const { BasicTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: SEND_MS });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'sokkin', 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: QUEUE, exportTimeoutMillis: SEND_MS })],
  });
  const tracer = provider.getTracer('sokkin', version);
  const current = new AsyncLocalStorage<Context>();
  const start = (name: string, kind: SpanKind, parent: Context, attributes: Attributes) =>
    tracer.startSpan(name, { kind, attributes }, parent);

  /** Runs the transaction in a span of its own. */
  const spanned = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const parent = current.getStore();
    // What the server does by itself, such as its audit, has no request and is not traced.
    if (parent === undefined) return work();
    const span = start(name, SpanKind.CLIENT, parent, { 'db.system.name': 'postgresql' });
    try {
      return await work();
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  };
  return {
    install: (app) =>
      installSpans(app, current, (request, parent) =>
        start(`${request.method} ${routeOf(request)}`, SpanKind.SERVER, parent, {
          'http.request.method': request.method,
          'http.route': routeOf(request),
          'sokkin.request_id': request.id,
        }),
      ),
    around: (store) => ({
      ...store,
      write: (work) => spanned('write transaction', () => store.write(work)),
      read: (work) => spanned('read transaction', () => store.read(work)),
    }),
    close: () => provider.shutdown().catch(() => undefined),
  };
}

function installSpans(
  app: FastifyInstance,
  current: AsyncLocalStorage<Context>,
  start: (request: FastifyRequest, parent: Context) => Span,
): void {
  app.decorateRequest('trace', undefined);
  app.addHook('onRequest', (request, _reply, done) => {
    const span = start(request, parentOf(request.headers.traceparent));
    request.trace = trace.setSpan(ROOT_CONTEXT, span);
    current.run(request.trace, done);
  });
  // The body comes in events of the socket, which know nothing of the request.
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.trace === undefined) done();
    else current.run(request.trace, done);
  });
  const end = (request: FastifyRequest, reply: FastifyReply | undefined) => {
    const span = request.trace && trace.getSpan(request.trace);
    if (span === undefined) return;
    if (request.principal?.id !== undefined) span.setAttribute('sokkin.principal', request.principal.id);
    if (reply !== undefined) span.setAttribute('http.response.status_code', reply.statusCode);
    if (reply === undefined || reply.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
    request.trace = undefined;
  };
  app.addHook('onResponse', async (request, reply) => end(request, reply));
  app.addHook('onRequestAbort', async (request) => end(request, undefined));
}

/** W3C Trace Context, section 3.2. What is malformed begins a new trace. */
function parentOf(header: string | string[] | undefined): Context {
  const match = typeof header === 'string' ? TRACEPARENT.exec(header) : null;
  const [, traceId = '', spanId = '', flags = ''] = match ?? [];
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    ...{ traceId, spanId },
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}

function fail(span: Span, error: unknown): void {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'error';
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
