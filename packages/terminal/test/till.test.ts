/** A till against an acquirer that may be silent, slow or refuse: what it holds as paid is what the acquirer holds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  amountOf,
  encodeIso,
  formatMti,
  fromHex,
  type IsoMessage,
  isRepeat,
  readIsoProfile,
  respondIso,
  textOf,
} from '@sokkin/codec';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EMPTY_TILL, givenBack, netOf, type ReadCard, Till, type TillState, totalsOf } from '../src/index.ts';

const profile = readIsoProfile(
  readFileSync(join(import.meta.dirname, '../../codec/profiles/iso8583-1987-bcd.json'), 'utf8'),
);
const shop = { terminal: 'TERM0001', merchant: 'SHOP', category: '5411', currency: '392' };
let atc = 0;
function card(): ReadCard {
  atc += 1;
  const count = atc.toString(16).padStart(4, '0');
  const data = {
    '5a': '9999120000000000',
    '5f24': '311231',
    '5f34': '01',
    ...{ 82: '3900', 95: '0000008000', '9a': '261123', '9c': '00', '5f2a': '0392', '9f02': '000000001200' },
    ...{ '9f10': '0fa501', '9f1a': '0392', '9f26': `f64cb513a893${count}`, '9f27': '80', '9f36': count },
    '9f37': 'a1b2c3d4',
  };
  const tags = Object.entries(data).map(([tag, v]) => [Number.parseInt(tag, 16), fromHex(v)] as const);
  return { entry: 'contactlessChip', data: new Map(tags) };
}
const sale = (amount: bigint) => ({ card: card(), amount, holder: 'none' as const });

type Behaviour = 'answer' | 'silent before' | 'silent after' | 'declines';

/** Pays whom it knows, once for each key; takes back what it is told to. */
function acquirer() {
  const paid = new Map<string, bigint>();
  const gone = new Set<string>();
  const seen: string[] = [];
  let next: Behaviour[] = [];
  const ask = async (asked: IsoMessage): Promise<IsoMessage | undefined> => {
    const behaviour = next.shift() ?? 'answer';
    // Whatever is asked is a message of the dialect
    encodeIso(profile, asked);
    if (behaviour === 'silent before') return undefined;
    // What it took once it does not refuse when it is said again
    const isNew = asked.mti.class === 'financial' && !paid.has(textOf(asked, 11) ?? '');
    const code = behaviour === 'declines' && isNew ? '51' : apply(asked);
    return behaviour === 'silent after' ? undefined : respondIso(profile, asked, { 39: code, 38: 'APPR01' });
  };
  function apply(asked: IsoMessage): string {
    seen.push(formatMti(asked.mti));
    const stan = textOf(asked, 11) ?? '';
    const original = textOf(asked, 90)?.slice(4, 10) ?? '';
    if (asked.mti.class === 'reconciliation') return '00';
    if (asked.mti.class === 'reversal') {
      const left = BigInt(textOf(asked, 95)?.slice(0, 12) ?? '0');
      const before = paid.get(original);
      if (before === undefined) gone.add(original);
      else paid.set(original, before < 0n ? -left : left);
      return '00';
    }
    if (asked.mti.class === 'financial' && !gone.has(stan)) {
      const sign = textOf(asked, 3) === '200000' ? -1n : 1n;
      paid.set(stan, sign * (amountOf(asked, 4) ?? 0n));
    }
    return '00';
  }
  return {
    ask,
    seen,
    plan: (behaviours: Behaviour[]) => {
      next = behaviours;
    },
    net: () => [...paid.values()].reduce((a, b) => a + b, 0n),
  };
}

function till(ask: (message: IsoMessage) => Promise<IsoMessage | undefined>, from: TillState = EMPTY_TILL) {
  const saved: TillState[] = [from];
  const ports = {
    ask,
    save: async (state: TillState) => void saved.push(state),
    now: () => ({ local: '261123093000', transmitted: '1123003000' }),
  };
  return { till: new Till({ profile, shop }, ports, from), saved };
}

