/** PKI, challenges, purses, sync. */
import { epochOfIso, hex } from '@sokkin/codec';
import type { FleetFilter, LedgerTx } from '@sokkin/issuer';
import { shadowBalance } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pursePath } from '../access/owned.ts';
import { ownerOf, type Principal } from '../access/principal.ts';
import { type Backend, dayOf, purseName } from '../backend.ts';
import { makeNonce } from '../operations/nonces.ts';
import { enrolFor, setBlocked } from '../operations/purses.ts';
import { sync } from '../operations/sync.ts';
import { purseQuery } from './fleet-schemas.ts';
import { once } from './idempotency.ts';
import * as s from './schemas.ts';
import { certificatesOf, showPki, showPurse, showSync } from './show.ts';
import { syncRequestOf } from './sync-request.ts';
import { newChallenge } from './upload-schemas.ts';

const byPurse = z.strictObject({ id: s.purseId });
const idOf = (name: string): string => name.slice('pur_'.length);

export const purseRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/pki',
      {
        config: { access: 'open' },
        schema: {
          tags: ['purses'],
          summary: 'The certificates of the root, and of every issuer',
          response: { 200: s.pki },
        },
      },
      async () => showPki(b),
    );
    app.post(
      '/v1/challenges',
      {
        config: { access: 'purses:sync' },
        schema: {
          tags: ['purses'],
          summary: 'Nonces for enrolments or Statements: each for one use, within ten minutes',
          body: newChallenge,
          response: { 201: s.challenge },
        },
      },
      async ({ body }, reply) => {
        const made = Array.from({ length: body?.count ?? 1 }, () => makeNonce(b));
        const [first] = made;
        if (first === undefined) throw new Error('Bug: one nonce at least is asked for');
        reply.code(201);
        const nonces = made.map(({ nonce }) => hex(nonce));
        return { nonce: hex(first.nonce), nonces, expires_at: first.expiresAt.toISOString() };
      },
    );
    app.post(
      '/v1/purses',
      {
        config: {
          access: 'purses:enrol',
          problems: [
            'device_unknown',
            'device_assurance',
            'tier_not_allowed',
            'account_unknown',
            'account_not_online',
            'message_malformed',
            'signature_invalid',
            'certificate_invalid',
            'nonce_unknown',
            'key_already_certified',
          ],
        },
        schema: {
          tags: ['purses'],
          summary: 'Certify the key of a card or phone',
          headers: s.idempotencyHeader,
          body: s.newPurse,
          response: { 201: s.provisioned },
        },
      },
      (request, reply) =>
        once(b, request, reply, 201, async (tx) => {
          const { account, assurance, tier, device, enrolment } = request.body;
          const wish = { account, assurance, tier, device, enrolment: s.toBytes(enrolment) };
          const purse = await enrolFor(b, tx, request.principal, wish);
          const certificates = certificatesOf(b, purse.certificate);
          return { id: purseName(purse.id), purse: purse.id, certificates };
        }),
    );
    app.get(
      '/v1/purses',
      {
        config: { access: 'purses:read' },
        schema: {
          tags: ['purses'],
          summary: 'All purses that you may see, oldest first',
          querystring: purseQuery,
          response: { 200: s.listOf(s.purseSummary) },
        },
      },
      async ({ query, principal }) => {
        const after = query.cursor === undefined ? undefined : idOf(query.cursor);
        const page = { limit: query.limit + 1, after, of: ownerOf(principal) };
        const rows = await b.store.read((tx) => tx.purses.list(page, filterOf(b, query)));
        return s.pageOf(
          rows,
          query.limit,
          (row) => purseName(row.id),
          (row) => showPurse(b, row),
        );
      },
    );
    app.get(
      '/v1/purses/:id',
      {
        config: { access: 'purses:read' },
        schema: { tags: ['purses'], summary: 'One purse', params: byPurse, response: { 200: s.purse } },
      },
      async ({ params, principal }) => b.store.read((tx) => detailed(b, tx, principal, idOf(params.id))),
    );
    app.get(
      '/v1/purses/:id/journal',
      {
        config: { access: 'purses:read' },
        schema: {
          tags: ['purses'],
          summary: 'The proven journal of a purse, oldest entry first',
          params: byPurse,
          querystring: s.pageQuery.extend({
            cursor: z
              .string()
              .regex(/^[0-9]{1,10}$/)
              .optional(),
          }),
          response: { 200: s.listOf(s.journalEntry) },
        },
      },
      async ({ params, query, principal }) => {
        const rows = await b.store.read(async (tx) => {
          await pursePath(tx, principal, idOf(params.id), 'see');
          return tx.journals.entries(idOf(params.id), Number(query.cursor ?? 0), query.limit + 1);
        });
        const show = (e: (typeof rows)[number]) => ({ seq: e.seq, hash: hex(e.hash), body: hex(e.body) });
        return s.pageOf(rows, query.limit, (e) => e.seq.toString(), show);
      },
    );
    app.post(
      '/v1/purses/:id/sync',
      {
        config: {
          access: 'purses:sync',
          problems: [
            'message_malformed',
            'signature_invalid',
            'certificate_invalid',
            'purse_mismatch',
            'nonce_unknown',
            'statement_stale',
            'journal_malformed',
            'journal_gap',
            'journal_broken',
            'journal_fork',
            'journal_rolled_back',
            'journal_invalid',
          ],
        },
        schema: {
          tags: ['purses'],
          summary:
            'Prove the journal of a purse, and get its Grant. The same Statement again gets the same answer',
          params: byPurse,
          body: s.syncRequest,
          response: { 200: s.syncAnswer },
        },
      },
      async ({ params, body, principal }) => {
        const request = syncRequestOf(body);
        // A kept answer was made by showSync, too.
        return s.syncAnswer.parse(
          await sync(b, { who: principal, purse: idOf(params.id), request, shape: showSync }),
        );
      },
    );
    for (const [verb, isBlocked] of [
      ['block', true],
      ['unblock', false],
    ] as const) {
      app.post(
        `/v1/purses/:id/${verb}`,
        {
          config: { access: 'purses:write', problems: ['purse_act_refused', 'blocked_by_others'] },
          schema: {
            tags: ['purses'],
            summary: isBlocked
              ? 'Block a purse: it learns so at its next sync, all others at theirs'
              : "Lift the issuer's own block of a purse; others lift theirs",
            params: byPurse,
            body: z.strictObject({}).nullish(),
            response: { 200: s.purse },
          },
        },
        async ({ params, principal }) =>
          b.store.write(async (tx) => {
            await setBlocked(b, tx, principal, idOf(params.id), isBlocked);
            return detailed(b, tx, principal, idOf(params.id));
          }),
      );
    }
  };

