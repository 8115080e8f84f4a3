/** How acquirers connect: TLS and certificates, signing on, dialects of their own, other people's libraries, two processes, the API. */
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatMti, frameIso, fromHex, isoMessage, parseIsoProfile } from '@sokkin/codec';
import { IsoLink } from '@sokkin/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../../src/index.ts';
import { freshKey, TEST_KEYS } from '../kit.ts';
import {
  ASCII,
  approve,
  codeOf,
  type HostRig,
  hostRig,
  profileJson,
  purchase,
  rawPeer,
  testDesk,
  until,
} from './host-kit.ts';

let h: HostRig;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sokkin-tls-'));
  h = await hostRig();
  await h.link();
});
afterAll(async () => {
  await h.close();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => {
  h.desk.decide = approve;
  h.desk.heard.length = 0;
});

interface Pem {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly sha256: string;
}

/** A self-signed certificate, by openssl. */
async function certificate(name: string): Promise<Pem> {
  const [certFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
    ...[
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      keyFile,
      '-out',
      certFile,
    ],
  ]);
  if (made.status !== 0) throw new Error(made.stderr.toString());
  const [cert, key] = [await readFile(certFile, 'utf8'), await readFile(keyFile, 'utf8')];
  const sha256 = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
  return { cert, key, certFile, keyFile, sha256 };
}

describe('with TLS', () => {
  let tls: HostRig;
  let server: Pem;
  let client: Pem;
  let stranger: Pem;
  beforeAll(async () => {
    [server, client, stranger] = (await Promise.all(['host', 'acquirer', 'stranger'].map(certificate))) as [
      Pem,
      Pem,
      Pem,
    ];
    tls = await hostRig({ isoCertFile: server.certFile, isoKeyFile: server.keyFile });
    await tls.link({ name: 'Pinned', certificate: client.sha256 });
  });
  afterAll(() => tls.close());

  test('who shows the certificate of a link is that link', async () => {
    const line = tls.connect({ tls: { ca: server.cert, cert: client.cert, key: client.key } });
    expect(codeOf(await line.request(purchase()))).toBe('00');
  });

  test.each([
    ['another certificate', () => ({ ca: server.cert, cert: stranger.cert, key: stranger.key })],
    ['none', () => ({ ca: server.cert })],
  ])('who shows %s is nobody', async (_, options) => {
    const line = tls.connect({ tls: options(), timeoutMs: 3_000 });
    await expect(line.request(purchase())).rejects.toMatchObject({ code: 'no_answer' });
  });

  test('who speaks without it is not heard', async () => {
    const line = tls.connect({ timeoutMs: 3_000 });
    await expect(line.request(purchase())).rejects.toMatchObject({ code: 'no_answer' });
    expect(tls.desk.heard).toHaveLength(1);
  });
});

describe('signing on', () => {
  test('comes first, where the link asks for it; and ends with signing off', async () => {
    const port = 23_001;
    await h.link({ name: 'Signing', port, sign_on: true });
    const line = h.connect({ port });
    expect(codeOf(await line.request(purchase()))).toBe('91');
    await line.network.signOn();
    expect(codeOf(await line.request(purchase()))).toBe('00');
    await line.network.signOff();
    expect(codeOf(await line.request(purchase()))).toBe('91');
    expect(h.desk.heard).toHaveLength(1);
    const automatic = h.connect({ port, signOn: true });
    expect(codeOf(await automatic.request(purchase()))).toBe('00');
  });
});

