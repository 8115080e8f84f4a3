/**
 * Whole taps that were recorded (`frozen/kernel-*.json`), played back without the card: the terminal sends the same bytes
 * and comes to the same outcome. A recording is never made anew: `SOKKIN_FREEZE=NAME` writes one for the cards of today, once.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, hex } from '@sokkin/codec';
import type { CaPublicKey } from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import {
  type ApduTransport,
  type ContactlessOutcome,
  cardLost,
  contactlessTerminal,
  memoryTornLog,
} from '@sokkin/terminal';
import {
  type ApduPair,
  formatScript,
  makePaymentCard,
  parseScript,
  recording,
  replaying,
} from '@sokkin/testkit';
import { describe, expect, test } from 'vitest';
import { configWith, PROFILES, ports, profileNamed, TODAY } from './kernel-scene.ts';

const FOLDER = join(import.meta.dirname, 'frozen');

interface Tap {
  readonly id: string;
  readonly amount: string;
  readonly hasNetwork: boolean;
  /** Six bytes of chance. */
  readonly chance: string;
  /** In the text form of `formatScript`. */
  readonly script: string;
  readonly outcome: Shown;
}
interface Recording {
  readonly profile: string;
  readonly ca: {
    readonly rid: string;
    readonly index: number;
    readonly modulus: string;
    readonly exponent: string;
  };
  readonly taps: readonly Tap[];
}
interface Shown {
  readonly outcome: string;
  readonly reason: string;
  readonly message: number;
  readonly cvm: string;
  readonly recovered: boolean;
  readonly record: Readonly<Record<string, string>>;
}

const shown = ({
  outcome,
  discretionary,
  uiRequestOnOutcome,
  cvm,
  dataRecord,
}: ContactlessOutcome): Shown => ({
  outcome,
  reason: discretionary.reason,
  message: uiRequestOnOutcome.messageId,
  cvm,
  recovered: discretionary.recovered,
  record: Object.fromEntries([...(dataRecord ?? [])].map(([tag, value]) => [tag.toString(16), hex(value)])),
});

/** One terminal through all taps of a recording, on what `field` gives for each. */
async function through(
  ca: CaPublicKey,
  taps: readonly Omit<Tap, 'script' | 'outcome'>[],
  field: (index: number) => Promise<ApduTransport>,
): Promise<Shown[]> {
  let chance = '';
  const terminal = contactlessTerminal(configWith([ca]), {
    rsa: ports.rsa,
    randomBytes: () => fromHex(chance),
    clock: () => ({ date: '261122', time: '093000', today: TODAY, seconds: 0 }),
    torn: memoryTornLog(),
  });
  const outcomes: Shown[] = [];
  for (const [i, tap] of taps.entries()) {
    chance = tap.chance;
    const begun = terminal.begin({ id: tap.id, amount: BigInt(tap.amount), hasNetwork: tap.hasNetwork });
    if (begun.status === 'ended') throw new Error('This sale needs no card');
    outcomes.push(shown(await begun.payment.tap(await field(i))));
  }
  return outcomes;
}

/** Offline; above the floor limit, with and without a network; a lost answer, and the tap after it. */
const PLAN: readonly (Omit<Tap, 'script' | 'outcome'> & { readonly isLost?: boolean })[] = [
  { id: 'offline', amount: '1200', hasNetwork: true, chance: 'a1b2c3d00062' },
  { id: 'online', amount: '31000', hasNetwork: true, chance: 'a1b2c3d10062' },
  { id: 'alone', amount: '31000', hasNetwork: false, chance: 'a1b2c3d20062' },
  { id: 'torn', amount: '500', hasNetwork: true, chance: 'a1b2c3d30062', isLost: true },
  { id: 'torn', amount: '500', hasNetwork: true, chance: 'a1b2c3d40062' },
];

const losing = (inner: ApduTransport): ApduTransport => ({
  extended: inner.extended,
  async transmit(command) {
    const answer = await inner.transmit(command);
    if (command[1] === 0xae) throw cardLost();
    return answer;
  },
});

async function freeze(name: string): Promise<Recording> {
  const { card, bank } = await makePaymentCard(nodeCrypto(), ports, profileNamed(name), 100_000n);
  const scripts: ApduPair[][] = PLAN.map(() => []);
  const outcomes = await through(bank.issuer.ca, PLAN, async (i) => {
    const tap = await card.tap();
    return recording(PLAN[i]?.isLost === true ? losing(tap) : tap, scripts[i] ?? []);
  });
  const { rid, index, modulus, exponent } = bank.issuer.ca;
  return {
    profile: name,
    ca: { rid: hex(rid), index, modulus: hex(modulus), exponent: hex(exponent) },
    taps: PLAN.flatMap(({ isLost: _, ...tap }, i) => {
      const outcome = outcomes[i];
      return outcome === undefined ? [] : [{ ...tap, script: formatScript(scripts[i] ?? []), outcome }];
    }),
  };
}

const frozenAs = process.env.SOKKIN_FREEZE;
if (frozenAs !== undefined)
  test('freezes recordings of today', async () => {
    const recordings: Recording[] = [];
    for (const name of PROFILES) recordings.push(await freeze(name));
    writeFileSync(join(FOLDER, `${frozenAs}.json`), `${JSON.stringify(recordings, null, 1)}\n`, {
      flag: 'wx',
    });
  });

const files = readdirSync(FOLDER).filter((f) => f.startsWith('kernel-'));

describe.each(files)('%s', (file) => {
  const recordings: readonly Recording[] = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));

  test.each(recordings.map((r) => [r.profile, r] as const))('%s', async (_, { ca, taps }) => {
    const key = {
      rid: fromHex(ca.rid),
      index: ca.index,
      modulus: fromHex(ca.modulus),
      exponent: fromHex(ca.exponent),
    };
    const replays = taps.map((t) => replaying(parseScript(t.script)));
    const outcomes = await through(key, taps, async (i) => {
      const replay = replays[i];
      if (replay === undefined) throw new Error('There is no such tap');
      return replay;
    });
    for (const replay of replays) replay.finish();
    expect(outcomes).toEqual(taps.map((t) => t.outcome));
    const expected = ['approved', 'onlineRequest', 'declined', 'tryAgain', 'approved'];
    expect(outcomes.map((o) => o.outcome)).toEqual(expected);
    expect(outcomes.map((o) => o.recovered)).toEqual([false, false, false, false, true]);
  });
});
