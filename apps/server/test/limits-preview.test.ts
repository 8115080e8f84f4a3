/** What other limits would have refused, held against journals that real cards made. */
import { type ASSURANCES, LimitsPreview, limitsFor, PROFILES, type PurseHistory } from '@sokkin/issuer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { previewLimits } from '../src/operations/limits-preview.ts';
import { type Api, fundPurse, newPurse, payOffline, type Rig, redeem, rig, sync } from './kit.ts';

describe('one journal', () => {
  const proposed = structuredClone(PROFILES.normal);
  Object.assign(proposed.basic, {
    tee: {
      ...limitsFor('tee'),
      count: 3,
      holding: 900n,
      perPaymentWithoutPin: 100n,
      cumulativeWithoutPin: 150n,
      byClass: [
        { perPayment: 500n, cumulative: 600n },
        { perPayment: 400n, cumulative: 400n },
        { perPayment: 10n, cumulative: 10n },
      ],
    },
  });
  const found = (periods: PurseHistory['periods']) => {
    const preview = new LimitsPreview(PROFILES.normal, proposed);
    preview.add({ tier: 'basic', assurance: 'tee', periods });
    const [figures] = preview.figures();
    if (figures === undefined) throw new Error('nothing was added');
    return figures;
  };
  const paid = (amount: bigint, to: (typeof ASSURANCES)[number] = 'secure_element') =>
    ({ kind: 'paid', amount, to }) as const;
  const credited = (amount: bigint) => ({ kind: 'credited', amount }) as const;

  test('each payment is refused by the limit that the purse would have named, and uses up nothing then', () => {
    const { proposed: refused, inForce } = found([
      {
        balance: 0n,
        events: [
          credited(900n),
          paid(501n),
          paid(500n),
          paid(101n),
          paid(11n, 'software'),
          paid(400n, 'tee'),
          paid(50n),
          paid(1n),
          // To the issuer.
          { kind: 'paid', amount: 7_000n, to: undefined },
        ],
      },
      { balance: 890n, events: [paid(50n), credited(60n), credited(1n)] },
    ]);
    expect(refused).toEqual({
      per_payment: { payments: 2, purses: 1, value: 512n },
      cumulative: { payments: 1, purses: 1, value: 101n },
      count: { payments: 1, purses: 1, value: 1n },
      holding: { payments: 1, purses: 1, value: 1n },
      pin_needed: { payments: 2, purses: 1, value: 900n },
    });
    for (const each of Object.values(inForce)) expect(each.payments).toBe(0);
  });
});

describe('over the API', () => {
  let r: Rig;
  let document: Record<string, Record<string, Record<string, object>>>;
  beforeAll(async () => {
    r = await rig();
    const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
    await fundPurse(r.api, a, 20_000n);
    await payOffline(a, b, 3_000n);
    await payOffline(a, b, 4_000n);
    await sync(r.api, a);
    await payOffline(a, b, 2_500n);
    await redeem(r.api, a, 9_000n);
    await sync(r.api, b);
    await sync(r.api, a);
    document = (await r.api.get('/v1/policies/limits')).body.document;
  }, 300_000);
  afterAll(() => r.close());

  /** One payment up to `most`, for everybody. */
  const lower = (most: string) => {
    const changed = structuredClone(document);
    for (const tiers of Object.values(changed))
      for (const tier of Object.values(tiers))
        for (const limits of Object.values(tier) as { by_class: Record<string, object> }[])
          for (const each of Object.values(limits.by_class)) Object.assign(each, { per_payment: most });
    return changed;
  };
  const preview = async (api: Api, body: object) =>
    (await api.post('/v1/policies/limits/preview', body)).body;

  test('counts payments between purses; what goes to the issuer is beyond all limits', async () => {
    const found = await preview(r.api, { document: lower('2999') });
    expect(found).toMatchObject({ situation: 'normal', purses: 2, is_whole: true });
    expect(found.classes).toHaveLength(1);
    const [basic] = found.classes;
    expect(basic).toMatchObject({
      ...{ tier: 'basic', assurance: 'secure_element', purses: 2, payments: 3, value: '9500' },
      in_force: { per_payment: { payments: 0, purses: 0, value: '0' } },
      proposed: { per_payment: { payments: 2, purses: 1, value: '7000' } },
    });
    // The same twice, and nothing has changed.
    const again = await preview(r.api, { document: lower('2999') });
    expect(again.classes).toEqual(found.classes);
    expect((await r.api.get('/v1/policies/limits')).body.version).toBe(1);
  });

  test('is refused for a document that could not be proposed', async () => {
    const wrong = structuredClone(document);
    Object.assign(wrong.normal?.anonymous?.tee ?? {}, { count: 30_000 });
    expect((await preview(r.api, { document: wrong })).code).toBe('policy_invalid');
  });

  test('says when it looked at a sample only, and never at a part of a purse', async () => {
    const { backend } = r.server;
    const whole = lower('2999') as Parameters<typeof previewLimits>[1];
    const one = await previewLimits(backend, whole, undefined, { purses: 1, payments: 1_000 });
    expect(one).toMatchObject({ purses: 1, isWhole: false });
    const none = await previewLimits(backend, whole, undefined, { purses: 10, payments: 2 });
    expect(none).toMatchObject({ purses: 0, isWhole: false, classes: [] });
  });

  test('looks at the last 30 days, by the syncs that proved them', async () => {
    r.advance(31 * 86_400_000);
    expect(await preview(r.api, { document })).toMatchObject({ purses: 0, classes: [] });
  });
});
