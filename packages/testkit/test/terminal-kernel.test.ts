/** The product's terminal with our own cards, of every profile: over the air, with the bank at the other end. */
import { hex } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import {
  type ApduTransport,
  type ContactlessOutcome,
  cardLost,
  formatTornLog,
  openApprovals,
  readTornLog,
  select,
  summary,
} from '@sokkin/terminal';
import { LARGE_LIMITS, type LivingPaymentCard, makePaymentCard, payWithEmv } from '@sokkin/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { grant } from '../src/payment-card/birth.ts';
import {
  configWith,
  expectOutcome,
  PROFILES,
  ports,
  profileNamed,
  type TerminalUnderTest,
  terminalWith,
} from './kernel-scene.ts';

const BALANCE = 200_000n;
const GENERATE_AC = 0xae;
const RECOVER_AC = 0xd0;

async function balanceOf({ card }: LivingPaymentCard): Promise<bigint> {
  const transport = await card.tap();
  await select(transport);
  const found = await summary(transport);
  if (found.status !== 'ok') throw new Error('The purse tells no summary');
  return found.value.balance;
}

/** How the card behaves at one exchange: it never sees the command, or its answer is lost. */
function losing(inner: ApduTransport, at: number, when: 'before' | 'after'): ApduTransport {
  let exchange = -1;
  let lost = false;
  return {
    extended: inner.extended,
    async transmit(command) {
      exchange += 1;
      if (lost) throw cardLost();
      if (exchange !== at) return inner.transmit(command);
      lost = true;
      if (when === 'after') await inner.transmit(command);
      throw cardLost();
    },
  };
}

