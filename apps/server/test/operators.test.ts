/** Operators: how they get in, what they may do, and what nobody does alone. */
import { FIRST_ISSUER } from '@sokkin/issuer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES } from '../src/access/principal.ts';
import { ROLE_NAMES, ROLES, type RoleName } from '../src/access/roles.ts';
import { createServer } from '../src/index.ts';
import { asSuperuser, firstFault, key, readLog } from './eyes.ts';
import { type Answer, type Api, type Rig, rig } from './kit.ts';

const PASSWORD = 'a long enough sentence';
const [MINUTE, HOUR] = [60_000, 3_600_000];

let r: Rig;
const said: string[] = [];
beforeAll(async () => {
  r = await rig();
}, 300_000);
afterAll(() => r.close());

/** What a start of the server says: it is where the first code is found. */
async function startAgain(): Promise<string | undefined> {
  const { databaseUrl, dataFolder } = r;
  said.length = 0;
  const clock = r.server.backend.clock;
  const other = await createServer({ databaseUrl, dataFolder, clock, log: (line) => said.push(line) });
  await other.close();
  return /sokkin operator enrol NAME --code ([A-Z2-7-]+)$/m.exec(said.join('\n'))?.[1];
}

const nobody = (): Api => r.as(undefined);
const enrol = (code: string, name: string, password = PASSWORD) =>
  nobody().post('/v1/operators/enrol', { code, name, password });
const login = (name: string, password = PASSWORD) => nobody().post('/v1/sessions', { name, password });

/** An operator's API. */
async function as(name: string): Promise<Api & { readonly token: string }> {
  const { status, body } = await login(name);
  expect(status, JSON.stringify(body)).toBe(201);
  const token: string = body.token;
  const headers = { authorization: `Bearer ${token}` };
  const api = nobody();
  return {
    token,
    authorization: async () => headers,
    get: (path) => api.get(path, headers),
    post: (path, body = {}, more = {}) => api.post(path, body, { ...headers, ...more }),
    make: (path, body = {}) => api.post(path, body, { ...headers, ...key() }).then((a) => a.body),
  };
}

async function invited(by: Api, name: string, roles: readonly RoleName[], more: object = {}) {
  const { status, body } = await by.post('/v1/operators', { name, roles, ...more });
  expect(status, JSON.stringify(body)).toBe(201);
  return body as { id: string; code: string; roles: string[]; proposal: string | null };
}

async function member(by: Api, name: string, roles: readonly RoleName[]) {
  const { id, code } = await invited(by, name, roles);
  expect((await enrol(code, name)).status).toBe(201);
  return { id, api: await as(name) };
}

const codeOf = (a: Answer): [number, string] => [a.status, a.body.code];

describe('roles', () => {
  test('none both asks and decides, and an auditor changes nothing', () => {
    const asks = ['issuance:request', 'policy:request', 'identity:request'];
    for (const name of ROLE_NAMES) {
      const scopes: readonly string[] = ROLES[name].scopes;
      expect(scopes.includes('proposals:decide') && asks.some((s) => scopes.includes(s)), name).toBe(false);
      expect(scopes.filter((s) => !Object.hasOwn(SCOPES, s))).toEqual([]);
    }
    expect(ROLES.auditor.scopes.every((s) => s.endsWith(':read'))).toBe(true);
    expect(ROLES.auditor.scopes).toContain('log:read');
  });
});

describe('the first one', () => {
  test('each start gives a new code, until one is used: no password was ever there', async () => {
    const first = await startAgain();
    const second = await startAgain();
    expect(first).toMatch(/^([A-Z2-7]{5}-){5}[A-Z2-7]$/);
    expect(second).not.toBe(first);
    expect(codeOf(await enrol(first ?? '', 'ada'))).toEqual([422, 'code_invalid']);
    // Typed by hand: case and dashes do not matter, and a name is written one way.
    const typed = (second ?? '').toLowerCase().replaceAll('-', ' ');
    const enrolled = await enrol(typed, 'ADA');
    expect(enrolled).toMatchObject({ status: 201, body: { name: 'ada', roles: ['administrator'] } });
    expect(codeOf(await enrol(second ?? '', 'eve'))).toEqual([422, 'code_invalid']);
    expect(await startAgain()).toBeUndefined();
    const rows = await asSuperuser(r, 'SELECT password, code_hash FROM operators');
    expect(rows.rows).toHaveLength(1);
    expect(rows.rows[0]).toMatchObject({ code_hash: null });
    expect(rows.rows[0].password).toMatch(/^scrypt\$32768\$8\$1\$/);
  }, 300_000);
});

