/** Limits by situation, tier and assurance: what the document keeps, what the next Grant delivers, and who may switch. */
import { fromHex } from '@sokkin/codec';
import {
  ASSURANCES,
  faultOf,
  limitsDocument,
  PROFILES,
  profilesDocument,
  profilesOf,
  SITUATIONS,
  situationAt,
  TIERS,
  tierOf,
  wholeDocument,
} from '@sokkin/issuer';
import { type Limits, parseGrant } from '@sokkin/purse';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { asSuperuser, key, readLog } from './eyes.ts';
import { type Answer, type Api, fundPurse, newPurse, type Purse, type Rig, rig, sync } from './kit.ts';

const codeOf = (a: Answer): [number, string] => [a.status, a.body.code];
const DAY = 86_400_000;

async function newRig(): Promise<Rig> {
  const made = await rig();
  onTestFinished(() => made.close());
  return made;
}
const limitsOf = async (api: Api, purse: Purse): Promise<Limits> =>
  parseGrant(fromHex((await sync(api, purse)).grant)).fields.limits;

describe('the document', () => {
  const set = (path: string, value: string | number) => {
    const document = structuredClone(profilesDocument(PROFILES));
    const steps = path.split('.');
    const last = steps.pop() ?? '';
    let at: object = document;
    for (const step of steps) at = Reflect.get(at, step);
    Reflect.set(at, last, value);
    return faultOf(profilesOf(document));
  };

  test('that a new database begins with keeps every rule, and comes back as it was', () => {
    expect(faultOf(PROFILES)).toBeUndefined();
    expect(profilesOf(profilesDocument(PROFILES))).toEqual(PROFILES);
  });

  test('every limit of every class: one yen more than who is known better, or protected better, is refused by path', () => {
    for (const situation of SITUATIONS)
      for (const [t, tier] of TIERS.entries())
        for (const [a, assurance] of ASSURANCES.entries()) {
          const at = `${situation}.${tier}.${assurance}`;
          const [better, known] = [ASSURANCES[a - 1], TIERS[t + 1]];
          if (better !== undefined)
            expect(set(`${at}.count`, PROFILES[situation][tier][better].count + 1)).toBe(
              `${at}.count is larger than that of ${better}, which is protected better.`,
            );
          if (known !== undefined) {
            const more = PROFILES[situation][known][assurance].count + 1;
            // Whoever is protected less is looked at against who is protected better first.
            const says = set(`${at}.count`, more);
            expect(says).toMatch(
              new RegExp(`^${situation}\\.${tier}\\.(${ASSURANCES.join('|')})\\.count is larger`),
            );
          }
        }
    expect(set('outage.anonymous.secure_element.holding', '150001')).toBe(
      'outage.anonymous.secure_element.holding is larger than that of basic, who are known better.',
    );
    expect(set('disaster.basic.tee.by_class.software.per_payment', '60001')).toContain(
      'disaster.basic.tee: more may be paid to software than to tee',
    );
  });

  test('of the time before tiers is read as what it said, for everybody and always', () => {
    const old = { normal: profilesDocument(PROFILES).normal.basic };
    const { basic } = PROFILES.normal;
    const all = { anonymous: basic, basic, verified: basic };
    expect(wholeDocument(old)).toEqual(profilesDocument({ normal: all, outage: all, disaster: all }));
    const now = profilesDocument(PROFILES);
    expect(wholeDocument(now)).toBe(now);
  });

  test('tiers of certificates from before they had names are those of customers who are known', () => {
    const tiers = [0, 1, 2, 7].map((tier) => tierOf({ tier, isAnonymous: false }));
    expect(tiers).toEqual(['basic', 'basic', 'verified', 'verified']);
    expect(tierOf({ tier: 0, isAnonymous: true })).toBe('anonymous');
  });
});

