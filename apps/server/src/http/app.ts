/** The HTTP side: Fastify, validators, OpenAPI, and the routes. */
import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { AccessTokens } from '../access/tokens.ts';
import type { Backend } from '../backend.ts';
import { installAccess } from './access.ts';
import { authenticator, type OperatorSession } from './authenticate.ts';
import { contractTransform, contractTransformObject, SECURITY_SCHEMES } from './contract.ts';
import { DESCRIPTION, TAGS } from './description.ts';
import { docsPages } from './docs-pages.ts';
import { installErrors } from './errors.ts';
import { problemCatalogue } from './problem-catalogue.ts';
import { DEFAULT_RATE_LIMITS, installRateLimits, type RateLimits } from './rate-limit.ts';
import { cardRoutes } from './routes-cards.ts';
import { moneyRoutes } from './routes-money.ts';
import { oauthRoutes } from './routes-oauth.ts';
import { oversightRoutes } from './routes-oversight.ts';
import { purseRoutes } from './routes-purses.ts';
import { webhookRoutes } from './routes-webhooks.ts';

const BODY_LIMIT = 2 * 1024 * 1024;

export interface About {
  readonly version: string;
  readonly database: string;
  /** Who stands behind an operator's session; undefined: there are no operators. */
  readonly operatorSession?: OperatorSession;
}

export interface HttpOptions {
  readonly limits?: RateLimits;
  /** Addresses and networks of proxies whose X-Forwarded-For is believed. */
  readonly trustProxy?: string | false;
}

export async function createApp(
  b: Backend,
  about: About,
  logger: FastifyBaseLogger,
  { limits = DEFAULT_RATE_LIMITS, trustProxy = false }: HttpOptions = {},
): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: logger,
    bodyLimit: BODY_LIMIT,
    genReqId: () => `req_${randomUUID()}`,
    // Names of others must not choose our ids.
    requestIdHeader: false,
    trustProxy,
    routerOptions: { ignoreTrailingSlash: true },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  installErrors(app);
  const { afterAccess } = installRateLimits(app, limits);
  const tokens = new AccessTokens(b);
  installAccess(app, authenticator(tokens, about.operatorSession));
  afterAccess();
  app.addHook('onSend', async (request, reply) => {
    reply.header('request-id', request.id);
    reply.header('cache-control', 'no-store');
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sokkin back-end API', version: about.version, description: DESCRIPTION },
      tags: [...TAGS],
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    transform: contractTransform,
    transformObject: contractTransformObject,
  });
  await app.register(oauthRoutes(b, tokens));
  await app.register(moneyRoutes(b));
  await app.register(purseRoutes(b));
  await app.register(cardRoutes(b));
  await app.register(oversightRoutes(b, about));
  await app.register(webhookRoutes(b));
  problemCatalogue(app);
  app.get('/openapi.json', { config: { access: 'open' }, schema: { hide: true } }, async () => app.swagger());
  await docsPages(app);
  await app.ready();
  return app;
}
