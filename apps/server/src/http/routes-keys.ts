/** The back-end's own keys: what there are, and their ceremony, rotation and renewal. */
import { hex, isoOfEpoch } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { type Backend, dayOf } from '../backend.ts';
import { expiryWarning } from '../keys/expiry.ts';
import { parseKeyId } from '../keys/key-ids.ts';
import { actOnKeys, type KeyAct, type ListedKey, listKeys } from '../operations/keys.ts';
import { once } from './idempotency.ts';
import * as k from './key-schemas.ts';
import * as s from './schemas.ts';

const USED_FOR: Readonly<Record<string, string>> = {
  root: 'certifies issuers',
  issuer: 'certifies purses, the authority and the purse of its issuer',
  authority: 'signs Grants',
  issuer_purse: 'pays into purses, and is paid from them',
  vault: 'seals other secrets in the database',
  pan: 'seals the PANs of linked cards',
  pan_index: 'makes the keyed hashes by which linked cards are found',
  identity: 'seals the data keys of the identity store',
  identity_index: 'makes the keyed hashes by which references are found',
  emv_ac: 'cryptograms of payment cards of other issuers come from it',
  emv_smi: 'MACs of scripts for such cards come from it',
  emv_smc: 'encipherment of scripts for such cards comes from it',
};

function showKey(b: Backend, listed: ListedKey): z.infer<typeof k.key> {
  const { info, institution, certificate, isInUse, daysToReplace: days } = listed;
  const { name, generation } = parseKeyId(info.id) ?? { name: info.id, generation: 0 };
  return {
    id: info.id,
    name,
    generation,
    kind: info.kind,
    state: info.state,
    in_use: isInUse,
    used_for: USED_FOR[name.split('/')[0] ?? ''] ?? 'nothing that this server knows',
    institution,
    created_at: info.createdAt.toISOString(),
    certificate: certificate === undefined ? null : showCertificate(b, certificate),
    replacement: days === undefined ? null : { due_in_days: days, warning: expiryWarning(days) ?? null },
  };
}

function showCertificate(b: Backend, row: NonNullable<ListedKey['certificate']>) {
  const { expiration } = parseCertificate(row.bytes);
  const days = expiration - dayOf(b.clock());
  return {
    generation: row.generation,
    certificate: hex(row.bytes),
    expires_on: isoOfEpoch(expiration),
    expires_in_days: days,
    warning: expiryWarning(days) ?? null,
  };
}

export const keyRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    const act = async (request: FastifyRequest, reply: FastifyReply, what: KeyAct) => {
      const done = await once(b, request, reply, 201, async (tx) => ({
        keys: await actOnKeys(b, tx, request.principal, what),
      }));
      await b.reloadPki();
      return done;
    };
    const described = (summary: string) => ({
      tags: ['keys'],
      summary,
      headers: s.idempotencyHeader,
      response: { 201: k.done },
    });
    app.get(
      '/v1/keys',
      {
        config: { access: 'keys:read' },
        schema: {
          tags: ['keys'],
          summary: 'All keys in all generations, with what they are for and when their certificates expire',
          response: { 200: k.keyList },
        },
      },
      async ({ principal }) => ({ data: (await listKeys(b, principal)).map((key) => showKey(b, key)) }),
    );
    app.post(
      '/v1/keys/ceremonies',
      {
        config: {
          access: 'keys:write',
          problems: ['not_found', 'institution_unknown', 'issuer_has_keys', 'keys_unavailable'],
        },
        schema: { ...described("Make an issuer's keys, and certify them"), body: k.ceremony },
      },
      (request, reply) => act(request, reply, { kind: 'ceremony', institution: request.body.institution }),
    );
    app.post(
      '/v1/keys/rotations',
      {
        config: { access: 'keys:write', problems: ['not_found', 'key_not_rotatable', 'keys_unavailable'] },
        schema: { ...described('Replace the key of this name by a new generation'), body: k.rotation },
      },
      (request, reply) => act(request, reply, { kind: 'rotate', name: request.body.key }),
    );
    app.post(
      '/v1/keys/destructions',
      {
        config: { access: 'keys:write', problems: ['not_found', 'key_in_use', 'keys_unavailable'] },
        schema: { ...described('Destroy a retired key, for good'), body: k.destruction },
      },
      (request, reply) => act(request, reply, { kind: 'destroy', id: request.body.id }),
    );
    app.post(
      '/v1/certificates/renew',
      {
        config: { access: 'keys:write', problems: ['not_found', 'keys_unavailable'] },
        schema: { ...described('Certify the same key from today on'), body: k.renewal },
      },
      (request, reply) => act(request, reply, { kind: 'renew', ...request.body }),
    );
  };