describe('the situation', () => {
  const t = (hours: number) => new Date(Date.UTC(2027, 0, 1) + hours * 3_600_000);
  const outage = { situation: 'outage' as const, since: t(0), until: t(48) };
  const before = { situation: 'disaster' as const, since: t(-5), until: t(30) };

  test('follows from the document and the time alone', () => {
    const agreedOn = { ...outage, emergency: undefined };
    const alone = { ...outage, emergency: { confirmBy: t(24), by: 'opr_x', before } };
    const at = (document: typeof agreedOn | typeof alone, hours: number) => {
      const { situation, confirmBy } = situationAt(document, t(hours));
      return [situation, confirmBy !== undefined];
    };
    expect([at(agreedOn, 0), at(agreedOn, 47.99), at(agreedOn, 48)]).toEqual([
      ['outage', false],
      ['outage', false],
      ['normal', false],
    ]);
    expect([at(alone, 0), at(alone, 23.99), at(alone, 24), at(alone, 30)]).toEqual([
      ['outage', true],
      ['outage', true],
      ['disaster', false],
      ['normal', false],
    ]);
  });

  test('is switched by two; the next Grants bring its limits, and it ends by itself', async () => {
    const r = await newRig();
    const purse = await newPurse(r.api);
    const until = new Date(Date.now() + 3 * DAY).toISOString();
    const wish = { from_version: 1, situation: 'outage', until };
    const made = await r.api.make('/v1/policies/situation', wish);
    const alone = await r.api.post(`/v1/proposals/${made.id}/approve`, {}, key());
    expect(codeOf(alone)).toEqual([403, 'second_person_needed']);
    expect(await limitsOf(r.api, purse)).toEqual(PROFILES.normal.basic.secure_element);
    await r.second.make(`/v1/proposals/${made.id}/approve`);
    const told = async () => (await r.api.get(`/v1/purses/${purse.id}/limits`)).body;
    const [normal, outage] = (['normal', 'outage'] as const).map((s) =>
      limitsDocument(PROFILES[s].basic.secure_element),
    );
    expect(await told()).toMatchObject({
      ...{ tier: 'basic', assurance: 'secure_element', situation: { situation: 'outage', until } },
      ...{ in_purse: { limits: normal }, next_sync: outage, after: normal, changes: true },
    });
    expect(await limitsOf(r.api, purse)).toEqual(PROFILES.outage.basic.secure_element);
    await sync(r.api, purse);
    await sync(r.api, purse);
    expect(await told()).toMatchObject({ in_purse: { limits: outage }, next_sync: outage, changes: false });
    expect((await r.api.get('/v1/policies/situation')).body).toMatchObject({
      version: 2,
      in_force: { situation: 'outage', until, confirm_by: null },
      proposal: made.id,
    });
    const log = (await readLog(r.api)).filter((e) => e.action === 'situation.changed');
    expect(log).toHaveLength(1);
    const events = (await r.api.get('/v1/events?type=situation.changed&limit=100')).body.data;
    expect(events.length).toBeGreaterThan(0);
    // A proposal from before is not made true afterwards.
    const late = await r.api.post('/v1/policies/situation', wish, key());
    expect(codeOf(late)).toEqual([409, 'policy_outdated']);
    r.advance(3 * DAY);
    expect(await limitsOf(r.api, purse)).toEqual(PROFILES.normal.basic.secure_element);
    expect((await r.api.get('/v1/policies/situation')).body.in_force.situation).toBe('normal');
    expect(await told()).toMatchObject({
      in_purse: { limits: outage },
      next_sync: normal,
      after: null,
      changes: true,
    });
  });

  test('has an end, in time', async () => {
    const r = await newRig();
    const ahead = (days: number) => new Date(Date.now() + days * DAY).toISOString();
    for (const wish of [
      { situation: 'outage' },
      { situation: 'disaster', until: ahead(91) },
      { situation: 'disaster', until: ahead(-1) },
      { situation: 'normal', until: ahead(1) },
    ]) {
      const answer = await r.api.post('/v1/policies/situation', { from_version: 1, ...wish }, key());
      expect([...codeOf(answer), answer.body.param]).toEqual([422, 'policy_invalid', 'until']);
    }
  });

  test('in an emergency is switched by one, loudly; unconfirmed it falls back within a day, and not again', async () => {
    const r = await newRig();
    const purse = await newPurse(r.api);
    const until = new Date(Date.now() + 10 * DAY).toISOString();
    const wish = { situation: 'disaster', until, reason: 'Earthquake in the capital' };
    const first = await r.api.make('/v1/policies/situation/emergency', { from_version: 1, ...wish });
    expect(first.in_force).toMatchObject({ situation: 'disaster', until });
    expect(await limitsOf(r.api, purse)).toEqual(PROFILES.disaster.basic.secure_element);
    const entries = (await readLog(r.api)).filter((e) => e.action === 'situation.emergency');
    expect(entries).toHaveLength(1);
    expect(entries[0]?.details).toContain('Earthquake in the capital');
    expect((await r.api.get('/v1/events?type=situation.emergency')).body.data.length).toBeGreaterThan(0);
    const again = await r.api.post('/v1/policies/situation/emergency', { from_version: 2, ...wish }, key());
    expect(codeOf(again)).toEqual([409, 'emergency_unconfirmed']);
    // Nobody confirms their own.
    const own = await r.api.post(`/v1/proposals/${first.proposal}/approve`, {}, key());
    expect(codeOf(own)).toEqual([403, 'second_person_needed']);
    r.advance(DAY);
    expect(await limitsOf(r.api, purse)).toEqual(PROFILES.normal.basic.secure_element);
    const late = { from_version: 2, ...wish };
    const week = await r.api.post('/v1/policies/situation/emergency', late, key());
    expect(codeOf(week)).toEqual([409, 'emergency_unconfirmed']);
    // Two may at any time.
    await r.second.make(`/v1/proposals/${first.proposal}/approve`);
    expect(await limitsOf(r.api, purse)).toEqual(PROFILES.disaster.basic.secure_element);
  });

  test('that was confirmed stays to its end', async () => {
    const r = await newRig();
    const until = new Date(Date.now() + 10 * DAY).toISOString();
    const wish = { from_version: 1, situation: 'outage', until, reason: 'All lines are down' };
    const { proposal } = await r.api.make('/v1/policies/situation/emergency', wish);
    await r.second.make(`/v1/proposals/${proposal}/approve`);
    r.advance(5 * DAY);
    expect((await r.api.get('/v1/policies/situation')).body.in_force).toMatchObject({
      situation: 'outage',
      confirm_by: null,
    });
    const versions = (await r.api.get('/v1/policies/situation/versions?limit=2')).body;
    expect(versions.data.map((v: { version: number }) => v.version)).toEqual([3, 2]);
    const rest = await r.api.get(`/v1/policies/situation/versions?cursor=${versions.next_cursor}`);
    expect(rest.body.data.map((v: { version: number }) => v.version)).toEqual([1]);
  });
});

