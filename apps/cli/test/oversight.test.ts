/** Operators, proposals and the log, by the command line and a server that it started. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Home, makeHome, type Ran, type Serving, serve } from './run.ts';

const PASSWORD = 'a long enough sentence';
let home: Home;
let ada: Home;
let serving: Serving;
let others: Home[] = [];

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
const ok = (ran: Ran): any => {
  expect(ran, ran.out + ran.err).toMatchObject({ code: 0 });
  return ran.json;
};

/** A data folder of somebody else, on the same back-end. */
async function folderOf(): Promise<Home> {
  const other = await makeHome();
  other.url = home.url;
  others.push(other);
  return other;
}

beforeAll(async () => {
  process.env.SOKKIN_PASSWORD = PASSWORD;
  home = await makeHome();
  serving = await serve(home);
  ada = await folderOf();
}, 300_000);
afterAll(async () => {
  delete process.env.SOKKIN_PASSWORD;
  await serving?.stop();
  for (const h of [home, ...others]) await h.dispose();
  others = [];
}, 300_000);

const code = (): string => /sokkin operator enrol NAME --code ([A-Z2-7-]+)/.exec(serving.text())?.[1] ?? '';

test('the first administrator gets in by what the start said; the session is private', async () => {
  const none = await ada.run('operator', 'list');
  expect(none).toMatchObject({ code: 1, json: { error: { code: 'no_credentials' } } });
  ok(await ada.run('operator', 'enrol', 'ada', '--code', code()));
  const login = await ada.run('login', 'ada');
  expect(ok(login)).toMatchObject({ operator: { name: 'ada', roles: ['administrator'] } });
  expect(login.out).not.toContain('sop_');
  expect((await stat(join(ada.data, 'session.json'))).mode & 0o777).toBe(0o600);
  expect(ok(await ada.run('operator', 'list'))).toMatchObject({
    operators: [{ name: 'ada', status: 'active' }],
  });
}, 300_000);

test('in the sandbox two clients agree at once; what cannot be done leaves nothing waiting', async () => {
  ok(await home.run('account', 'create', 'Pilot'));
  expect(ok(await home.run('issue', '5000'))).toMatchObject({ status: 'done', amount: '5000' });
  const said = await home.say('issue', '1');
  expect(said.out).toContain('first client proposed, second client approved');
  expect(await home.run('destroy', '6000')).toMatchObject({
    code: 1,
    json: { error: { code: 'backend_refused' } },
  });
  expect(ok(await home.run('proposal', 'list'))).toEqual({ proposals: [] });
}, 300_000);

test('people agree in two steps, each from a folder of their own', async () => {
  const [ben, cleo] = [await folderOf(), await folderOf()];
  const invite = async (name: string, roles: string, who: Home) => {
    const { code: theirs } = ok(await ada.run('operator', 'invite', name, '--roles', roles));
    ok(await who.run('operator', 'enrol', name, '--code', theirs));
    ok(await who.run('login', name));
  };
  await invite('ben', 'issuer_officer', ben);
  await invite('cleo', 'approver', cleo);
  const asked = await ben.run('issue', '250', '--account', 'Pilot');
  const { proposal, status } = ok(asked);
  expect(status).toBe('waiting');
  expect((await ben.say('issue', '7', '--account', 'Pilot')).out).toContain('sokkin proposal approve prp_');
  expect(await ben.run('proposal', 'approve', proposal)).toMatchObject({ code: 1 });
  expect((await cleo.say('proposal', 'list')).out).toContain(proposal);
  expect(ok(await cleo.run('proposal', 'approve', proposal))).toMatchObject({ status: 'approved' });
  expect(ok(await cleo.run('proposal', 'show', proposal))).toMatchObject({
    kind: 'issuance',
    status: 'approved',
  });
  expect(ok(await home.run('audit'))).toMatchObject({ holds: true, issued: '5251' });
  ok(await ada.run('operator', 'dismiss', 'cleo'));
  expect(await cleo.run('proposal', 'list')).toMatchObject({ code: 1 });
  ok(await ben.run('logout'));
  expect(await ben.run('proposal', 'list')).toMatchObject({
    code: 1,
    json: { error: { code: 'no_credentials' } },
  });
}, 300_000);

