/**
 * How much one caller may ask at once, so that one does not take the others' share, and secrets cannot be guessed.
 *
 * What must hold: who shows credentials is counted by them, everybody else by address; wrong credentials and open POSTs
 * (where credentials are tried) are counted strictly. Counts are this process's own: with several processes behind a
 * proxy the limits multiply by their number, and no request waits for another machine.
 */
import { isIPv6 } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problems.ts';
import { type Rate, type Taken, TokenBuckets } from './token-buckets.ts';

export interface RateLimits {
  /** Of one client, device or operator. undefined: not limited. */
  readonly principal: Rate | undefined;
  /** Of one address, without credentials. */
  readonly anonymous: Rate;
  /** Of one address: tries of credentials, and failed ones. */
  readonly credentials: Rate;
}

export const DEFAULT_RATE_LIMITS = {
  principal: { perSecond: 10_000, burst: 20_000 },
  anonymous: { perSecond: 100, burst: 500 },
  credentials: { perSecond: 10, burst: 100 },
} satisfies RateLimits;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set for open POSTs. */
    triesCredentials?: boolean;
  }
}

/** What the configuration says of callers with credentials; 0 a second: they are not limited. */
export const rateLimits = (perSecond: number, burst: number): RateLimits => ({
  ...DEFAULT_RATE_LIMITS,
  principal: perSecond === 0 ? undefined : { perSecond, burst },
});

/** To be installed before the gate of access.ts: what it refuses must be counted. */
export function installRateLimits(
  app: FastifyInstance,
  limits: RateLimits,
  now: () => number = () => performance.now(),
): { readonly afterAccess: () => void } {
  const failed = new TokenBuckets(limits.credentials, now);
  const tried = new TokenBuckets(limits.credentials, now);
  const anonymous = new TokenBuckets(limits.anonymous, now);
  const principals = limits.principal && new TokenBuckets(limits.principal, now);
  app.addHook('onRoute', (route) => {
    if (route.config?.access === 'open' && route.method === 'POST') route.config.triesCredentials = true;
  });
  app.addHook('onRequest', (request, reply, done) => {
    const { access, triesCredentials } = request.routeOptions.config;
    // Who failed too often is not heard at all for a while; of the others, only the anonymous are counted here.
    if (access !== undefined && access !== 'open') {
      const look = failed.look(addressOf(request));
      done(look.ok ? undefined : refusal(reply, failed, 'credentials', look));
      return;
    }
    const buckets = triesCredentials === true ? tried : anonymous;
    done(count(reply, buckets, triesCredentials === true ? 'credentials' : 'anonymous', addressOf(request)));
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (reply.statusCode === 401) failed.take(addressOf(request));
    done();
  });
  return {
    afterAccess: () => {
      if (principals === undefined) return;
      app.addHook('onRequest', (request, reply, done) => {
        const { kind, id } = request.principal;
        done(kind === 'nobody' ? undefined : count(reply, principals, 'principal', id));
      });
    },
  };
}

/** undefined: go on. Headers as in draft-ietf-httpapi-ratelimit-headers-10. */
function count(reply: FastifyReply, buckets: TokenBuckets, name: string, key: string): Problem | undefined {
  const taken = buckets.take(key);
  if (!taken.ok) return refusal(reply, buckets, name, taken);
  reply.header('ratelimit', `"${name}";r=${taken.left};t=0`);
  return undefined;
}

function refusal(reply: FastifyReply, { rate }: TokenBuckets, name: string, { waitMs }: Taken): Problem {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  reply.header('ratelimit', `"${name}";r=0;t=${seconds}`);
  reply.header('ratelimit-policy', `"${name}";q=${rate.burst};w=${Math.ceil(rate.burst / rate.perSecond)}`);
  reply.header('retry-after', String(seconds));
  return new Problem('rate_limited', `At most ${rate.perSecond} a second are answered: wait ${seconds} s.`);
}

/** One household has a whole /64 of IPv6, so that is what is counted. */
function addressOf({ ip }: FastifyRequest): string {
  if (!isIPv6(ip) || ip.startsWith('::ffff:')) return ip;
  const [head = '', tail] = ip.split('::');
  const groups = head.split(':');
  if (tail !== undefined) {
    const missing = 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
    for (let i = 0; i < missing; i++) groups.push('0');
    groups.push(...tail.split(':'));
  }
  return groups.slice(0, 4).join(':');
}
