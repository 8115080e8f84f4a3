/** Journals of many purses in one call, as JSON or packed (docs/spec/sync-upload.md). */
import { hex, SokkinError } from '@sokkin/codec';
import { parseUploads, UPLOADS_TYPE } from '@sokkin/purse';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Principal } from '../access/principal.ts';
import { type Backend, purseName } from '../backend.ts';
import { syncAll } from '../operations/sync.ts';
import type { SyncRequest } from '../operations/uploads/upload.ts';
import { Problem } from '../problems.ts';
import * as s from './schemas.ts';
import { showSync } from './show.ts';
import { syncRequestOf } from './sync-request.ts';
import { newUploads, uploadsAnswer } from './upload-schemas.ts';

type Answer = z.infer<typeof uploadsAnswer>;
type Result = Answer['results'][number];
interface Item {
  readonly purse: string;
  readonly request: SyncRequest;
}

export const uploadRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.addContentTypeParser<Buffer>(UPLOADS_TYPE, { parseAs: 'buffer' }, (_request, body, done) => {
      done(null, body);
    });
    app.post(
      '/v1/syncs',
      {
        config: { access: 'purses:sync' },
        schema: {
          tags: ['purses'],
          summary: 'Prove the journals of up to 256 purses, and get their Grants: each with its own result',
          body: newUploads,
          response: { 200: uploadsAnswer },
        },
      },
      ({ principal, body }) =>
        answerAll(
          b,
          principal,
          body.items.map(({ purse, ...rest }) => ({
            purse: purse.slice('pur_'.length),
            request: syncRequestOf(rest),
          })),
        ),
    );
    app.post(
      '/v1/syncs/packed',
      {
        config: { access: 'purses:sync', problems: ['payload_too_large', 'unsupported_media_type'] },
        schema: {
          tags: ['purses'],
          summary: 'The same with a packed body (docs/spec/sync-upload.md)',
          consumes: [UPLOADS_TYPE],
          response: { 200: uploadsAnswer },
        },
      },
      ({ principal, body }) => answerAll(b, principal, unpack(body)),
    );
  };

function unpack(body: unknown): readonly Item[] {
  if (!Buffer.isBuffer(body))
    throw new Problem('unsupported_media_type', `The body is ${UPLOADS_TYPE} (docs/spec/sync-upload.md).`);
  try {
    return parseUploads(body).map(({ purse, ...request }) => ({ purse: hex(purse), request }));
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    throw new Problem('bad_request', error.message);
  }
}

async function answerAll(b: Backend, who: Principal, items: readonly Item[]): Promise<Answer> {
  const uploads = items.map(({ purse, request }) => ({ who, purse, request, shape: showSync }));
  const answers = await syncAll(b, uploads);
  const results = items.map(({ purse }, i) => resultOf(purseName(purse), answers[i]));
  const done = results.filter((r) => r.status === 'done').length;
  return { done, refused: results.length - done, results };
}

function resultOf(purse: string, answer: object | undefined): Result {
  // A kept answer was made by showSync, too.
  if (!(answer instanceof Problem)) return { status: 'done', purse, ...s.syncAnswer.parse(answer) };
  const { code, message: detail, param, more } = answer;
  const { alert } = z.object({ alert: z.string().optional() }).parse(more);
  return {
    ...{ status: 'refused', purse, code, detail },
    ...(param === undefined ? {} : { param }),
    ...(alert === undefined ? {} : { alert }),
  };
}
