/** compose.yaml, Dockerfile and nginx.conf: what can be held without a Docker engine; and their topology, run without one. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { ELSEWHERE, VARIABLES } from '../src/config/table.ts';
import { readConfig } from '../src/index.ts';
import { readSecret } from '../src/keys/key-config.ts';
import { testDatabase } from '../src/postgres/test-database.ts';
import { moreAcknowledged, startLoad } from './fault-trial.ts';
import { httpApi, sandboxClient } from './kit.ts';
import { dataFolder, serverChild } from './server-child.ts';

const ROOT = join(import.meta.dirname, '../../..');
const textOf = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly restart: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly networks: readonly string[];
  readonly stop_grace_period?: string;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly networks: Readonly<Record<string, object>>;
}
const compose: Compose = parse(textOf('compose.yaml'), { merge: true });
const { services } = compose;

test('two processes behind a proxy; only the proxy is reached from outside, only the processes reach the database', () => {
  expect(Object.keys(services)).toEqual(['database', 'api1', 'api2', 'proxy']);
  const outside = Object.entries(services).filter(([, s]) => s.ports !== undefined);
  expect(outside.map(([name]) => name)).toEqual(['proxy']);
  const onBack = Object.entries(services).filter(([, s]) => s.networks.includes('back'));
  expect(onBack.map(([name]) => name)).toEqual(['database', 'api1', 'api2']);
  expect(compose.networks.back).toEqual({ internal: true });
  for (const [name, service] of Object.entries(services)) {
    expect([name, service.read_only, service.cap_drop, service.restart]).toEqual([
      name,
      true,
      ['ALL'],
      'unless-stopped',
    ]);
    expect(service.image).toMatch(/:[0-9]+\.[0-9.]+/);
    for (const secret of service.secrets) expect(Object.keys(compose.secrets)).toContain(secret);
    for (const needed of Object.keys(service.depends_on ?? {}))
      expect(services[needed]?.healthcheck).toBeDefined();
  }
});

test('every variable is known, the configuration would start in live mode, and no secret is in the environment', () => {
  const known = new Set([...Object.values(VARIABLES).map((v) => v.name), ...Object.keys(ELSEWHERE)]);
  const { environment = {} } = services.api1 ?? {};
  for (const [name, value] of Object.entries(environment)) {
    expect(known).toContain(name);
    expect(`${name}=${value}`).not.toMatch(/(PASSWORD|PASSPHRASE|PIN|SECRET)=|:\/\/[^/]*@/);
  }
  const env = Object.fromEntries(
    Object.entries(environment).filter(([name]) => name !== 'DATABASE_URL_FILE'),
  );
  const config = readConfig({ ...env, HOST: '0.0.0.0', SOKKIN_PUBLIC_URL: 'https://cbdc.example' });
  expect(config).toMatchObject({ mode: 'live', metrics: 'scope' });
  expect(Number.parseInt(services.api1?.stop_grace_period ?? '', 10)).toBeGreaterThan(config.stopSeconds);
});

test('the image is made of what is there, runs as nobody in particular, and starts the back-end', () => {
  const lines = textOf('Dockerfile').split('\n');
  for (const line of lines.filter((l) => l.startsWith('COPY ')))
    for (const source of line.split(' ').slice(1, -1))
      expect(existsSync(join(ROOT, source)), source).toBe(true);
  expect(lines).toContain('USER node');
  const command: string[] = JSON.parse(lines.find((l) => l.startsWith('CMD '))?.slice(4) ?? '[]');
  expect(existsSync(join(ROOT, command.at(-1) ?? ''))).toBe(true);
  const proxy = textOf('deploy/nginx.conf');
  for (const name of ['api1', 'api2']) expect(proxy).toContain(`server ${name}:8787`);
  expect(proxy).toContain('location = /metrics { return 404; }');
  const opened = proxy.replaceAll(/#.*|"[^"]*"/g, '');
  expect(opened.split('{').length).toBe(opened.split('}').length);
});

test('all that the back-end imports is in the image: copied, or a dependency that is not for development alone', async () => {
  const copied = textOf('Dockerfile')
    .split('\n')
    .filter((line) => line.startsWith('COPY '))
    .flatMap((line) => line.split(' ').slice(1, -1));
  const start = 'apps/server/src/main.ts';
  const { files, packages } = await importsOf(start);
  const locked: Record<string, { readonly dev?: boolean }> = JSON.parse(textOf('package-lock.json')).packages;
  const isInstalled = (name: string): boolean => {
    const found = locked[`node_modules/${name}`];
    return found !== undefined && found.dev !== true;
  };
  expect(files).toContain(start);
  expect(packages).toContain('fastify');
  const isCopied = (file: string) => copied.some((name) => file.startsWith(`${name}/`));
  expect(files.filter((file) => file.includes('/test/') || !isCopied(file))).toEqual([]);
  expect([...packages, 'tsx'].filter((name) => !isInstalled(name))).toEqual([]);
});

/** Our files that it loads, and the packages of others that these name. */
async function importsOf(start: string): Promise<{ files: string[]; packages: string[] }> {
  const packages = new Set<string>();
  const notOurs: Plugin = {
    name: 'not-ours',
    setup: (made) =>
      made.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
        if (kind === 'entry-point' || path.startsWith('@sokkin/')) return undefined;
        if (!isBuiltin(path)) packages.add(/^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path);
        return { path, external: true };
      }),
  };
  const { metafile } = await build({
    ...{ absWorkingDir: ROOT, entryPoints: [start], bundle: true, write: false, metafile: true },
    ...{ platform: 'node', format: 'esm', plugins: [notOurs] },
  });
  return { files: Object.keys(metafile.inputs), packages: [...packages] };
}