describe('a dialect', () => {
  test('of an acquirer that nobody has heard of is a document, and no code', async () => {
    const document = {
      ...{ format: 'sokkin-iso8583-profile-1', name: 'corner-bank', version: '1993', charset: 'cp037' },
      ...{ mti: 'bcd', bitmap: 'binary', numeric: { coding: 'bcd', pad: 'right-F' } },
      ...{
        track: { coding: 'bcd', pad: 'right-F' },
        binary: 'raw',
        prefix: { coding: 'bcd', counts: 'value' },
      },
      header: { octets: 7, begins: '', reply: 'echo' },
      frame: { coding: 'text', size: 5, includesItself: true, most: 3000 },
      fields: { 41: { format: 'ans 16' }, 42: { format: 'ans 12' } },
      match: [11, 12, 41],
    };
    const profile = parseIsoProfile(document);
    await h.link({ name: 'Corner', port: 23_002, profile: document });
    const line = new IsoLink({ host: '127.0.0.1', port: 23_002, profile });
    const asked = isoMessage(
      '1200',
      {
        ...{ 2: '4761739001010010', 3: '000000', 4: 777n, 11: '000042', 12: '261123130000', 24: '200' },
        ...{ 41: 'TILL-0001       ', 42: 'CORNER-00001', 49: '392' },
      },
      fromHex('0102030405ffff'),
    );
    const answer = await line.request(asked);
    expect([formatMti(answer.mti), codeOf(answer), answer.fields.get(4)]).toEqual(['1210', '000', 777n]);
    expect(answer.header).toEqual(fromHex('0102030405ffff'));
    line.close();
  });

  test.each(['1987-ascii', '1987-bcd', '1987-binary-ebcdic', '1993-ascii', '1993-bcd'])(
    '%s, as it is shipped',
    async (name) => {
      const port =
        23_010 + ['1987-ascii', '1987-bcd', '1987-binary-ebcdic', '1993-ascii', '1993-bcd'].indexOf(name);
      await h.link({ name, port, profile: name });
      const line = h.connect({ port, profile: parseIsoProfile(profileJson(name)) });
      await line.network.echo();
      const fields = new Map(purchase().fields);
      if (name.startsWith('1993')) for (const field of [12, 13, 22, 25]) fields.delete(field);
      const asked = { ...purchase(), fields };
      const mti = name.startsWith('1993') ? { ...asked.mti, version: '1993' as const } : asked.mti;
      if (name.startsWith('1993')) fields.set(12, '261123130000');
      const answer = await line.request({ ...asked, mti });
      expect(codeOf(answer)).toBe(name.startsWith('1993') ? '000' : '00');
    },
  );
});

describe('a library of other people', () => {
  type Fields = Record<string, string>;
  interface Peer {
    getRawMessage(): Buffer;
    getIsoJSON(octets: Buffer, config: { lenHeader: boolean }): Fields;
  }
  const Library: new (fields: Fields) => Peer = createRequire(import.meta.url)('iso_8583');

  test('has its purchase answered, and understands that (npm iso_8583)', async () => {
    const asked = new Library({
      ...{ 0: '0200', 2: '4761739001010010', 3: '000000', 4: '000000001000', 7: '1123040000', 11: '654321' },
      ...{
        12: '130000',
        13: '1123',
        22: '051',
        25: '00',
        32: '123456',
        41: 'TERM0001',
        42: 'SHOP00000000001',
      },
      49: '392',
    });
    // It writes characters, and always two bitmaps, in octets.
    const dialect = {
      ...profileJson('1987-ascii'),
      name: 'npm-library',
      bitmap: 'binary',
      secondary: 'always',
    };
    const profile = parseIsoProfile(dialect);
    await h.link({ name: 'Library', port: 23_020, profile: dialect });
    const peer = rawPeer(23_020, profile);
    peer.socket.write(frameIso(profile.framing, asked.getRawMessage()));
    await until(() => peer.octets.length === 1);
    const read = asked.getIsoJSON(Buffer.from(peer.octets[0] ?? []), { lenHeader: false });
    expect(read).toMatchObject({ 0: '0210', 4: '000000001000', 11: '654321', 38: 'A12345', 39: '00' });
    peer.socket.destroy();
  });
});

describe('two processes of one database', () => {
  test('have the same links and keys, also after a change of key at one of them', async () => {
    const key = fromHex('00112233445566778899aabbccddeeff');
    const next = fromHex('ffeeddccbbaa99887766554433221100');
    const keyed = await hostRig();
    const mac = { algorithm: 'cmac', key: '00112233445566778899aabbccddeeff' } as const;
    await keyed.link({ mac });
    const desk = testDesk();
    const other = await createServer({
      ...{
        databaseUrl: keyed.r.databaseUrl,
        dataFolder: keyed.r.dataFolder,
        keyStore: TEST_KEYS,
        logLevel: 'silent',
      },
      ...{ isoPort: 0, desk },
    });
    const port = other.acceptance?.port ?? 0;
    const [here, there] = [
      keyed.connect({ mac: { algorithm: 'cmac', key } }),
      keyed.connect({ port, mac: { algorithm: 'cmac', key } }),
    ];
    expect(codeOf(await there.request(purchase()))).toBe('00');
    await here.network.changeKey(next);
    const later = keyed.connect({ port, mac: { algorithm: 'cmac', key: next } });
    expect(codeOf(await later.request(purchase()))).toBe('00');
    expect(desk.heard).toHaveLength(2);
    await other.close();
    // And after a start.
    const again = await keyed.r.restart();
    const last = new IsoLink({
      ...{ host: '127.0.0.1', port: again.server.acceptance?.port ?? 0, profile: ASCII },
      mac: { algorithm: 'cmac', key: next },
    });
    expect(codeOf(await last.request(purchase()))).toBe('00');
    last.close();
    await again.close();
  });
});