const filterOf = (b: Backend, query: z.infer<typeof purseQuery>): FleetFilter => ({
  today: dayOf(b.clock()),
  state: query.state,
  tier: query.tier,
  assurance: query.assurance,
  expiresBefore: query.expires_before === undefined ? undefined : epochOfIso(query.expires_before),
  syncedBefore: query.synced_before === undefined ? undefined : new Date(query.synced_before),
});

export async function detailed(b: Backend, tx: LedgerTx, who: Principal, id: string) {
  const purse = await pursePath(tx, who, id, 'see');
  const open = await tx.payments.openWithVerdicts(id);
  const [known] = await tx.meetings.shadows([id]);
  const tickets = await tx.payments.openTickets(id);
  const approvals = (await tx.journals.view(id, b.currency))?.openApprovals.values() ?? [];
  return {
    ...showPurse(b, purse),
    blocks: (await tx.purses.blocks(id)).map(({ reason, by, cause = null }) => ({ reason, by, cause })),
    shadow_balance: (known === undefined ? 0n : shadowBalance(known)).toString(),
    open_payments: open.map((p) => ({
      payment_no: p.paymentNo,
      payee: purseName(p.payee),
      ticket_no: p.ticketNo,
      amount: p.amount.toString(),
      verdict: p.verdict,
    })),
    open_approvals: [...approvals].map((a) => ({
      approval_no: a.approvalNo,
      transaction_counter: a.atc,
      amount: a.amount.toString(),
    })),
    open_tickets: tickets.map((t) => ({ ticket_no: t.ticketNo, max_amount: t.maxAmount.toString() })),
  };
}