describe('passwords and codes', () => {
  test.each([
    ['short', 'short'],
    ['of the name', 'xx-weak-xx-1234'],
    ['one letter', 'aaaaaaaaaaaaaaaa'],
    ['digits', '123456789012345'],
    ['common', 'Password123!!!'],
    ['common, twice', 'qwertyqwerty99'],
    ['common, written apart', 'correct horse battery staple'],
  ])('a weak one is refused: %s', async (_, password) => {
    const { code } = await invited(r.api, 'weak', []).catch(async () => {
      const all = (await r.api.get('/v1/operators?limit=100')).body.data;
      const { id } = all.find((o: { name: string }) => o.name === 'weak');
      return (await r.api.post(`/v1/operators/${id}/code`)).body;
    });
    expect(codeOf(await enrol(code, 'weak', password))).toEqual([422, 'password_weak']);
    expect(codeOf(await enrol(code, 'other', PASSWORD))).toEqual([422, 'code_invalid']);
  });

  test('a code lasts a day, and is used once however many use it at once', async () => {
    const { id, code } = await invited(r.api, 'late', ['support']);
    r.advance(24 * HOUR + 1000);
    expect(codeOf(await enrol(code, 'late'))).toEqual([422, 'code_invalid']);
    const again = (await r.api.post(`/v1/operators/${id}/code`)).body;
    const all = await Promise.all(Array.from({ length: 5 }, () => enrol(again.code, 'late')));
    expect(all.map((a) => a.status).sort()).toEqual([201, 422, 422, 422, 422]);
    expect(codeOf(await r.api.post(`/v1/operators/${id}/code`))).toEqual([422, 'code_invalid']);
    expect(codeOf(await r.api.post('/v1/operators', { name: 'late', roles: [] }))).toEqual([
      409,
      'name_taken',
    ]);
  });

  test('neither code nor password nor token stands in the database, nor in a kept answer', async () => {
    const { code } = await invited(r.api, 'secretive', ['support']);
    await enrol(code, 'secretive');
    const { token } = await as('secretive');
    const tables = ['operators', 'operator_sessions', 'kept_answers', 'audit_log', 'login_attempts'];
    for (const table of tables) {
      const { rows } = await asSuperuser(r, `SELECT t::text AS row FROM ${table} t`);
      const text = rows.map((row: { row: string }) => row.row).join('\n');
      for (const secret of [code, code.replaceAll('-', ''), PASSWORD, token])
        expect(text).not.toContain(secret);
    }
  });
});

