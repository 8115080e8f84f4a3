/** Offline approvals of cards that acquirers present: files of them, what became of each, and the policy. */
import type { IsoProfile } from '@sokkin/codec';
import type { LedgerTx } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { clearAll, MOST_ITEMS, type ReadItem, readJsonLines } from '../acceptance/clearing/files.ts';
import { readIsoFile } from '../acceptance/clearing/iso-files.ts';
import { clearingInForce, clearingPolicy, clearingProposal } from '../acceptance/clearing/policy.ts';
import { actingInstitution } from '../access/owned.ts';
import { maySee, type Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { dialectNamed, linkPath, readDialect } from '../operations/acquirer-links.ts';
import { propose } from '../operations/proposals.ts';
import { Problem } from '../problems.ts';
import { once } from './idempotency.ts';
import * as o from './oversight-schemas.ts';
import * as s from './schemas.ts';
import * as t from './settlement-schemas.ts';

const byClearing = z.strictObject({ id: t.clearingId });

export const clearingRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/clearing-files',
      {
        config: {
          access: 'settlement:write',
          problems: [
            'institution_unknown',
            'clearing_file_unreadable',
            'profile_invalid',
            'not_found',
            'payload_too_large',
          ],
        },
        schema: {
          tags: ['settlement'],
          summary:
            'Clear offline approvals, each for itself. The same again pays nothing again: no key is needed',
          body: t.clearingFile,
          response: { 200: t.clearingFileAnswer },
        },
      },
      async ({ principal, body }) => {
        const acquirer = await b.store.read((tx) => actingAcquirer(tx, principal, body.acquirer));
        const results = await clearAll(b, await itemsOf(b, principal, acquirer, body));
        const count = (status: string) => results.filter((r) => r.status === status).length;
        return {
          settled: count('settled'),
          refused: count('refused'),
          unreadable: count('unreadable'),
          amount: results.reduce((sum, { paid }) => sum + paid, 0n).toString(),
          results: results.map(({ paid: _, ...result }) => ({ ...result, reason: result.reason ?? null })),
        };
      },
    );
    app.get(
      '/v1/clearings',
      {
        config: { access: 'settlement:read' },
        schema: {
          tags: ['settlement'],
          summary: 'What was presented, newest first',
          querystring: s.pageQuery.extend({
            acquirer: s.institutionId.optional(),
            merchant: t.merchantId.optional(),
            status: z.enum(['settled', 'refused']).optional(),
          }),
          response: { 200: s.listOf(t.clearing) },
        },
      },
      async ({ principal, query: { limit, cursor, ...filter } }) => {
        const own = principal.reach === 'own' ? principal.institution : undefined;
        // Of another acquirer there is nothing.
        if (own !== undefined && filter.acquirer !== undefined && filter.acquirer !== own)
          return { data: [], has_more: false };
        const page = { ...filter, acquirer: own ?? filter.acquirer, limit: limit + 1, after: cursor };
        const rows = await b.store.read((tx) => tx.clearings.list(page));
        return s.pageOf(rows, limit, (row) => row.id, t.showClearing);
      },
    );
    app.get(
      '/v1/clearings/:id',
      {
        config: { access: 'settlement:read' },
        schema: {
          tags: ['settlement'],
          summary: 'What became of one offline approval',
          params: byClearing,
          response: { 200: t.clearing },
        },
      },
      async ({ principal, params }) => {
        const row = await b.store.read((tx) => tx.clearings.byId(params.id));
        if (row === undefined || !maySee(principal, { institution: row.acquirer }))
          throw new Problem('not_found', `There is no clearing ${params.id}.`);
        return t.showClearing(row);
      },
    );
    await app.register(clearingPolicyRoutes(b));
  };

/** One that is none of these, and another's, are unknown. */
async function actingAcquirer(tx: LedgerTx, who: Principal, id: string | undefined): Promise<string> {
  const row = await actingInstitution(tx, who, id);
  if (row.kind === 'acquirer') return row.id;
  throw new Problem('institution_unknown', `There is no acquirer ${row.id}.`, 'acquirer');
}

async function itemsOf(
  b: Backend,
  who: Principal,
  acquirer: string,
  file: z.infer<typeof t.clearingFile>,
): Promise<readonly ReadItem[]> {
  const items =
    file.format === 'json-lines'
      ? readJsonLines(acquirer, file.data)
      : readIsoFile(b, acquirer, await dialectOf(b, who, acquirer, file), octetsOf(file.data));
  if (items.length >= 1 && items.length <= MOST_ITEMS) return items;
  throw new Problem(
    'clearing_file_unreadable',
    `The file has ${items.length} items; one call takes 1 to ${MOST_ITEMS}.`,
    'data',
  );
}

function octetsOf(data: string): Uint8Array {
  const octets = Buffer.from(data, 'base64');
  if (octets.toString('base64').replace(/=+$/, '') === data.replace(/=+$/, '')) return new Uint8Array(octets);
  throw new Problem('clearing_file_unreadable', 'The messages are no base64.', 'data');
}

/** Of the acquirer's link, or one that is shipped. */
async function dialectOf(
  b: Backend,
  who: Principal,
  acquirer: string,
  { profile, link }: z.infer<typeof t.clearingFile>,
): Promise<IsoProfile> {
  if (link !== undefined) {
    const row = await b.store.read((tx) => linkPath(tx, who, link, 'see'));
    if (row.institution === acquirer) return readDialect(row.profile);
    throw new Problem('not_found', `There is no link ${link}.`);
  }
  if (profile !== undefined) return dialectNamed(profile);
  throw new Problem('profile_invalid', 'Name the dialect: `link` or `profile`.', 'profile');
}

const clearingVersion = z.object({
  version: z.int(),
  document: clearingPolicy,
  proposal: s.id('prp').nullable().describe('null: it came with the program'),
});

const clearingPolicyRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/policies/clearing',
      {
        config: { access: 'settlement:read' },
        schema: {
          tags: ['settlement'],
          summary: 'By which rules offline approvals are cleared, and who stands for what is denied',
          response: { 200: clearingVersion },
        },
      },
      async () => {
        const { version, document, proposal = null } = await b.store.read(clearingInForce);
        return { version, document, proposal };
      },
    );
    app.post(
      '/v1/policies/clearing',
      {
        config: { access: 'policy:request', problems: ['policy_invalid', 'policy_outdated'] },
        schema: {
          tags: ['settlement'],
          summary: 'Propose other rules',
          headers: s.idempotencyHeader,
          body: clearingProposal,
          response: { 201: o.proposal },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const what = { kind: 'clearing_policy', subject: 'clearing', body: request.body } as const;
          return o.showProposal(await propose(b, tx, request.principal, what), b.clock());
        }),
    );
  };
