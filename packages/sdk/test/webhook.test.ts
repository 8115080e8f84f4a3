/** The verifier against the published example of Standard Webhooks, and against forgeries. */
import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyWebhook } from '../src/index.ts';

const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const OTHER = `whsec_${Buffer.from('fedcba9876543210fedcba9876543210').toString('base64')}`;
const NOW = 1_790_000_000;
const now = () => NOW * 1000;
const EVENT = JSON.stringify({
  id: 'evt_1',
  type: 'account.created',
  created_at: '2026-11-22T00:00:00.000Z',
  data: { account: 'acc_1' },
});

const sign = (secret: string, id: string, at: number, body: string): string =>
  `v1,${createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
    .update(`${id}.${at}.${body}`)
    .digest('base64')}`;
const headersOf = (signature: string, at = NOW, id = 'evt_1') => ({
  'webhook-id': id,
  'webhook-timestamp': String(at),
  'webhook-signature': signature,
});

test('a message of the server is believed, as text, as octets, and among other signatures', async () => {
  const signature = sign(SECRET, 'evt_1', NOW, EVENT);
  const event = await verifyWebhook(EVENT, headersOf(signature), SECRET, { now });
  expect(event).toMatchObject({ id: 'evt_1', type: 'account.created', data: { account: 'acc_1' } });
  const octets = new TextEncoder().encode(EVENT);
  await verifyWebhook(octets, new Headers(headersOf(signature)), [OTHER, SECRET], { now });
  const rotating = `v1a,other ${sign(OTHER, 'evt_1', NOW, EVENT)} ${signature}`;
  await verifyWebhook(EVENT, headersOf(rotating), SECRET, { now });
});

test.each([
  ['another body', EVENT.replace('acc_1', 'acc_2'), headersOf(sign(SECRET, 'evt_1', NOW, EVENT)), SECRET],
  ['another id', EVENT, headersOf(sign(SECRET, 'evt_1', NOW, EVENT), NOW, 'evt_2'), SECRET],
  ['another time', EVENT, headersOf(sign(SECRET, 'evt_1', NOW, EVENT), NOW + 1), SECRET],
  ['another secret', EVENT, headersOf(sign(OTHER, 'evt_1', NOW, EVENT)), SECRET],
  ['an old message', EVENT, headersOf(sign(SECRET, 'evt_1', NOW - 301, EVENT), NOW - 301), SECRET],
  ['one from the future', EVENT, headersOf(sign(SECRET, 'evt_1', NOW + 301, EVENT), NOW + 301), SECRET],
  ['a signature that is none', EVENT, headersOf('v1,!!!!'), SECRET],
  ['an empty signature', EVENT, headersOf('v1,'), SECRET],
  ['no signature', EVENT, { 'webhook-id': 'evt_1', 'webhook-timestamp': String(NOW) }, SECRET],
  ['a secret that is none', EVENT, headersOf(sign(SECRET, 'evt_1', NOW, EVENT)), 'whsec_'],
  ['no secrets', EVENT, headersOf(sign(SECRET, 'evt_1', NOW, EVENT)), []],
])('%s is not', async (_what, body, headers, secrets) => {
  await expect(verifyWebhook(body, headers, secrets, { now })).rejects.toMatchObject({
    name: 'WebhookVerificationError',
  });
});
