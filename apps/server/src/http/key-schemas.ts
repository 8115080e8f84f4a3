/** The shapes of keys and their certificates. */
import { z } from 'zod';
import * as s from './schemas.ts';

const KEY_NAME = /^[a-z0-9_]{1,40}(\/[a-z0-9_]{1,60})?$/;
const KEY_ID = /^[a-z0-9_]{1,40}(\/[a-z0-9_]{1,60})?\.[1-9][0-9]{0,5}$/;

const warning = z.enum(['expired', '7_days', '30_days', '90_days']).nullable();

export const key = z.object({
  id: z.string().describe('Name and generation'),
  name: z.string(),
  generation: z.int(),
  kind: z.enum(['signing', 'sealing', 'mac', 'tdes', 'aes']),
  state: z.enum(['active', 'retired']).describe('A retired key verifies and opens, and makes nothing new'),
  in_use: z.boolean().describe('New things are made with it'),
  used_for: z.string(),
  institution: z.string(),
  created_at: s.time,
  certificate: z
    .object({
      generation: z.int(),
      certificate: s.certificate,
      expires_on: z.iso.date().describe('Its last day'),
      expires_in_days: z.int(),
      warning,
    })
    .nullable(),
  replacement: z
    .object({ due_in_days: z.int(), warning })
    .nullable()
    .describe('When a key without a certificate is due to be replaced; null: the calendar does not say'),
});
export const keyList = z.object({ data: z.array(key) });
export const ceremony = z.strictObject({ institution: s.id('ins') });
export const rotation = z.strictObject({
  key: z.string().regex(KEY_NAME, 'the name of a key, without its generation, is expected'),
});
export const renewal = z.strictObject({
  institution: s.id('ins'),
  role: z.enum(['authority', 'issuer_purse']),
});
export const destruction = z.strictObject({
  id: z.string().regex(KEY_ID, 'the id of a key, with its generation, is expected'),
});
export const done = z.object({ keys: z.array(z.string()).describe('Ids of the keys it is about') });