describe('sessions', () => {
  test('8 hours, 30 minutes without use, and until it is ended', async () => {
    const ada = await as('ada');
    expect((await ada.get('/v1/operators')).status).toBe(200);
    for (let i = 0; i < 3; i++) {
      r.advance(20 * MINUTE);
      expect((await ada.get('/v1/operators')).status).toBe(200);
    }
    r.advance(30 * MINUTE);
    expect((await ada.get('/v1/operators')).status).toBe(401);
    const kept = await as('ada');
    for (let i = 0; i < 24; i++) {
      expect((await kept.get('/v1/operators')).status, `${i}`).toBe(200);
      r.advance(20 * MINUTE);
    }
    expect((await kept.get('/v1/operators')).status).toBe(401);
    const ended = await as('ada');
    expect((await ended.post('/v1/sessions/end')).body).toEqual({ ended: true });
    expect((await ended.get('/v1/operators')).status).toBe(401);
    expect((await nobody().post('/v1/sessions/end')).status).toBe(401);
  });

  test('who may not, may not: the token of an auditor, and forged ones', async () => {
    const { api } = await member(r.api, 'auditor', ['auditor']);
    expect((await api.get('/v1/log')).status).toBe(200);
    expect(codeOf(await api.post('/v1/operators', { name: 'x-1', roles: [] }))).toEqual([403, 'forbidden']);
    for (const forged of [
      `${api.token}x`,
      `sop_${'A'.repeat(43)}`,
      'sop_',
      api.token.replace('sop_', 'sat_'),
    ]) {
      const answer = await nobody().get('/v1/log', { authorization: `Bearer ${forged}` });
      expect(answer.status, forged).toBe(401);
    }
    expect((await nobody().get('/v1/log', { authorization: `DPoP ${api.token}` })).status).toBe(401);
  });

  test('an unknown name and a wrong password get one answer, after the same work', async () => {
    const strip = ({ status, body }: Answer) => ({ status, ...body, request_id: '' });
    const timed = async (name: string) => {
      const begun = performance.now();
      const answer = await login(name, 'not the password');
      return { answer: strip(answer), ms: performance.now() - begun };
    };
    await timed('ada');
    const [known, unknown] = [await timed('ada'), await timed('nobody-at-all')];
    expect(unknown.answer).toEqual(known.answer);
    expect(known.answer).toMatchObject({ status: 401, code: 'login_failed' });
    // scrypt is nearly all of it; a lookup alone would take a tenth.
    expect(unknown.ms).toBeGreaterThan(known.ms / 3);
    expect(known.ms).toBeGreaterThan(unknown.ms / 3);
    await login('ada');
  });

  test.each(['ada', 'no-such-one'])(
    'after five attempts %s waits, also for the right password',
    async (name) => {
      r.advance(16 * MINUTE);
      // At once: they are counted before they are looked at.
      const tries = await Promise.all(Array.from({ length: 8 }, () => login(name, 'not the password')));
      expect(tries.map((t) => t.status).sort()).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
      const locked = await login(name);
      expect(codeOf(locked)).toEqual([429, 'login_locked']);
      expect(Number(locked.headers['retry-after'])).toBeGreaterThan(800);
      r.advance(14 * MINUTE);
      expect((await login(name)).status).toBe(429);
      r.advance(MINUTE + 1000);
      expect((await login(name)).status).toBe(name === 'ada' ? 201 : 401);
      r.advance(16 * MINUTE);
    },
  );
});

