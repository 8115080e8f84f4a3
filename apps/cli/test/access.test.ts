/** The commands about who may use the back-end, by the real binary and a real back-end. */
import { createPrivateKey } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newP256Pem } from '../../../tests/keys.ts';
import { type Home, makeHome, type Ran, type Serving, serve } from './run.ts';

let home: Home;
let serving: Serving;
beforeAll(async () => {
  home = await makeHome();
  serving = await serve(home, '--no-story');
});
afterAll(async () => {
  await serving.stop();
  await home.dispose();
});

const ok = async (...words: string[]): Promise<Ran['json']> => {
  const ran = await home.run(...words);
  expect([words, ran.code, ran.json.error]).toEqual([words, 0, undefined]);
  return ran.json;
};
const refused = async (code: number, ...words: string[]): Promise<string> => {
  const ran = await home.run(...words);
  expect([words, ran.code]).toEqual([words, code]);
  return (ran.json.error as { message: string }).message;
};
const bank = () => join(home.data, 'bank.json');

it('an issuer gets in with a file that only its owner may read, and does there what is its own', async () => {
  const made = await ok('institution', 'create', 'Example Bank', '--kind', 'issuer', '--out', bank());
  expect(JSON.stringify(made)).not.toContain('scs_');
  expect((await stat(bank())).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(bank(), 'utf8'))).toEqual({
    client_id: expect.stringMatching(/^cli_/),
    client_secret: expect.stringMatching(/^scs_/),
  });
  const again = ['institution', 'create', 'Other', '--kind', 'issuer', '--out', bank()];
  expect(await refused(1, ...again)).toContain('is there already');

  const account = await ok('account', 'create', 'Till', '--client', bank());
  expect(account.institution).toBe(made.id);
  expect((await ok('account', 'list', '--client', bank())).accounts).toHaveLength(1);
  expect((await ok('institution', 'list', '--client', bank())).data).toHaveLength(1);
  expect((await ok('institution', 'list')).data).toHaveLength(3);
  expect(await refused(1, 'institution', 'suspend', String(made.id), '--client', bank())).toContain(
    'Only the central bank',
  );
});

it('a customer’s wallet is registered by its public key alone, and blocked', async () => {
  const party = await ok('party', 'create', '4711', '--client', bank());
  expect(party).toMatchObject({ kind: 'customer', status: 'active' });
  const { privateKey, publicKey } = newP256Pem();
  const file = join(home.data, 'wallet.pem');
  await writeFile(file, publicKey);
  const words = ['device', 'register', String(party.id), '--kind', 'wallet', '--client', bank(), '--key'];
  const device = await ok(...words, file);
  expect(device).toMatchObject({ kind: 'wallet', party: party.id, status: 'active' });
  await writeFile(file, JSON.stringify(createPrivateKey(privateKey).export({ format: 'jwk' })));
  expect(await refused(1, ...words, file)).toContain('registered');
  await writeFile(file, 'hello');
  expect(await refused(1, ...words, file)).toContain('no P-256 public key');
  expect(await ok('device', 'block', String(device.id), '--client', bank())).toMatchObject({
    status: 'blocked',
  });
  expect((await ok('device', 'list', '--client', bank())).data).toHaveLength(1);
  await ok('party', 'close', String(party.id), '--client', bank());
});

it('a client is made, rotated and withdrawn; what is not believed is one clear sentence', async () => {
  const file = join(home.data, 'reports.json');
  const made = await ok(
    ...['client', 'create', 'Reports', '--scopes', 'accounts:read', '--client', bank(), '--out', file],
  );
  await ok('account', 'list', '--client', file);
  expect(await refused(1, 'account', 'create', 'X', '--client', file)).toContain('accounts:write');
  const rotated = await ok('client', 'rotate', String(made.client_id), '--client', bank());
  expect(rotated.client_secret).toMatch(/^scs_/);
  const old = await refused(1, 'account', 'list', '--client', file);
  expect(old).toContain('does not believe the credentials');
  expect(old).toContain(file);
  expect(old).not.toContain('scs_');
  expect(await ok('client', 'withdraw', String(made.client_id), '--client', bank())).toMatchObject({
    status: 'withdrawn',
  });
  expect((await ok('client', 'list', '--client', bank())).data).toHaveLength(2);
  const words = ['client', 'create', 'X', '--scopes', 'proposals:decide', '--client', bank()];
  expect(await refused(1, ...words)).toContain('never get');
});

it('an institution is told of events; what was sent, and what came back, is shown, sent again and replayed', async () => {
  const secret = join(home.data, 'webhook.secret');
  const since = new Date(Date.now() - 60_000).toISOString();
  const as = ['--client', bank()];
  const to = `${home.url}/v1/sandbox/answers/503`;
  const made = await ok('webhook', 'create', to, '--types', 'account.created', '--out', secret, ...as);
  expect(JSON.stringify(made)).not.toContain('whsec_');
  expect((await stat(secret)).mode & 0o777).toBe(0o600);
  expect(await readFile(secret, 'utf8')).toMatch(/^whsec_\S+\n$/);
  expect(await refused(1, 'webhook', 'rotate', String(made.id), '--out', secret, ...as)).toContain('already');
  expect(await refused(1, 'webhook', 'create', to, '--types', 'account.closed', ...as)).toContain('expected');

  await ok('account', 'create', 'Told', ...as);
  const sent = () => home.say('webhook', 'deliveries', String(made.id), ...as);
  await expect.poll(async () => (await sent()).out, { timeout: 20_000 }).toMatch(/answer: 503, again at/);
  const [delivery] = /dlv_[0-9a-f]+/.exec((await sent()).out) ?? [];
  expect(await ok('webhook', 'retry', String(delivery), ...as)).toMatchObject({
    id: delivery,
    status: 'waiting',
  });
  const replayed = await ok('webhook', 'replay', String(made.id), '--since', since, ...as);
  expect(replayed.events).toBeGreaterThanOrEqual(1);
  expect(await ok('webhook', 'ping', String(made.id), ...as)).toMatchObject({ webhook: made.id });

  const rotated = await home.say('webhook', 'rotate', String(made.id), ...as);
  expect(rotated.out).toMatch(/whsec_\S+\nThe secret is not shown again/);
  expect((await home.say('webhook', 'list', ...as)).out).toMatch(
    /whk_\S+ {2}active {2}http\S+ {2}account.created/,
  );
  expect(await ok('webhook', 'delete', String(made.id), ...as)).toMatchObject({ status: 'deleted' });
});

it('a file that is missing or damaged is named', async () => {
  const missing = join(home.data, 'none.json');
  expect(await refused(1, 'account', 'list', '--client', missing)).toContain(missing);
  await writeFile(missing, '{"client_id": 1}');
  expect(await refused(1, 'account', 'list', '--client', missing)).toContain('damaged');
  expect(await refused(2, 'institution', 'create', 'X', '--kind', 'bank')).toContain('issuer or acquirer');
});

it('a server whose sandbox credentials are elsewhere is one clear sentence, too', async () => {
  const elsewhere = await home.run('account', 'list', '--data', join(home.data, 'elsewhere'));
  expect([elsewhere.code, JSON.stringify(elsewhere.json)]).toEqual([
    1,
    expect.stringContaining('no_credentials'),
  ]);
});
