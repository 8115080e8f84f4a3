/** The HTTP side: Fastify, validators, OpenAPI, and the routes. */
import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { MessageRoom } from '../acceptance/host/room.ts';
import { AccessTokens } from '../access/tokens.ts';
import type { Backend } from '../backend.ts';
import { installRequestLog } from '../observe/log.ts';
import { installAccess } from './access.ts';
import { appPages } from './app-pages.ts';
import { authenticator, type OperatorSession } from './authenticate.ts';
import { contractTransform, contractTransformObject, SECURITY_SCHEMES } from './contract.ts';
import { DESCRIPTION, TAGS } from './description.ts';
import { docsPages } from './docs-pages.ts';
import { EDGES, everyAnswer, installJson } from './edges.ts';
import { installErrors } from './errors.ts';
import { installFieldRelay } from './field-relay.ts';
import { problemCatalogue } from './problem-catalogue.ts';
import { installRateLimits, type RateLimits } from './rate-limit.ts';
import { acquirerLinkRoutes } from './routes-acquirer-links.ts';
import { alertRoutes } from './routes-alerts.ts';
import { auditRoutes } from './routes-audit.ts';
import { blockListRoutes } from './routes-block-list.ts';
import { cardOrderRoutes } from './routes-card-orders.ts';
import { cardScriptRoutes } from './routes-card-scripts.ts';
import { cardRoutes } from './routes-cards.ts';
import { claimRoutes } from './routes-claims.ts';
import { clearingRoutes } from './routes-clearing.ts';
import { clientRoutes } from './routes-clients.ts';
import { emvRangeRoutes } from './routes-emv-ranges.ts';
import { fleetRoutes } from './routes-fleet.ts';
import { type HealthSources, healthRoutes } from './routes-health.ts';
import { identityRoutes } from './routes-identity.ts';
import { institutionRoutes } from './routes-institutions.ts';
import { keyRoutes } from './routes-keys.ts';
import { logRoutes } from './routes-log.ts';
import { merchantRoutes } from './routes-merchants.ts';
import { moneyRoutes } from './routes-money.ts';
import { oauthRoutes } from './routes-oauth.ts';
import { operatorRoutes } from './routes-operators.ts';
import { oversightRoutes } from './routes-oversight.ts';
import { ownDeviceRoutes } from './routes-own-devices.ts';
import { phoneCardRoutes } from './routes-phone-cards.ts';
import { policyRoutes } from './routes-policy.ts';
import { previewRoutes } from './routes-preview.ts';
import { privacyRoutes } from './routes-privacy.ts';
import { proposalRoutes } from './routes-proposals.ts';
import { purseLimitsRoutes } from './routes-purse-limits.ts';
import { purseRoutes } from './routes-purses.ts';
import { retentionRoutes } from './routes-retention.ts';
import { installMagic, sandboxRoutes } from './routes-sandbox.ts';
import { sandboxShopRoutes } from './routes-sandbox-shops.ts';
import { settlementRoutes } from './routes-settlement.ts';
import { situationRoutes } from './routes-situation.ts';
import { statementRoutes } from './routes-statements.ts';
import { terminalConfigurationRoutes } from './routes-terminal-configuration.ts';
import { terminalMessageRoutes } from './routes-terminal-messages.ts';
import { terminalRoutes } from './routes-terminals.ts';
import { tokenRoutes } from './routes-tokens.ts';
import { transferRoutes } from './routes-transfers.ts';
import { uploadRoutes } from './routes-uploads.ts';
import { webhookRoutes } from './routes-webhooks.ts';

export interface About {
  readonly version: string;
  readonly database: string;
  /** Who stands behind an operator's session; undefined: there are no operators. */
  readonly operatorSession?: OperatorSession;
}

/** What runs beside the routes. */
export interface AppServices {
  readonly observers: readonly { install(app: FastifyInstance): void }[];
  readonly health: HealthSources;
  readonly trustProxy: readonly string[] | undefined;
  readonly limits: RateLimits;
  /** Where shops' messages are decided on. */
  readonly room: MessageRoom;
  /** Where the built apps are; undefined: none are served. */
  readonly pages: string | undefined;
}

export async function createApp(
  b: Backend,
  about: About,
  logger: FastifyBaseLogger,
  services: AppServices,
): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: logger,
    ...EDGES,
    trustProxy: services.trustProxy === undefined ? false : [...services.trustProxy],
    // Ours logs patterns of routes instead of addresses (observe/log.ts).
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: () => `req_${randomUUID()}`,
    // Names of others must not choose our ids.
    requestIdHeader: false,
    routerOptions: { ignoreTrailingSlash: true },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  installErrors(app);
  installJson(app);
  installRequestLog(app);
  for (const observer of services.observers) observer.install(app);
  const { afterAccess } = installRateLimits(app, services.limits);
  const tokens = new AccessTokens(b);
  installAccess(app, authenticator(b, tokens, about.operatorSession));
  afterAccess();
  installMagic(app, b);
  tellTime(app, b);
  app.addHook('onSend', async (request, reply) => {
    everyAnswer(request, reply);
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
  await app.register(institutionRoutes(b));
  await app.register(clientRoutes(b));
  await app.register(healthRoutes(services.health));
  await app.register(moneyRoutes(b));
  await app.register(proposalRoutes(b));
  await app.register(logRoutes(b));
  await app.register(operatorRoutes(b));
  await app.register(policyRoutes(b));
  await app.register(previewRoutes(b));
  await app.register(situationRoutes(b));
  await app.register(privacyRoutes(b));
  await app.register(retentionRoutes(b));
  await app.register(identityRoutes(b));
  await app.register(transferRoutes(b));
  await app.register(statementRoutes(b));
  await app.register(auditRoutes(b));
  await app.register(purseRoutes(b));
  await app.register(claimRoutes(b));
  await app.register(ownDeviceRoutes(b));
  await app.register(clearingRoutes(b));
  await app.register(settlementRoutes(b));
  await app.register(uploadRoutes(b));
  await app.register(cardRoutes(b));
  await app.register(fleetRoutes(b));
  await app.register(purseLimitsRoutes(b));
  await app.register(cardOrderRoutes(b));
  await app.register(blockListRoutes(b));
  await app.register(tokenRoutes(b));
  await app.register(phoneCardRoutes(b));
  await app.register(emvRangeRoutes(b));
  await app.register(keyRoutes(b));
  await app.register(oversightRoutes(b, about));
  await app.register(alertRoutes(b));
  await app.register(acquirerLinkRoutes(b));
  await app.register(merchantRoutes(b));
  await app.register(cardScriptRoutes(b));
  await app.register(terminalRoutes(b));
  await app.register(terminalConfigurationRoutes(b));
  await app.register(terminalMessageRoutes(b, services.room));
  await app.register(webhookRoutes(b));
  await app.register(sandboxRoutes(b));
  await app.register(sandboxShopRoutes(b));
  installFieldRelay(app, b);
  problemCatalogue(app);
  app.get('/openapi.json', { config: { access: 'open' }, schema: { hide: true } }, async () => app.swagger());
  await docsPages(app);
  if (services.pages !== undefined) await appPages(app, services.pages);
  await app.ready();
  return app;
}

/** A sandbox's clock may be moved: what proofs are measured by stands in each answer. */
function tellTime(app: FastifyInstance, b: Backend): void {
  app.addHook('onSend', async (_request, reply) => {
    if (b.mode === 'sandbox') reply.header('date', b.clock().toUTCString());
  });
}
