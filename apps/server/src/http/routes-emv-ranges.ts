/** Payment cards that other issuers made: which begin how, how their cryptograms are made, and under which keys. */
import type { LedgerTx } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ownerOf, type Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import {
  addRange,
  bringFirst,
  bringSecond,
  makeRangeKeys,
  rangePath,
  withdrawRangeKeys,
} from '../operations/emv-ranges.ts';
import * as e from './emv-range-schemas.ts';
import { once } from './idempotency.ts';
import * as s from './schemas.ts';

const byRange = z.strictObject({ id: s.id('emr') });

export const emvRangeRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    // Before the answer: whoever reads it may have a card tapped at once.
    app.addHook('onSend', async ({ method }) => {
      if (method !== 'GET') b.vault.rangesChanged();
    });
    const shown = async (tx: LedgerTx, who: Principal, id: string) =>
      e.showRange(await rangePath(tx, who, id), await tx.emvRanges.keysOf(id));
    const change = (summary: string) => ({
      tags: ['keys'],
      summary,
      params: byRange,
      headers: s.idempotencyHeader,
      response: { 200: e.range },
    });
    app.post(
      '/v1/emv-ranges',
      {
        config: {
          access: 'keys:write',
          problems: ['institution_unknown', 'emv_range_taken', 'emv_range_invalid'],
        },
        schema: {
          tags: ['keys'],
          summary:
            'Say how the cryptograms of a range of payment cards are made, and by which rules they are judged',
          headers: s.idempotencyHeader,
          body: e.newRange,
          response: { 201: e.range },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) =>
          e.showRange(await addRange(b, tx, request.principal, request.body), []),
        ),
    );
    app.get(
      '/v1/emv-ranges',
      {
        config: { access: 'keys:read' },
        schema: {
          tags: ['keys'],
          summary: 'Ranges of payment cards that you may see, oldest first',
          querystring: s.pageQuery,
          response: { 200: s.listOf(e.range) },
        },
      },
      async ({ query: { limit, cursor }, principal }) => {
        const page = { limit: limit + 1, after: cursor, of: ownerOf(principal) };
        const rows = await b.store.read(async (tx) => {
          const ranges = await tx.emvRanges.list(page);
          return Promise.all(ranges.map(async (row) => ({ row, keys: await tx.emvRanges.keysOf(row.id) })));
        });
        return s.pageOf(
          rows,
          limit,
          ({ row }) => row.id,
          ({ row, keys }) => e.showRange(row, keys),
        );
      },
    );
    app.get(
      '/v1/emv-ranges/:id',
      {
        config: { access: 'keys:read' },
        schema: {
          tags: ['keys'],
          summary: 'One range, with the check values of its keys',
          params: byRange,
          response: { 200: e.range },
        },
      },
      async ({ params, principal }) => b.store.read((tx) => shown(tx, principal, params.id)),
    );
    app.post(
      '/v1/emv-ranges/:id/keys',
      {
        config: { access: 'keys:write', problems: ['emv_key_exists', 'keys_unavailable'] },
        schema: {
          ...change('Make the master keys of an index where the keys of the back-end are'),
          body: e.newKeys,
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          const { principal, params, body } = request;
          const { key_index: keyIndex, cipher } = body;
          await makeRangeKeys(b, tx, principal, { range: params.id, keyIndex, cipher });
          return shown(tx, principal, params.id);
        }),
    );
    app.post(
      '/v1/emv-ranges/:id/first-component',
      {
        config: { access: 'keys:write', problems: ['emv_key_exists', 'keys_unavailable'] },
        schema: {
          ...change('Bring master keys from elsewhere: the first custodian’s half, and the check values'),
          body: e.firstComponent,
        },
      },
      (request, reply) =>
        once(
          b,
          request,
          reply,
          200,
          async (tx) => {
            const { principal, params, body } = request;
            const { key_index: keyIndex, cipher } = body;
            const [component, checkValues] = [e.byPurpose(body.component), e.byPurpose(body.check_values)];
            await bringFirst(b, tx, principal, {
              range: params.id,
              keyIndex,
              cipher,
              component,
              checkValues,
            });
            return shown(tx, principal, params.id);
          },
          undefined,
          (text) => b.identities.requestMacs(text),
        ),
    );
    app.post(
      '/v1/emv-ranges/:id/second-component',
      {
        config: {
          access: 'keys:write',
          problems: ['not_found', 'second_person_needed', 'emv_key_mismatch', 'keys_unavailable'],
        },
        schema: {
          ...change('The second custodian’s half: if the check values are right, the keys are in use'),
          body: e.secondComponent,
        },
      },
      (request, reply) =>
        once(
          b,
          request,
          reply,
          200,
          async (tx) => {
            const { principal, params, body } = request;
            const component = e.byPurpose(body.component);
            await bringSecond(b, tx, principal, { range: params.id, keyIndex: body.key_index, component });
            return shown(tx, principal, params.id);
          },
          undefined,
          (text) => b.identities.requestMacs(text),
        ),
    );
    app.post(
      '/v1/emv-ranges/:id/withdraw-keys',
      {
        config: { access: 'keys:write', problems: ['not_found', 'keys_unavailable'] },
        schema: {
          ...change('Keys of an index check nothing any more; a first component that waits is forgotten'),
          body: e.withdrawal,
        },
      },
      (request, reply) =>
        once(b, request, reply, 200, async (tx) => {
          const { principal, params, body } = request;
          await withdrawRangeKeys(b, tx, principal, { range: params.id, keyIndex: body.key_index });
          return shown(tx, principal, params.id);
        }),
    );
  };
