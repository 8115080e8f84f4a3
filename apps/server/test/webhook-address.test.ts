/** Where webhooks may not go: a server must not be sent to what only it can reach. */
import { expect, test } from 'vitest';
import { guardedLookup, isPublic, refusedUrl } from '../src/webhooks/address.ts';
import { send } from '../src/webhooks/send.ts';
import { startReceiver } from './receiver.ts';

test.each([
  '127.0.0.1',
  '127.8.8.8',
  '10.1.2.3',
  '172.31.255.255',
  '192.168.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'fe80::1',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  'not an address',
])('%s is not public', (address) => expect(isPublic(address)).toBe(false));

test.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])('%s is', (address) =>
  expect(isPublic(address)).toBe(true),
);

test.each([
  'http://psp.example/',
  'http://127.0.0.1/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://localhost/',
  'https://169.254.169.254/latest/meta-data/',
])('live: %s is refused', (url) => expect(refusedUrl(url, 'live')).toBeDefined());

test('live: a public address over https is not', () =>
  expect(refusedUrl('https://psp.example/hook?x=1', 'live')).toBeUndefined());

test('live: a name that leads to this machine is not connected to, whatever it is', async () => {
  const error = await new Promise<Error | null>((resolve) =>
    guardedLookup('live')('localhost', { all: true }, (e) => resolve(e)),
  );
  expect(error?.message).toContain('no public address');
});

test('live: what was written down in the sandbox is not sent', async () => {
  const receiver = await startReceiver();
  const options = { mode: 'live' as const, timeoutMs: 500, signal: new AbortController().signal };
  const sent = await send(receiver.url, {}, '{}', options);
  expect(sent).toMatchObject({ status: undefined, says: expect.stringContaining('https://') });
  expect(receiver.received).toEqual([]);
  await receiver.close();
});