describe('two administrators', () => {
  test('from the second on, nobody makes an administrator or approver alone, nor by sending the others away', async () => {
    const ada = await as('ada');
    const ben = await member(ada, 'ben', ['administrator']);
    const wanted = await invited(ada, 'cleo', ['support', 'administrator']);
    expect(wanted.roles).toEqual(['support']);
    const { proposal } = wanted;
    expect(proposal).toMatch(/^prp_/);
    await enrol(wanted.code, 'cleo');
    const cleo = await as('cleo');
    expect((await cleo.get('/v1/operators')).status).toBe(403);
    const approve = (api: Api) => api.post(`/v1/proposals/${proposal}/approve`, {}, key());
    expect(codeOf(await approve(ada))).toEqual([403, 'second_person_needed']);
    // Approvers of money do not decide on roles.
    const { api: dan } = await member(r.api, 'dan', ['auditor']);
    expect(codeOf(await approve(dan))).toEqual([403, 'forbidden']);
    // Ada sends Ben away: the rule stays.
    expect((await approve(ben.api)).body).toMatchObject({
      status: 'approved',
      result: { roles: ['support', 'administrator'] },
    });
    expect((await cleo.get('/v1/operators')).status).toBe(200);
    expect((await ada.post(`/v1/operators/${ben.id}/dismiss`)).body.status).toBe('dismissed');
    expect((await ben.api.get('/v1/operators')).status).toBe(401);
    expect((await login('ben')).status).toBe(401);
    await ada.post(`/v1/operators/${wanted.id}/dismiss`);
    const alone = await invited(ada, 'fay', ['approver']);
    expect([alone.roles, alone.proposal === null]).toEqual([[], false]);
    const own = await ada.post(`/v1/proposals/${alone.proposal}/approve`, {}, key());
    expect(codeOf(own)).toEqual([403, 'second_person_needed']);
  });

  test('nobody changes or decides on their own rights', async () => {
    const ada = await as('ada');
    const me = (await ada.get('/v1/operators?limit=100')).body.data.find(
      (o: { name: string }) => o.name === 'ada',
    );
    const roles = (id: string, list: string[]) =>
      ada.post(`/v1/operators/${id}/roles`, { roles: list }, key());
    expect(codeOf(await roles(me.id, ['administrator', 'auditor']))).toEqual([403, 'own_rights']);
    const { id, code } = await invited(ada, 'gil', ['administrator']);
    await enrol(code, 'gil');
    const [waiting] = (
      await r.api.get('/v1/proposals?status=waiting&kind=operator_roles&limit=100')
    ).body.data.slice(-1);
    expect(waiting.subject).toBe(id);
    // The sandbox's client is another pair of eyes.
    expect((await r.second.post(`/v1/proposals/${waiting.id}/approve`, {}, key())).status).toBe(200);
    const gil = await as('gil');
    const forGil = await ada.post(
      `/v1/operators/${id}/roles`,
      { roles: ['administrator', 'approver'] },
      key(),
    );
    const refused = await gil.post(`/v1/proposals/${forGil.body.proposal}/approve`, {}, key());
    expect(codeOf(refused)).toEqual([403, 'own_rights']);
    await ada.post(`/v1/operators/${id}/dismiss`);
    const gone = await r.second.post(`/v1/proposals/${forGil.body.proposal}/approve`, {}, key());
    expect(codeOf(gone)).toEqual([409, 'operator_dismissed']);
  });

  test("another institution's operators are not there", async () => {
    const { id, code } = await invited(r.api, 'issuer-admin', ['administrator', 'issuer_officer'], {
      institution: FIRST_ISSUER,
    }).then(async (i) => {
      if (i.proposal !== null) await r.second.post(`/v1/proposals/${i.proposal}/approve`, {}, key());
      return i;
    });
    await enrol(code, 'issuer-admin');
    const issuer = await as('issuer-admin');
    const shown = (await issuer.get('/v1/operators')).body.data.map((o: { id: string }) => o.id);
    expect(shown).toEqual([id]);
    const [other] = (await r.api.get('/v1/operators')).body.data;
    const strip = ({ status, body }: Answer, name: string) =>
      JSON.stringify({ status, ...body, request_id: '' }).replaceAll(name, 'ID');
    for (const path of ['dismiss', 'code', 'roles']) {
      const ask = (name: string) =>
        issuer.post(`/v1/operators/${name}/${path}`, path === 'roles' ? { roles: [] } : {}, key());
      expect(strip(await ask(other.id), other.id)).toBe(strip(await ask('opr_none'), 'opr_none'));
    }
    const away = await issuer.post('/v1/operators', {
      name: 'spy',
      roles: [],
      institution: 'ins_central_bank',
    });
    expect(codeOf(away)).toEqual([404, 'not_found']);
    const log = (await issuer.get('/v1/log')).status;
    expect(log).toBe(200);
    const entries = (await issuer.get('/v1/log')).body.data;
    expect(new Set(entries.map((e: { institution: string }) => e.institution))).toEqual(
      new Set([FIRST_ISSUER]),
    );
  });
});

test('money with people: one asks, another decides, an auditor sees it in the log, which holds', async () => {
  const { api: officer } = await member(r.api, 'officer', ['issuer_officer']);
  const hired = await invited(r.api, 'decider', ['approver']);
  if (hired.proposal !== null) await r.second.post(`/v1/proposals/${hired.proposal}/approve`, {}, key());
  await enrol(hired.code, 'decider');
  const decider = await as('decider');
  const { id: account } = await r.api.make('/v1/accounts', { name: 'People' });
  expect(codeOf(await decider.post('/v1/issuances', { account, amount: '5' }, key()))).toEqual([
    403,
    'forbidden',
  ]);
  const made = await officer.make('/v1/issuances', { account, amount: '5' });
  expect(codeOf(await officer.post(`/v1/proposals/${made.proposal}/approve`, {}, key()))).toEqual([
    403,
    'forbidden',
  ]);
  expect((await decider.post(`/v1/proposals/${made.proposal}/approve`, {}, key())).body.status).toBe(
    'approved',
  );
  expect((await officer.get(`/v1/issuances/${made.id}`)).body).toMatchObject({ status: 'done', amount: '5' });
  const actions = new Set((await readLog(r.api)).map((e) => e.action));
  for (const action of [
    'operator.invited',
    'operator.enrolled',
    'operator.roles_changed',
    'operator.dismissed',
    'session.begun',
    'session.ended',
  ])
    expect(actions).toContain(action);
  expect(await firstFault(r.api)).toBeUndefined();
});