test('the lines of operations.md make the secrets, and the back-end takes them', async () => {
  const [, lines = ''] = /```sh\n(umask 077[^`]*)```/.exec(textOf('docs/operations.md')) ?? [];
  const folder = await dataFolder();
  // Only root may give files away; here whoever runs the tests reads them.
  execFileSync('sh', ['-euc', `chown() { :; }\n${lines}`], { cwd: folder });
  const made = (name: string) => join(folder, 'secrets', name);
  for (const { file } of Object.values(compose.secrets).filter((s) => !s.file.includes('tls_')))
    expect([file, statSync(join(folder, file)).mode & 0o777]).toEqual([file, 0o600]);
  const config = readConfig({ DATABASE_URL_FILE: made('database_url') });
  const { username, password, hostname } = new URL(config.databaseUrl ?? '');
  expect([username, hostname]).toEqual(['sokkin', 'database']);
  expect(password).toBe(readFileSync(made('database_password'), 'utf8').trim());
  expect(password.length).toBe(48);
  expect(readSecret('SOKKIN_KEY_PASSPHRASE_FILE', made('key_passphrase')).length).toBe(32);
});

/** What nginx.conf asks for: in turn, and to the other one where no connection is made or the answer is 503. */
async function proxyTo(upstreams: readonly string[]): Promise<string> {
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    const first = turn++;
    incoming.on('end', () => ask(upstreams.length));
    const ask = (left: number): void => {
      const target = new URL(incoming.url ?? '/', upstreams[(first + left) % upstreams.length]);
      const sent = request(target, { method: incoming.method, headers: incoming.headers }, (answer) => {
        if (answer.statusCode === 503 && left > 1) {
          answer.resume();
          ask(left - 1);
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
        answer.on('error', () => outgoing.destroy());
      });
      sent.on('error', (error) => {
        if ('code' in error && error.code === 'ECONNREFUSED' && left > 1) ask(left - 1);
        else outgoing.writeHead(502).end(JSON.stringify({ says: `${error}`, reused: sent.reusedSocket }));
      });
      sent.end(Buffer.concat(parts));
    };
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

test('the same without Docker: one process after the other is replaced under load, and nothing is lost', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const folder = await dataFolder();
  const start = (port = '0') => serverChild({ DATABASE_URL: database.url, SOKKIN_DATA: folder, PORT: port });
  const one = await start();
  const two = await start();
  const api = httpApi(await proxyTo([one.url, two.url]), sandboxClient(folder, 'first'));
  const load = await startLoad(api, 3);
  await moreAcknowledged(load, 10);
  for (const child of [one, two]) {
    expect(await child.kill('SIGTERM')).toBe(0);
    await moreAcknowledged(load, 5);
    await start(new URL(child.url).port);
    await moreAcknowledged(load, 5);
  }
  await load.end();
  expect(load.refused.map(({ status, body }) => ({ status, body }))).toEqual([]);
  await load.verify(api);
});