/** The commands that it sent, without what the tracer says of them in brackets. */
const titles = ({ exchanges }: TerminalUnderTest): string[] =>
  exchanges.map(({ title }) => title.replace(/[:(].*/, '').trim());
const record = (outcome: ContactlessOutcome, tag: number): string =>
  hex(outcome.dataRecord?.get(tag) ?? new Uint8Array(0));

describe.each(PROFILES)('%s', (name) => {
  const profile = profileNamed(name);
  let holder = true;
  let living: LivingPaymentCard;
  beforeAll(async () => {
    const emv = { ...ports, holder: { isVerified: () => holder } };
    living = await makePaymentCard(nodeCrypto(), emv, profile, BALANCE);
  });

  const terminal = (change?: Parameters<typeof configWith>[1]) =>
    terminalWith(configWith([living.bank.issuer.ca], change));
  const isGenuine = ({ dataRecord }: ContactlessOutcome): string =>
    living.bank.judge(dataRecord ?? new Map()).verdict;
  /** A Grant brings the counters of the purse back, and the bank those of the card. */
  const refresh = async (): Promise<void> => {
    await grant(await living.card.tap(), living.world, {});
    const { bank, card } = living;
    const met = { amount: 1n, request: 'arqc', online: bank.line().online } as const;
    expect(await payWithEmv(await card.tap(), bank.terminal(), met)).toMatchObject({ ended: 'approved' });
  };

  test('approves offline with CDA, and the purse is debited once', async () => {
    const before = await balanceOf(living);
    const t = terminal();
    const end = expectOutcome(await t.pay(await living.card.tap(), { amount: 1200n }), 'approved');
    expect(end.discretionary).toMatchObject({
      reason: 'approved_offline',
      authentication: 'cda: authentic',
      tvr: [],
      recovered: false,
    });
    expect(end).toMatchObject({ start: 'none', cvm: 'noCvm', receipt: true });
    expect(await balanceOf(living)).toBe(before - 1200n);
    expect(isGenuine(end)).toBe('genuine');
    expect(record(end, 0x9f27)).toBe('40');
    expect(t.shown.map((u) => u.message)).toEqual(['presentCard', 'processing', 'approved']);
    expect(await t.log.load()).toEqual([]);
    expect(titles(t)).toContain('first GENERATE AC');
  });

  test('asks the issuer above the floor limit: an ARQC with all that DE 55 needs, and no debit', async () => {
    const before = await balanceOf(living);
    const end = expectOutcome(
      await terminal().pay(await living.card.tap(), { amount: 31_000n }),
      'onlineRequest',
    );
    expect(end.discretionary.tvr).toContain('overFloorLimit');
    expect(isGenuine(end)).toBe('genuine');
    expect(record(end, 0x9f27)).toBe('80');
    for (const tag of [
      0x9f26, 0x9f27, 0x9f10, 0x9f37, 0x9f36, 0x95, 0x9a, 0x9c, 0x9f02, 0x5f2a, 0x82, 0x9f1a,
    ])
      expect(end.dataRecord?.has(tag), tag.toString(16)).toBe(true);
    for (const tag of [0x9f03, 0x9f33, 0x9f34, 0x9f35, 0x9f1e, 0x84, 0x9f09, 0x5f34])
      expect(end.dataRecord?.has(tag), tag.toString(16)).toBe(true);
    expect(end.cvm).toBe(name === 'phone' ? 'onDevice' : 'onlinePin');
    expect(end.uiRequestOnOutcome.message).toBe(name === 'phone' ? 'authorising' : 'enterPin');
    expect(await balanceOf(living)).toBe(before);
  });

  test('declines above the floor limit without a network, and takes no card above the contactless limit', async () => {
    const before = await balanceOf(living);
    const end = await terminal().pay(await living.card.tap(), { amount: 31_000n, hasNetwork: false });
    expectOutcome(end, 'declined');
    expect([record(end, 0x9f27), record(end, 0x9f35)]).toEqual(['00', '23']);
    const over = expectOutcome(
      await terminal().pay(await living.card.tap(), { amount: 100_000n }),
      'tryAnotherInterface',
    );
    expect(over.discretionary.reason).toBe('not_allowed_contactless');
    expect(await balanceOf(living)).toBe(before);
  });

  test('more than the purse holds: the card wants its issuer, and without a network declines', async () => {
    const emptied = terminal((f) => {
      for (const c of f.combinations) c.limits = {};
    });
    const more = (await balanceOf(living)) + 1n;
    const asked = await emptied.pay(await living.card.tap(), { amount: more });
    expectOutcome(asked, 'onlineRequest');
    const alone = await emptied.pay(await living.card.tap(), { amount: more, hasNetwork: false });
    expectOutcome(alone, 'declined');
  });

  test('torn at every exchange, before and after it: never two debits, and the right answer afterwards', async () => {
    const t = terminal();
    for (let at = 0; ; at++) {
      let lost = 0;
      for (const when of ['before', 'after'] as const) {
        await refresh();
        const before = await balanceOf(living);
        const request = { id: `${name} ${at} ${when}`, amount: 500n };
        const first = await t.pay(losing(await living.card.tap(), at, when), request);
        if (first.outcome === 'tryAgain') {
          lost += 1;
          expect(first).toMatchObject({ start: 'B', discretionary: { reason: 'card_lost' } });
          expect(first.uiRequestOnRestart?.message).toBe('presentAgain');
          const isDebited = (await balanceOf(living)) === before - 500n;
          const again = expectOutcome(await t.pay(await living.card.tap(), request), 'approved');
          expect(again.discretionary.recovered).toBe(isDebited);
          expect(isGenuine(again)).toBe('genuine');
        } else expectOutcome(first, 'approved');
        expect(await balanceOf(living), `exchange ${at} ${when}`).toBe(before - 500n);
        expect(await t.log.load()).toEqual([]);
      }
      if (lost === 0) {
        // Directory, application, options, records, cryptogram
        expect(at).toBeGreaterThan(5);
        return;
      }
    }
  });

  test('a sale that was torn and given up is found at the next sale of this card, and both are answered', async () => {
    await refresh();
    const before = await balanceOf(living);
    const t = terminal();
    const card = await living.card.tap();
    const torn: ApduTransport = {
      extended: card.extended,
      async transmit(command) {
        const answer = await card.transmit(command);
        if (command[1] === GENERATE_AC) throw cardLost();
        return answer;
      },
    };
    expectOutcome(await t.pay(torn, { id: 'given up', amount: 700n }), 'tryAgain');
    const kept = await t.log.load();
    expect(kept).toHaveLength(1);
    // As after a reload in the middle: the log comes back from text
    expect(readTornLog(formatTornLog(kept))).toEqual(kept);
    await t.log.save(readTornLog(formatTornLog(kept)));
    const next = expectOutcome(
      await t.pay(await living.card.tap(), { id: 'next', amount: 300n }),
      'approved',
    );
    expect(next.discretionary.recovered).toBe(false);
    const other = next.discretionary.recoveredOther;
    expect(other).toMatchObject({ id: 'given up', approved: true });
    expect(hex(other?.dataRecord.get(0x9f02) ?? new Uint8Array(0))).toBe('000000000700');
    expect(living.bank.judge(other?.dataRecord ?? new Map()).verdict).toBe('genuine');
    expect(t.recorded.map((r) => r.kind)).toEqual(['outcome', 'recovered', 'outcome']);
    expect(await balanceOf(living)).toBe(before - 1000n);
    expect(await t.log.load()).toEqual([]);
  });

  test('switched off before an approval was written down: the next tap brings it again, and debits nothing', async () => {
    await refresh();
    const before = await balanceOf(living);
    const t = terminal();
    const request = { id: 'switched off', amount: 400n };
    t.crash();
    await expect(t.pay(await living.card.tap(), request)).rejects.toThrow('switched off');
    expect([await balanceOf(living), t.recorded.length]).toEqual([before - 400n, 0]);
    const again = expectOutcome(await t.pay(await living.card.tap(), request), 'approved');
    expect(again.discretionary.recovered).toBe(true);
    expect(t.recorded).toEqual([{ kind: 'outcome', id: 'switched off', outcome: again }]);
    expect([await balanceOf(living), await t.log.load()]).toEqual([before - 400n, []]);
  });

  test('an approval that could not be read is asked for again', async () => {
    await refresh();
    const before = await balanceOf(living);
    const t = terminal();
    const card = await living.card.tap();
    const garbling: ApduTransport = {
      extended: card.extended,
      async transmit(command) {
        const answer = await card.transmit(command);
        return command[1] === GENERATE_AC ? answer.subarray(0, 1) : answer;
      },
    };
    const request = { id: 'garbled', amount: 150n };
    expectOutcome(await t.pay(garbling, request), 'tryAgain');
    const again = expectOutcome(await t.pay(await living.card.tap(), request), 'approved');
    expect(again.discretionary.recovered).toBe(true);
    expect(await balanceOf(living)).toBe(before - 150n);
  });

  test('lost over RECOVER AC, too: asked again, and settled', async () => {
    await refresh();
    const before = await balanceOf(living);
    const t = terminal();
    const cutAt = async (ins: number): Promise<ApduTransport> => {
      const card = await living.card.tap();
      return {
        extended: card.extended,
        async transmit(command) {
          const answer = await card.transmit(command);
          if (command[1] === ins) throw cardLost();
          return answer;
        },
      };
    };
    const request = { id: 'thrice', amount: 250n };
    expectOutcome(await t.pay(await cutAt(GENERATE_AC), request), 'tryAgain');
    expectOutcome(await t.pay(await cutAt(RECOVER_AC), request), 'tryAgain');
    const end = expectOutcome(await t.pay(await living.card.tap(), request), 'approved');
    expect(end.discretionary).toMatchObject({ reason: 'recovered', recovered: true });
    expect(await balanceOf(living)).toBe(before - 250n);
    const approvals = await openApprovals(await purse(living));
    expect(approvals.status).toBe('ok');
  });

  test('a torn sale that is too old is not asked for any more', async () => {
    await refresh();
    const t = terminal();
    const card = await living.card.tap();
    const torn: ApduTransport = {
      extended: card.extended,
      async transmit(command) {
        if (command[1] === GENERATE_AC) throw cardLost();
        return card.transmit(command);
      },
    };
    expectOutcome(await t.pay(torn, { id: 'old' }), 'tryAgain');
    t.later(3601);
    expectOutcome(await t.pay(await living.card.tap(), { id: 'old' }), 'approved');
    expect(titles(t)).not.toContain('RECOVER AC');
  });

  if (name !== 'phone') return;

  test('a phone whose holder is not there asks for its issuer above its limits', async () => {
    await refresh();
    holder = false;
    const limits = { ...LARGE_LIMITS, perPaymentWithoutPin: 1000n };
    await grant(await living.card.tap(), living.world, { limits });
    const end = await terminal().pay(await living.card.tap(), { amount: 2000n });
    expectOutcome(end, 'onlineRequest');
    holder = true;
    expectOutcome(await terminal().pay(await living.card.tap(), { amount: 2000n }), 'approved');
  });

  test('from the CVM limit on the device verifies its holder', async () => {
    await refresh();
    const end = expectOutcome(await terminal().pay(await living.card.tap(), { amount: 12_000n }), 'approved');
    expect([end.cvm, record(end, 0x9f34)]).toEqual(['onDevice', '010002']);
  });
});

const purse = async ({ card }: LivingPaymentCard): Promise<ApduTransport> => {
  const transport = await card.tap();
  await select(transport);
  return transport;
};