test('approved, declined, held and captured, refunded, taken back in part; the day closes to the yen', async () => {
  const host = acquirer();
  const { till: t } = till(host.ask);
  const paid = await t.sell('pay', sale(1200n));
  expect(paid).toMatchObject({ standing: 'approved', stands: 1200n, approvalCode: 'APPR01' });
  expect(paid.message.fields.has(55)).toBe(false);
  host.plan(['declines']);
  expect(await t.sell('pay', sale(99n))).toMatchObject({ standing: 'declined', stands: 0n, code: '51' });
  const held = await t.sell('hold', sale(500n));
  expect(await t.capture(held.reference, 300n)).toMatchObject({ standing: 'sent', stands: 300n });
  await expect(t.capture(held.reference, 100n)).rejects.toThrow('Nothing is held');
  await t.refund(paid.reference, 50n);
  expect(await t.cancel(paid.reference, 1000n)).toMatchObject({ standing: 'approved', stands: 1000n });
  await expect(t.cancel(paid.reference, 1000n)).rejects.toThrow('can be left');
  const closed = await t.close();
  expect(closed?.isBalanced).toBe(true);
  expect(closed && netOf(closed.totals)).toBe(1000n + 300n - 50n);
  expect(host.net()).toBe(1000n + 300n - 50n);
  expect(t.state.entries).toEqual([]);
});

test('no answer: taken back at once, said again as a repeat, and nothing else is asked before', async () => {
  const host = acquirer();
  const { till: t } = till(host.ask);
  host.plan(['silent after', 'silent after', 'answer']);
  const lost = await t.sell('pay', sale(700n));
  expect(lost).toMatchObject({ standing: 'reversing', stands: 0n });
  expect(host.net()).toBe(0n);
  const next = await t.sell('pay', sale(5n));
  expect(next.standing).toBe('approved');
  expect(host.seen).toEqual(['0200', '0400', '0401', '0200']);
  host.plan(['silent before', 'silent before', 'silent before']);
  await t.sell('pay', sale(1n));
  await expect(t.sell('pay', sale(2n))).rejects.toMatchObject({ code: 'line_down' });
});

test('a refund without an answer is said again until it is answered, and given once', async () => {
  const host = acquirer();
  const { till: t } = till(host.ask);
  const paid = await t.sell('pay', sale(700n));
  host.plan(['silent after', 'silent after']);
  const owed = await t.refund(paid.reference, 200n);
  expect(owed.standing).toBe('queued');
  expect(await t.upload()).toBe(0);
  expect(host.seen).toEqual(['0200', '0200', '0201', '0201']);
  expect(host.net()).toBe(500n);
  expect(netOf(totalsOf(t.state))).toBe(500n);
  await expect(t.cancel(owed.reference)).rejects.toThrow('take a new payment');
});

test('what was given back is not given twice, and is not taken back with its payment', async () => {
  const host = acquirer();
  const { till: t } = till(host.ask);
  const paid = await t.sell('pay', sale(1000n));
  await t.refund(paid.reference, 300n);
  await expect(t.refund(paid.reference, 701n)).rejects.toThrow('give back 1 to 700');
  await expect(t.cancel(paid.reference)).rejects.toThrow(
    'of which 300 were given back, 300 to 999 can be left',
  );
  expect(await t.cancel(paid.reference, 400n)).toMatchObject({ standing: 'approved', stands: 400n });
  // Without an answer it may have been given: nobody gives it again
  host.plan(['silent after', 'silent before']);
  expect((await t.refund(paid.reference, 100n)).standing).toBe('queued');
  await expect(t.refund(paid.reference, 1n)).rejects.toThrow('All that was paid');
  await expect(t.cancel(paid.reference, 399n)).rejects.toThrow('was given back already');
  expect(await t.upload()).toBe(0);
  expect(host.net()).toBe(0n);
  expect(netOf(totalsOf(t.state))).toBe(0n);
});