test('limits: proposed from a file, approved by another', async () => {
  const shown = ok(await home.run('policy', 'show'));
  const { software } = shown.document.normal.basic;
  software.holding = '40000';
  const file = join(home.data, 'limits.json');
  await writeFile(file, JSON.stringify(shown));
  expect(await home.run('policy', 'propose', file)).toMatchObject({ code: 1 });
  for (const c of Object.values<{ cumulative: string }>(software.by_class)) c.cumulative = '40000';
  await writeFile(file, JSON.stringify(shown));
  const { id } = ok(await home.run('policy', 'propose', file));
  ok(await home.run('proposal', 'approve', id));
  expect(ok(await home.run('policy', 'show'))).toMatchObject({ version: 2 });
  const preview = ok(await home.run('policy', 'preview', file, '--situation', 'outage'));
  expect(preview).toMatchObject({ situation: 'outage', is_whole: true });
}, 300_000);

test('the situation: shown, switched in an emergency, confirmed; and what is kept for how long', async () => {
  expect(ok(await home.run('situation', 'show')).in_force).toMatchObject({ situation: 'normal' });
  const until = new Date(Date.now() + 86_400_000 * 9).toISOString();
  const wish = ['outage', '--until', until];
  const { proposal } = ok(
    await home.run('situation', 'emergency', ...wish, '--reason', 'All lines are down'),
  );
  expect(ok(await home.run('situation', 'show')).in_force.confirm_by).not.toBeNull();
  ok(await home.run('proposal', 'approve', proposal));
  expect(ok(await home.run('situation', 'show')).in_force).toMatchObject({
    situation: 'outage',
    confirm_by: null,
  });
  const back = ok(await home.run('situation', 'propose', 'normal'));
  ok(await home.run('proposal', 'approve', back.id));
  expect(ok(await home.run('retention', '--dry-run'))).toMatchObject({ version: 1, is_complete: true });
}, 300_000);

test('the log is verified over the API, from a file, and against a head that was kept', async () => {
  const head = join(home.data, 'head.json');
  const kept = ok(await home.run('log', 'verify', '--keep', head));
  expect(kept).toMatchObject({ holds: true, kept_heads: 0 });
  expect(ok(await home.run('log', 'show', '--action', 'proposal.approved'))).toMatchObject({
    entries: [{ actor: 'cli_second' }, {}, {}, {}, {}, {}],
  });
  const file = join(home.data, 'log.jsonl');
  ok(await home.run('log', 'export', file));
  expect(ok(await home.run('log', 'verify', '--from', file))).toMatchObject({ holds: true });
  ok(await home.run('account', 'create', 'Other'));
  ok(await home.run('issue', '3', '--account', 'Other'));
  expect(ok(await home.run('log', 'verify', '--against', head))).toMatchObject({
    holds: true,
    kept_heads: 2,
  });

  const tamper = async (change: (lines: string[]) => string[]) => {
    const other = join(home.data, 'tampered.jsonl');
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    await writeFile(other, `${change(lines).join('\n')}\n`);
    const ran = await home.run('log', 'verify', '--from', other, '--against', head);
    return [ran.code, ran.json.entry, ran.json.fault];
  };
  expect(await tamper((l) => l)).toEqual([0, undefined, undefined]);
  expect(await tamper((l) => l.map((x) => x.replace('"no":"3","at":"2', '"no":"3","at":"1')))).toEqual([
    1,
    '3',
    'changed',
  ]);
  expect(await tamper((l) => l.filter((x) => !x.startsWith('{"no":"4"')))).toEqual([1, '4', 'missing']);
  const last = Number(kept.entries);
  expect(await tamper((l) => l.filter((x) => !x.startsWith(`{"no":"${last}"`)))).toEqual([
    1,
    `${last}`,
    'missing',
  ]);
  const forged = await tamper((l) => l.map((x) => x.replace(/"signature":"../, '"signature":"00')));
  expect(forged).toEqual([1, `${last}`, 'unsigned']);
  expect((await home.run('log', 'verify', '--from', head)).json).toMatchObject({
    error: { code: 'file_damaged' },
  });
}, 300_000);

test('a log that is shorter than at the last verification, or another one, is found by what was kept here', async () => {
  const { entries } = ok(await home.run('log', 'verify'));
  const kept = join(home.data, 'log-head.json');
  const head = JSON.parse(await readFile(kept, 'utf8'));
  await writeFile(kept, JSON.stringify({ ...head, no: `${Number(entries) + 2}` }));
  const cut = await home.run('log', 'verify');
  expect([cut.code, cut.json.entry, cut.json.fault]).toEqual([1, `${Number(entries) + 1}`, 'missing']);
  await writeFile(kept, JSON.stringify({ ...head, hash: '00'.repeat(32) }));
  const other = await home.run('log', 'verify');
  expect([other.code, other.json.entry, other.json.fault]).toEqual([1, entries, 'rewritten']);
  await writeFile(kept, JSON.stringify(head));
  ok(await home.run('log', 'verify'));
}, 300_000);
