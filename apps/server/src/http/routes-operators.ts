/**
 * Operators and their sessions.
 *
 * What must hold: answers that show a secret once (a code, a token) are not kept for an Idempotency-Key. To invite the
 * same name twice is refused, and a code that was lost is renewed.
 */
import type { LedgerTx, OperatorRow } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ownerOf, type Principal } from '../access/principal.ts';
import type { RoleName } from '../access/roles.ts';
import { beginSession, endSession, Locked } from '../access/sessions.ts';
import type { Backend } from '../backend.ts';
import * as people from '../operations/operators.ts';
import { propose } from '../operations/proposals.ts';
import { Problem } from '../problems.ts';
import { once } from './idempotency.ts';
import * as o from './operators-schemas.ts';
import * as s from './schemas.ts';

const tags = ['operators'];
const byId = z.strictObject({ id: s.id('opr') });

/** What of the wanted roles takes a second administrator waits as a proposal; the rest is given. */
async function giveRoles(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  operator: OperatorRow,
  wanted: readonly RoleName[],
) {
  const waiting = await people.rolesForTwo(tx, who, operator.roles, wanted);
  const given = wanted.filter((role) => !waiting.includes(role));
  const changed = await people.setRoles(b, tx, who, operator.id, given);
  if (waiting.length === 0) return { ...o.showOperator(changed), proposal: null };
  const body = { operator: operator.id, roles: [...wanted] };
  const { id } = await propose(b, tx, who, { kind: 'operator_roles', subject: operator.id, body });
  return { ...o.showOperator(changed), proposal: id };
}

export const operatorRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    await app.register(sessionRoutes(b));
    app.get(
      '/v1/operators',
      {
        config: { access: 'operators:read' },
        schema: {
          tags,
          summary: 'Operators, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(o.operator) },
        },
      },
      async ({ query: { limit, cursor }, principal }) => {
        const institution = ownerOf(principal)?.institution;
        const rows = await b.store.read((tx) =>
          tx.operators.list({ limit: limit + 1, after: cursor, institution }),
        );
        return s.pageOf(rows, limit, (row) => row.id, o.showOperator);
      },
    );
    app.get(
      '/v1/operators/:id',
      {
        config: { access: 'operators:read' },
        schema: { tags, summary: 'One operator', params: byId, response: { 200: o.operator } },
      },
      async ({ params, principal }) =>
        o.showOperator(await b.store.read((tx) => people.getOperator(tx, principal, params.id))),
    );
    app.post(
      '/v1/operators',
      {
        config: { access: 'operators:write', problems: ['not_found', 'name_taken', 'institution_unknown'] },
        schema: {
          tags,
          summary: 'Invite an operator: gives a code to enrol with',
          body: o.newOperator,
          response: { 201: o.invited },
        },
      },
      async ({ body: { name, roles, institution }, principal }, reply) => {
        reply.code(201);
        return b.store.write(async (tx) => {
          const whose = institution ?? principal.institution;
          const invitation = { name, roles: [], institution: whose };
          const { code, operator } = await people.invite(b, tx, principal, invitation);
          return { ...(await giveRoles(b, tx, principal, operator, roles)), code };
        });
      },
    );
    app.post(
      '/v1/operators/:id/code',
      {
        config: { access: 'operators:write', problems: ['operator_dismissed', 'own_rights'] },
        schema: {
          tags,
          summary: 'A new code for who has not enrolled; the one before is void',
          params: byId,
          response: { 200: o.invited },
        },
      },
      async ({ params, principal }) => {
        const { code, operator } = await b.store.write((tx) => people.renewCode(b, tx, principal, params.id));
        return { ...o.showOperator(operator), proposal: null, code };
      },
    );
    app.post(
      '/v1/operators/:id/roles',
      {
        config: { access: 'operators:write', problems: ['operator_dismissed', 'own_rights'] },
        schema: {
          tags,
          summary: 'Set the roles of another operator',
          params: byId,
          headers: s.idempotencyHeader,
          body: o.newRoles,
          response: { 200: o.changedOperator },
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          const { principal, params, body } = request;
          const operator = await people.changeable(tx, principal, params.id);
          return giveRoles(b, tx, principal, operator, body.roles);
        }),
    );
    app.post(
      '/v1/operators/:id/dismiss',
      {
        config: { access: 'operators:write', problems: ['operator_dismissed', 'own_rights'] },
        schema: {
          tags,
          summary: 'Dismiss an operator at once and for good: all sessions end',
          params: byId,
          response: { 200: o.operator },
        },
      },
      async ({ params, principal }) =>
        o.showOperator(await b.store.write((tx) => people.dismiss(b, tx, principal, params.id))),
    );
  };

const sessionRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/operators/enrol',
      {
        config: { access: 'open', problems: ['name_taken', 'code_invalid', 'password_weak'] },
        schema: {
          tags,
          summary: 'Enrol with the code of an invitation: choose a password',
          body: o.enrolment,
          response: { 201: o.operator },
        },
      },
      async ({ body }, reply) => {
        reply.code(201);
        return o.showOperator(await people.enrol(b, body));
      },
    );
    app.post(
      '/v1/sessions',
      {
        config: { access: 'open', problems: ['login_failed', 'login_locked'] },
        schema: { tags, summary: 'Log in', body: o.login, response: { 201: o.session } },
      },
      async ({ body: { name, password } }, reply) => {
        reply.code(201);
        try {
          return o.showSession(await beginSession(b, name, password));
        } catch (error) {
          if (error instanceof Locked) reply.header('retry-after', error.seconds);
          throw error;
        }
      },
    );
    app.post(
      '/v1/sessions/end',
      {
        config: { access: 'open', problems: ['unauthorized'] },
        schema: {
          tags,
          summary: 'Log out: ends the session of the token in the Authorization header',
          response: { 200: z.object({ ended: z.literal(true) }) },
        },
      },
      async (request) => {
        const [, token] = /^Bearer (sop_[A-Za-z0-9_-]{43})$/.exec(request.headers.authorization ?? '') ?? [];
        if (token === undefined) throw new Problem('unauthorized', 'Send the session token that is to end.');
        await endSession(b, token);
        return { ended: true as const };
      },
    );
  };
