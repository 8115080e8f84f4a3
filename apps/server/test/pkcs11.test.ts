/** The whole back-end over an HSM: SoftHSM2 through PKCS#11; and the HSM as it fails. */
import { execFileSync } from 'node:child_process';
import { readdir, rename } from 'node:fs/promises';
import { FIRST_ISSUER } from '@sokkin/issuer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../src/index.ts';
import type { Pkcs11KeyConfig } from '../src/keys/key-config.ts';
import { openPkcs11Keys } from '../src/keys/pkcs11/pkcs11-keys.ts';
import { crypto, fundPurse, newPurse, payOffline, redeem, rig, sync } from './kit.ts';
import { noSoftHsm, type SoftHsm, softHsm } from './softhsm.ts';

const NOW = new Date();
const bytes = (text: string) => new TextEncoder().encode(text);

describe.skipIf(noSoftHsm !== undefined)(`an HSM${noSoftHsm ? `: ${noSoftHsm}` : ''}`, () => {
  let hsm: SoftHsm;
  beforeAll(() => {
    hsm = softHsm();
  });
  afterAll(() => hsm?.remove());

  test('issue, fund, pay offline, sync, redeem, make a chip, start again: no key is in the data folder', async () => {
    const token = hsm.newToken();
    let r = await rig({ keyStore: token });
    const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
    await fundPurse(r.api, a, 5000n);
    await payOffline(a, b, 1200n);
    await sync(r.api, b);
    await sync(r.api, a);
    await redeem(r.api, b, 700n);
    await r.api.make('/v1/chips', { count: 1 });
    expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true, issued: '5000' });
    const pki = (await r.api.get('/v1/pki')).body;
    expect((await readdir(r.dataFolder)).filter((name) => name.includes('key'))).toEqual([]);
    r = await r.restart();
    expect((await r.api.get('/v1/pki')).body).toEqual(pki);
    await sync(r.api, a);
    await r.close();
  });

  test('who people are is sealed with its keys, found by them, and goes under a new one', async () => {
    const r = await rig({ keyStore: hsm.newToken() });
    const known = { institution: FIRST_ISSUER, reference: 'customer-1' };
    const party = await r.api.make('/v1/parties', { ...known, person: { name: 'Hanako' } });
    expect((await r.api.post('/v1/party-lookups', known)).body.id).toBe(party.id);
    await r.api.make('/v1/keys/rotations', { key: 'identity' });
    await r.server.upkeep();
    const wish = { name: 'A', institution: FIRST_ISSUER, party: party.id };
    const purse = await newPurse(r.api, { account: (await r.api.make('/v1/accounts', wish)).id });
    const { id } = await r.api.make('/v1/reidentifications', { purse: purse.id, reason: 'Order 17' });
    await r.second.make(`/v1/proposals/${id}/approve`);
    const { body } = await r.api.post(`/v1/reidentifications/${id}/read`);
    expect(body).toMatchObject({ reference: 'customer-1', person: { name: 'Hanako' } });
    await r.close();
  });

  test('the secrets are sensitive and not extractable; no other program gets one out', async () => {
    const token = hsm.newToken();
    const keys = await openPkcs11Keys(token);
    await keys.generate('root.1', 'signing', NOW);
    await keys.generate('vault.1', 'sealing', NOW);
    await keys.close();
    const script = `
      const p = require('pkcs11js');
      const m = new p.PKCS11();
      m.load(process.argv[1]);
      m.C_Initialize();
      const slot = m.C_GetSlotList(true).find((s) => m.C_GetTokenInfo(s).label.trim() === process.argv[2]);
      const session = m.C_OpenSession(slot, p.CKF_SERIAL_SESSION | p.CKF_RW_SESSION);
      m.C_Login(session, p.CKU_USER, process.argv[3]);
      const found = [];
      for (const kind of [p.CKO_PRIVATE_KEY, p.CKO_SECRET_KEY]) {
        m.C_FindObjectsInit(session, [{ type: p.CKA_CLASS, value: kind }]);
        for (const handle of m.C_FindObjects(session, 10)) {
          let answer;
          try { m.C_GetAttributeValue(session, handle, [{ type: p.CKA_VALUE }]); answer = 'shown'; }
          catch (error) { answer = error.message; }
          const [s, e] = m.C_GetAttributeValue(session, handle, [{ type: p.CKA_SENSITIVE }, { type: p.CKA_EXTRACTABLE }]);
          found.push([answer, s.value[0], e.value[0]]);
        }
        m.C_FindObjectsFinal(session);
      }
      console.log(JSON.stringify(found));`;
    const out = execFileSync(process.execPath, ['-e', script, token.module, token.token, token.pin], {
      encoding: 'utf8',
      cwd: import.meta.dirname,
    });
    expect(JSON.parse(out)).toEqual([
      ['CKR_ATTRIBUTE_SENSITIVE', 1, 0],
      ['CKR_ATTRIBUTE_SENSITIVE', 1, 0],
    ]);
  });

  test('a wrong PIN, a missing token, a missing library: each names its variable', async () => {
    const token = hsm.newToken();
    const fails = (config: Partial<Pkcs11KeyConfig>) => openPkcs11Keys({ ...token, ...config });
    const wrong = await fails({ pin: '0000-secret' }).catch((error: unknown) => error);
    expect(wrong).toMatchObject({
      code: 'key_pin_wrong',
      message: expect.stringContaining('SOKKIN_PKCS11_PIN_FILE'),
    });
    expect(String(wrong)).not.toContain('0000-secret');
    await expect(fails({ token: 'nowhere' })).rejects.toMatchObject({
      code: 'keys_unavailable',
      message: expect.stringContaining('SOKKIN_PKCS11_TOKEN'),
    });
    await expect(fails({ module: '/nowhere/lib.so' })).rejects.toMatchObject({
      code: 'keys_unavailable',
      message: expect.stringContaining('SOKKIN_PKCS11_MODULE'),
    });
    await (await openPkcs11Keys(token)).close();
  });

  test('a token without the keys of this database stops the start', async () => {
    const r = await rig({ keyStore: hsm.newToken() });
    await r.server.close();
    const other = hsm.newToken();
    const { databaseUrl, dataFolder } = r;
    const start = () => createServer({ databaseUrl, dataFolder, keyStore: other });
    await expect(start()).rejects.toMatchObject({
      code: 'keys_missing',
      message: expect.stringContaining(other.token),
    });
    const keys = await openPkcs11Keys(other);
    await keys.generate('root.1', 'signing', NOW);
    await keys.close();
    await expect(start()).rejects.toMatchObject({ code: 'keys_missing' });
    await r.close();
  });

  test('while the token is away calls fail and say so; when it is back, the next one works', async () => {
    const token = hsm.newToken();
    const r = await rig({ keyStore: token });
    const purse = await newPurse(r.api);
    const away = `${hsm.tokens}-away`;
    await rename(hsm.tokens, away);
    // The library does not look at the disk for every call: a new login does.
    const keys = await openPkcs11Keys(token).catch((error: unknown) => error);
    expect(keys).toMatchObject({ code: 'keys_unavailable' });
    const refused = await r.api.post(
      '/v1/redemptions',
      { account: purse.account, purse: purse.id, max_amount: '5' },
      { 'idempotency-key': 'while-away-1' },
    );
    expect(refused).toMatchObject({ status: 503, body: { code: 'keys_unavailable', retryable: true } });
    await rename(away, hsm.tokens);
    const done = await r.api.post(
      '/v1/redemptions',
      { account: purse.account, purse: purse.id, max_amount: '5' },
      { 'idempotency-key': 'while-away-1' },
    );
    expect(done.status).toBe(201);
    expect((await r.api.get('/v1/audit')).body.holds).toBe(true);
    await r.close();
  });

  test('signing does not block the thread that serves', async () => {
    const keys = await openPkcs11Keys(hsm.newToken());
    await keys.generate('root.1', 'signing', NOW);
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    const begun = performance.now();
    const signatures = await Promise.all(
      Array.from({ length: 500 }, (_, i) => keys.sign('root.1', bytes(String(i)))),
    );
    const seconds = (performance.now() - begun) / 1000;
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
    console.log(`PKCS#11: ${Math.round(signatures.length / seconds)} signatures a second`);
    const publicKey = await keys.publicKey('root.1');
    expect(await crypto.verify(publicKey, bytes('499'), signatures[499] ?? new Uint8Array(64))).toBe(true);
    await keys.close();
  });
});