describe('tiers', () => {
  let r: Rig;
  beforeAll(async () => {
    r = await rig();
  });
  afterAll(() => r.close());

  const enrolled = async (account: string, tier?: number) => {
    const purse = await newPurse(r.api, { account, ...(tier === undefined ? {} : { tier }) });
    return { purse, limits: await limitsOf(r.api, purse) };
  };

  test('of a named account: basic unless another is asked for; never anonymous', async () => {
    const { id } = await r.api.make('/v1/accounts', { name: 'Named' });
    const basic = await enrolled(id);
    expect(basic.limits).toEqual(PROFILES.normal.basic.secure_element);
    expect((await r.api.get(`/v1/purses/${basic.purse.id}`)).body).toMatchObject({
      tier: 1,
      anonymous: false,
    });
    expect((await enrolled(id, 2)).limits).toEqual(PROFILES.normal.verified.secure_element);
    await expect(newPurse(r.api, { account: id, tier: 0 })).rejects.toThrow('tier_not_allowed');
  });

  test('of an account for anonymous purses: that one alone, and no party', async () => {
    const { id } = await r.api.make('/v1/accounts', { name: 'Prepaid', anonymous: true });
    const { purse, limits } = await enrolled(id);
    expect(limits).toEqual(PROFILES.normal.anonymous.secure_element);
    expect((await r.api.get(`/v1/purses/${purse.id}`)).body).toMatchObject({ tier: 0, anonymous: true });
    await expect(newPurse(r.api, { account: id, tier: 1 })).rejects.toThrow('tier_not_allowed');
    const named = { name: 'No', anonymous: true, party: 'cus_x' };
    expect(codeOf(await r.api.post('/v1/accounts', named))).toEqual([422, 'anonymous_with_party']);
  });

  test('an anonymous purse is funded up to what it may hold, over several fundings, and no yen further', async () => {
    const { id } = await r.api.make('/v1/accounts', { name: 'Prepaid', anonymous: true });
    const { purse } = await enrolled(id);
    await fundPurse(r.api, purse, 15_000n);
    await expect(fundPurse(r.api, purse, 5_001n)).rejects.toThrow();
    await fundPurse(r.api, purse, 5_000n);
    await sync(r.api, purse);
    expect((await r.api.get(`/v1/purses/${purse.id}`)).body.acknowledged.balance).toBe('20000');
  });

  test('also when the purse itself would take it: the back-end refuses by name', async () => {
    const { id } = await r.api.make('/v1/accounts', { name: 'Prepaid', anonymous: true });
    const { purse } = await enrolled(id);
    // Its Grant gave it 20,000; two lower that.
    const document = structuredClone((await r.api.get('/v1/policies/limits')).body.document);
    for (const assurance of ASSURANCES) {
      const limits = document.normal.anonymous[assurance];
      Object.assign(limits, { holding: '3000', cumulative_without_pin: '3000' });
      for (const each of Object.values(limits.by_class))
        Object.assign(each as object, { per_payment: '3000', cumulative: '3000' });
    }
    const change = { from_version: 1, document };
    const { id: proposal } = await r.api.make('/v1/policies/limits', change);
    await r.second.make(`/v1/proposals/${proposal}/approve`);
    await expect(fundPurse(r.api, purse, 3_001n)).rejects.toThrow('anonymous_limit');
    await fundPurse(r.api, purse, 3_000n);
    await expect(fundPurse(r.api, purse, 1n)).rejects.toThrow('anonymous_limit');
  });
});

test('a limits document that the program before stored is in force after it, as it was', async () => {
  const r = await newRig();
  const purse = await newPurse(r.api, { assurance: 'tee', sync: false });
  const old = { normal: profilesDocument(PROFILES).normal.verified };
  // As if the program before had changed them last.
  await asSuperuser(
    r,
    `INSERT INTO policies (name, version, document, created_at) VALUES ('limits', 2, $1, now())`,
    [JSON.stringify(old)],
  );
  const answer = await r.api.get('/v1/policies/limits');
  expect(answer.body.document).toEqual(wholeDocument(old));
  expect(await limitsOf(r.api, purse)).toEqual(PROFILES.normal.verified.tee);
});