describe('the API of links', () => {
  const add = (body: object) =>
    h.r.api.post('/v1/acquirer-connections', body, { 'idempotency-key': freshKey() });

  test('makes a key that is shown once, lists, shows and closes', async () => {
    const key = freshKey();
    const body = { name: 'By API', profile: '1987-ascii', port: 23_100, mac: { algorithm: 'retail-80' } };
    const made = await h.r.api.post('/v1/acquirer-connections', body, { 'idempotency-key': key });
    expect([made.status, made.body.mac_key.length, made.body.mac_check.length]).toEqual([201, 32, 6]);
    const again = await h.r.api.post('/v1/acquirer-connections', body, { 'idempotency-key': key });
    expect([again.body.id, again.body.mac_key]).toEqual([made.body.id, undefined]);
    const shown = await h.r.api.get(`/v1/acquirer-connections/${made.body.id}`);
    expect(shown.body).toMatchObject({
      name: 'By API',
      port: 23_100,
      mac: { generation: 0 },
      timeout_ms: 15_000,
    });
    expect(JSON.stringify(shown.body)).not.toContain(made.body.mac_key);
    await h.host.reload();
    const mac = { algorithm: 'retail-80', key: fromHex(made.body.mac_key) } as const;
    const line = h.connect({ port: 23_100, mac });
    expect(codeOf(await line.request(purchase()))).toBe('00');
    const closed = await h.r.api.post(`/v1/acquirer-connections/${made.body.id}/close`);
    expect(closed.body.status).toBe('closed');
    await h.host.reload();
    await expect(
      h.connect({ port: 23_100, mac, timeoutMs: 1_000 }).request(purchase()),
    ).rejects.toMatchObject({
      code: 'no_answer',
    });
    const log = await h.r.api.get(`/v1/log?subject=${made.body.id}`);
    expect(log.body.data.map((entry: { action: string }) => entry.action).sort()).toEqual([
      'acquirer_link.added',
      'acquirer_link.closed',
    ]);
  });

  test.each([
    [{ name: 'Main', profile: '1987-ascii', port: 23_101 }, 'name_taken'],
    [{ name: 'Second main', profile: '1987-ascii' }, 'link_taken'],
    [{ name: 'X', profile: 'no-such', port: 23_101 }, 'profile_invalid'],
    [{ name: 'X', profile: { format: 'sokkin-iso8583-profile-1' }, port: 23_101 }, 'profile_invalid'],
    [{ name: 'X', profile: '1987-ascii', port: 23_101, institution: 'ins_central_bank' }, 'not_an_acquirer'],
    [
      {
        name: 'X',
        profile: '1987-ascii',
        port: 23_101,
        mac: { algorithm: 'retail-80', key: 'aa'.repeat(24) },
      },
      'validation_failed',
    ],
    [
      {
        ...{ name: 'X', port: 23_101, mac: { algorithm: 'cmac' } },
        profile: { ...profileJson('1987-ascii'), name: 'no-code', without: [64] },
      },
      'profile_invalid',
    ],
  ])('%j is refused: %s', async (body, code) => {
    const refused = await add(body);
    expect(refused.body.code).toBe(code);
  });

  test('where it is live, a link without a key or a certificate is refused', async () => {
    const live = { ...h.r.server.backend, mode: 'live' as const };
    const { addLink } = await import('../../src/operations/acquirer-links.ts');
    const { SYSTEM } = await import('../../src/access/audit-log.ts');
    const who = { ...SYSTEM, reach: 'all' as const };
    const order = {
      ...{ institution: 'ins_first_issuer', name: 'Open', profile: '1987-ascii', mac: undefined },
      door: { by: 'port', port: 23_102 } as const,
      settings: {
        signOn: false,
        mostInFlight: 1,
        timeoutMs: 1000,
        idleSeconds: 0,
        lostAnswers: 'keep',
        standIn: undefined,
      } as const,
    };
    const adding = live.store.write((tx) => addLink(live, tx, who, order));
    await expect(adding).rejects.toMatchObject({ code: 'link_unprotected' });
  });
});
