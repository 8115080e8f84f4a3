/** Terminals of merchants that have a key of their own: added by their acquirer, enrolled with a code (docs/access.md). */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ownerOf } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import {
  addTerminal,
  closeTerminal,
  enrolTerminal,
  replaceTerminal,
  terminalPath,
} from '../operations/terminals/terminals.ts';
import { once } from './idempotency.ts';
import * as s from './schemas.ts';
import * as t from './terminal-schemas.ts';

const tags = ['acceptance'] as const;
const byTerminal = z.strictObject({ id: t.terminalId });
const nothing = z.strictObject({}).nullish();

export const terminalRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/terminals',
      {
        config: {
          access: 'terminals:write',
          problems: ['merchant_unknown', 'connection_unfit', 'merchant_without_party', 'terminal_taken'],
        },
        schema: {
          tags,
          summary: 'Add a terminal of a merchant; the device that shows the code becomes it',
          headers: s.idempotencyHeader,
          body: t.newTerminal,
          response: { 201: t.madeTerminal },
        },
      },
      (request, reply) => {
        const { merchant, connection, terminal } = request.body;
        const order = { merchant, connection, terminal };
        const add = (tx: Parameters<typeof addTerminal>[1]) => addTerminal(b, tx, request.principal, order);
        return once(b, request, reply, 201, async (tx) => t.showMadeTerminal(await add(tx)), t.withoutCode);
      },
    );
    app.get(
      '/v1/terminals',
      {
        config: { access: 'terminals:read' },
        schema: {
          tags,
          summary: 'All such terminals that you may see, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(t.terminal) },
        },
      },
      async ({ query: { limit, cursor }, principal }) => {
        const page = { limit: limit + 1, after: cursor, of: ownerOf(principal) };
        const rows = await b.store.read((tx) => tx.terminals.list(page));
        return s.pageOf(rows, limit, (row) => row.id, t.showTerminal);
      },
    );
    app.get(
      '/v1/terminals/:id',
      {
        config: { access: 'terminals:read' },
        schema: { tags, summary: 'One terminal', params: byTerminal, response: { 200: t.terminal } },
      },
      async ({ params, principal }) =>
        t.showTerminal(await b.store.read((tx) => terminalPath(tx, principal, params.id, 'see'))),
    );
    app.post(
      '/v1/terminals/:id/replace',
      {
        config: { access: 'terminals:write', problems: ['terminal_closed'] },
        schema: {
          tags,
          summary: 'Another device becomes the terminal: a new code; the device before is blocked',
          headers: s.idempotencyHeader,
          params: byTerminal,
          body: nothing,
          response: { 200: t.madeTerminal },
        },
      },
      (request, reply) => {
        const replace = (tx: Parameters<typeof replaceTerminal>[1]) =>
          replaceTerminal(b, tx, request.principal, request.params.id);
        return once(
          b,
          request,
          reply,
          200,
          async (tx) => t.showMadeTerminal(await replace(tx)),
          t.withoutCode,
        );
      },
    );
    app.post(
      '/v1/terminals/:id/close',
      {
        config: { access: 'terminals:write' },
        schema: {
          tags,
          summary: 'Close a terminal for good: its device is blocked, and its name is nobody else’s',
          params: byTerminal,
          body: nothing,
          response: { 200: t.terminal },
        },
      },
      async ({ params, principal }) =>
        t.showTerminal(await b.store.write((tx) => closeTerminal(b, tx, principal, params.id))),
    );
    app.post(
      '/v1/terminals/enrolments',
      {
        config: {
          access: 'open',
          problems: [
            'terminal_code_unknown',
            'device_key_invalid',
            'device_key_taken',
            'merchant_without_party',
          ],
        },
        schema: {
          tags,
          operationId: 'enrolTerminal',
          summary:
            'This device becomes the terminal that the code is for. The same again has the same answer',
          body: t.enrolment,
          response: { 201: t.enrolled },
        },
      },
      async ({ body }, reply) => {
        const made = await b.store.write((tx) => enrolTerminal(b, tx, body));
        return reply.code(201).send(t.showEnrolled(made));
      },
    );
  };
