/** What the documents of the API tell newcomers to type, is typed here. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Rig, rig, sandboxClient } from '../apps/server/test/kit.ts';

const ROOT = join(import.meta.dirname, '..');
const run = promisify(execFile);
const HAS_CURL = spawnSync('curl', ['--version']).status === 0;

/** The first block of this language in the document. */
function blockOf(document: string, language: string): string {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const [, block] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
  if (block === undefined) throw new Error(`${document} has no block of ${language}`);
  return block;
}

let r: Rig;
let url: string;
beforeAll(async () => {
  r = await rig();
  url = await r.server.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => r.close());

test.skipIf(!HAS_CURL)('docs/api/README.md: five minutes with curl (needs curl)', async () => {
  const env = { ...process.env, URL: url, CREDENTIALS: join(r.dataFolder, 'credentials.json') };
  const script = `set -euo pipefail\n${blockOf('docs/api/README.md', 'sh')}`;
  const { stdout } = await run('bash', ['-c', script], { env });
  expect(JSON.parse(stdout)).toMatchObject({ name: 'Hanako', balance: '5000' });
});

test('docs/api/sdk.md: the program', async () => {
  const folder = join(ROOT, '.cache', `quickstart-${process.pid}`);
  const file = join(folder, 'program.ts');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, blockOf('docs/api/sdk.md', 'ts'));
  const { client_id, client_secret } = sandboxClient(r.dataFolder, 'first');
  const env = { ...process.env, URL: url, CLIENT_ID: client_id, CLIENT_SECRET: client_secret };
  const { stdout } = await run(process.execPath, ['--import', 'tsx', file], { env, cwd: ROOT });
  rmSync(folder, { recursive: true });
  expect(stdout).toMatch(/iss_\w+ waits for approval/);
  expect(stdout).toMatch(/not_found \(404\), request req_/);
  expect(stdout).toMatch(/acc_\w+ \d+/);
});
