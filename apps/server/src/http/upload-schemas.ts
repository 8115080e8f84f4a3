/** Uploads of many purses in one call. */
import { MAX_UPLOADS } from '@sokkin/purse';
import { z } from 'zod';
import * as s from './schemas.ts';

export const newUploads = z.strictObject({
  items: z
    .array(s.syncRequest.extend({ purse: s.purseId }))
    .min(1)
    .max(MAX_UPLOADS)
    .describe('Each decided for itself'),
});
const done = s.syncAnswer.extend({ status: z.literal('done'), purse: s.purseId });
const refused = z.object({
  status: z.literal('refused'),
  purse: s.purseId,
  code: z.string().describe('As of POST /v1/purses/{id}/sync'),
  detail: z.string(),
  param: z.string().optional(),
  alert: z.string().optional().describe('What was raised, where the purse is accused'),
});
export const uploadsAnswer = z.object({
  done: z.int(),
  refused: z.int(),
  results: z.array(z.discriminatedUnion('status', [done, refused])).describe('In the order of the items'),
});

export const newChallenge = z
  .strictObject({ count: z.int().min(1).max(MAX_UPLOADS).default(1).describe('How many nonces') })
  .nullish();