test('an offline approval is one payment however often its tap is brought, and waits for the line', async () => {
  const host = acquirer();
  const { till: t } = till(host.ask);
  const tapped = sale(300n);
  const first = await t.offline(tapped);
  expect((await t.offline(tapped)).reference).toBe(first.reference);
  host.plan(['silent before']);
  expect(await t.upload()).toBe(1);
  expect(t.state.entries[0]?.message.fields.has(55)).toBe(true);
  expect(await t.upload()).toBe(0);
  expect(t.state.entries[0]?.message.fields.has(55)).toBe(false);
  expect(host.net()).toBe(300n);
});

const BEHAVIOURS: readonly Behaviour[] = ['answer', 'silent before', 'silent after', 'declines'];

test('whatever is lost, and wherever it is switched off: once the line is back, both sides hold the same', async () => {
  const act = fc.record({
    what: fc.constantFrom('pay', 'refund', 'offline', 'cancel'),
    amount: fc.bigInt(1n, 5000n),
    behaviours: fc.array(fc.constantFrom(...BEHAVIOURS), { maxLength: 4 }),
    /** How many of the states that were saved in it survive; beyond: all. */
    survives: fc.option(fc.nat(4), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
      const host = acquirer();
      let now = till(host.ask);
      for (const { what, amount, behaviours, survives } of acts) {
        host.plan([...behaviours]);
        const before = now.saved.length;
        // Switched off: what was asked after the last state that survived was never asked
        let asked = 0;
        const limit = survives === undefined ? Number.POSITIVE_INFINITY : before + survives;
        now = cutAfter(now.saved.at(-1) ?? EMPTY_TILL, limit - before, host.ask, () => asked++);
        await doOne(now.till, what, amount).catch((error: unknown) => {
          if (!(error instanceof Error) || !/not answer|switched off|left/i.test(error.message)) throw error;
        });
      }
      host.plan([]);
      const last = till(host.ask, now.saved.at(-1));
      expect(await last.till.upload()).toBe(0);
      expect(netOf(totalsOf(last.till.state))).toBe(host.net());
    }),
    { numRuns: 150 },
  );
});

/** A till that is switched off when it would save once more than `saves`. */
function cutAfter(
  from: TillState,
  saves: number,
  ask: (message: IsoMessage) => Promise<IsoMessage | undefined>,
  onAsk: () => void,
) {
  const saved: TillState[] = [from];
  const off = () => {
    if (saved.length > saves) throw new Error('switched off');
  };
  const ports = {
    ask: async (message: IsoMessage) => {
      off();
      onAsk();
      return ask(message);
    },
    save: async (state: TillState) => {
      off();
      saved.push(state);
    },
    now: () => ({ local: '261123093000', transmitted: '1123003000' }),
  };
  return { till: new Till({ profile, shop }, ports, from), saved };
}

async function doOne(t: Till, what: string, amount: bigint): Promise<void> {
  if (what === 'pay') await t.sell('pay', sale(amount));
  else if (what === 'refund') {
    const paid = t.state.entries.find((e) => e.kind === 'pay' && e.stands > 0n && e.standing === 'approved');
    const most = paid === undefined ? 0n : paid.stands - givenBack(t.state, paid.reference);
    if (paid !== undefined && most > 0n) await t.refund(paid.reference, amount < most ? amount : most);
  } else if (what === 'offline') await t.offline(sale(amount));
  else {
    const entry = t.state.entries.find(
      (e) => e.kind !== 'refund' && e.standing === 'approved' && e.stands > 0n,
    );
    if (entry === undefined) return;
    const [half, given] = [entry.stands / 2n, givenBack(t.state, entry.reference)];
    if (given < entry.stands) await t.cancel(entry.reference, half > given ? half : given);
  }
}

test('a repeat is marked as one in what is kept, too', async () => {
  const host = acquirer();
  const { till: t, saved } = till(host.ask);
  host.plan(['silent before', 'silent before']);
  await t.sell('pay', sale(10n));
  const undo = saved.at(-1)?.entries[0]?.undo;
  expect(undo?.wasSent).toBe(true);
  expect(undo && isRepeat(undo.message.mti)).toBe(false);
});
