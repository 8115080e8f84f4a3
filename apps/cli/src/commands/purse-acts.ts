/**
 * What an issuer does with purses of its customers, which need not be at hand: shown and listed as the back-end sees them, blocked,
 * given another tier, renewed, given their PIN tries back.
 *
 * What must hold: nothing here touches a card; what an act orders reaches the purse with its next sync, and that is said.
 */
import { hex, parseAmount } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import type { HttpApi } from '../api/http-api.ts';
import { all } from '../api/lists.ts';
import { findPlace, personalisedPlace } from '../data/places.ts';
import { type Args, type Command, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { money } from './common.ts';

const PURSE = { name: 'purse', says: 'pur_..., or the name of a card or phone in the data folder' } as const;
const EXAMPLE = 'pur_00112233445566aa';
const MOST_TIER = 255;

async function purseOf(context: Context, args: Args): Promise<string> {
  const given = args.text('purse');
  if (/^pur_[0-9a-f]{16}$/.test(given)) return given;
  if (given.startsWith('pur_'))
    throw new UsageError(`"${given}" is no purse: pur_ and 16 digits of 0 to 9 and a to f are expected.`);
  return `pur_${hex((await personalisedPlace(await findPlace(context, given))).purse)}`;
}

const day = (time: unknown): string => String(time).slice(0, 10);
const yen = (value: unknown): string => money(parseAmount(read.text(value, 'amount')));

function facts(p: read.Json): string[] {
  const proven = read.object(p.acknowledged, 'acknowledged');
  const synced = proven.at === null ? 'it has not synced yet' : `last sync ${day(proven.at)}`;
  const blocks = read.list(p.blocks, 'blocks').map((item) => read.object(item, 'blocks[]'));
  const others = [
    ...(p.replaces === null ? [] : [`came in the place of ${p.replaces}`]),
    ...(p.replaced_by === null ? [] : [`${p.replaced_by} came in its place`]),
    ...(p.retired_at === null ? [] : [`retired ${day(p.retired_at)}`]),
    ...(p.waits_for_holder === true ? ['waits for its holder'] : []),
  ];
  return [
    `${p.id}: ${p.state}; tier ${p.tier}, ${String(p.assurance).replaceAll('_', ' ')}, valid to ${p.expires}`,
    `  ${synced}; it proved ${yen(proven.balance)}, and can hold ${yen(p.shadow_balance)} by what others have synced`,
    ...blocks.map((b) => `  blocked by ${b.by}: ${b.reason}${b.cause === null ? '' : `, ${b.cause}`}`),
    ...others.map((says) => `  ${says}`),
    ...triesLine(p.pin_tries),
  ];
}

const TRIES: Readonly<Record<string, string>> = {
  waiting: 'its next sync brings them',
  carried: 'its last Grant brings them; the sync after proves it',
};

function triesLine(value: unknown): string[] {
  if (value === null) return [];
  const { state, asked_at, given_at } = read.object(value, 'pin_tries');
  const fate = state === 'given' ? `it had them by ${day(given_at)}` : TRIES[String(state)];
  return [`  PIN tries to be given back since ${day(asked_at)}: ${fate}`];
}

export const purseShow: Command = {
  name: 'purse show',
  says: 'one purse as the back-end sees it: state, blocks, what it proved',
  positionals: [PURSE],
  examples: [`sokkin purse show ${EXAMPLE}`, 'sokkin purse show alice'],
  async run(context, args) {
    const json = await context.api().get(`/v1/purses/${await purseOf(context, args)}`);
    return { json, lines: facts(json) };
  },
};

export const purseLimits: Command = {
  name: 'purse limits',
  says: 'what a purse may do until its next sync, what that brings, and until when',
  positionals: [PURSE],
  examples: [`sokkin purse limits ${EXAMPLE}`],
  async run(context, args) {
    const json = await context.api().get(`/v1/purses/${await purseOf(context, args)}/limits`);
    const now = read.object(json.situation, 'situation');
    const has = read.object(json.in_purse, 'in_purse');
    const until = now.until === null ? '' : `, until ${day(now.until)}`;
    const since =
      has.synced_at === null ? 'it has not synced yet' : `as of its sync of ${day(has.synced_at)}`;
    return {
      json,
      lines: [
        `Tier ${json.tier}, ${String(json.assurance).replaceAll('_', ' ')}; the situation is ${now.situation} since ${day(now.since)}${until}.`,
        `It goes by these limits, ${since}:`,
        ...limitLines(has.limits),
        ...(json.changes === true
          ? ['Its next sync brings:', ...limitLines(json.next_sync)]
          : ['Its next sync brings the same.']),
        ...(json.after === null ? [] : [`A sync after ${day(now.until)} brings:`, ...limitLines(json.after)]),
      ],
    };
  },
};

function limitLines(value: unknown): string[] {
  const limits = read.object(value, 'limits');
  const rows = Object.entries(read.object(limits.by_class, 'by_class')).map(([kind, item]) => {
    const row = read.object(item, 'by_class');
    return `  to a ${kind.replaceAll('_', ' ')}: ${yen(row.per_payment)} at once, ${yen(row.cumulative)} in all`;
  });
  return [
    `  holds ${yen(limits.holding)}; ${limits.count} payments between two syncs`,
    `  without PIN: ${yen(limits.per_payment_without_pin)} at once, ${yen(limits.cumulative_without_pin)} in all`,
    ...rows,
  ];
}

/** Flags, and what the API calls them. */
const FILTERS = {
  state: { value: 'STATE', says: 'personalised, active, blocked, expired, replaced or retired' },
  tier: { value: 'N', says: 'of their limits' },
  assurance: { value: 'KIND', says: 'secure_element, tee or software' },
  'expires-before': { value: 'DAY', says: 'the last day of its certificate lies before: 2031-01-01' },
  'synced-before': { value: 'TIME', says: 'it never synced, or last before: 2026-11-01T00:00:00Z' },
} as const;

export const purseList: Command = {
  name: 'purse list',
  says: 'the purses that the back-end knows, oldest first',
  flags: FILTERS,
  examples: [
    'sokkin purse list',
    'sokkin purse list --state blocked',
    'sokkin purse list --expires-before 2031-01-01',
  ],
  async run(context, args) {
    const query = new URLSearchParams();
    for (const flag of Object.keys(FILTERS)) {
      const value = args.maybe(flag);
      if (value !== undefined) query.set(flag.replaceAll('-', '_'), value);
    }
    const purses = await all(context.api(), '/v1/purses', query);
    const line = (p: read.Json) => {
      const proven = read.object(p.acknowledged, 'acknowledged');
      const at = proven.at === null ? 'never synced' : day(proven.at);
      return `${p.id}  ${String(p.state).padEnd(12)} tier ${p.tier}  ${String(p.assurance).padEnd(14)} ${at.padEnd(12)} ${yen(proven.balance).padStart(12)}`;
    };
    return {
      json: { purses },
      lines: purses.length === 0 ? ['There are no such purses.'] : purses.map(line),
    };
  },
};

type Say = (purse: read.Json) => string;

/** An act of one POST, whose answer is the purse after it. */
const act = (name: string, verb: string, says: string, done: Say): Command => ({
  name: `purse ${name}`,
  says,
  positionals: [PURSE],
  examples: [`sokkin purse ${name} ${EXAMPLE}`, `sokkin purse ${name} alice`],
  async run(context, args) {
    const json = await post(context.api(), await purseOf(context, args), verb, {});
    return { json, lines: [done(json), ...facts(json)] };
  },
});
const post = (api: HttpApi, purse: string, verb: string, body: object): Promise<read.Json> =>
  api.post(`/v1/purses/${purse}/${verb}`, body, crypto.randomUUID());

export const purseBlock = act(
  'block',
  'block',
  'block a purse: it learns so at its next sync, all others at theirs',
  () => 'It is blocked: it learns so at its next sync, all others at theirs.',
);
export const purseUnblock = act('unblock', 'unblock', "lift the issuer's own block of a purse", (p) =>
  p.blocked === true
    ? 'Your block is lifted. Others still block it.'
    : 'It is not blocked any more: its next sync brings it back.',
);
export const purseResetPin = act(
  'reset-pin',
  'reset-pin-tries',
  'give the PIN of a purse its tries back: its next sync brings them',
  () => 'Its next sync brings the PIN tries. The PIN stays as it is.',
);

export const purseTier: Command = {
  name: 'purse tier',
  says: 'give a purse another tier of limits: a larger one takes a second person',
  positionals: [PURSE, { name: 'tier', says: '0 to 255' }],
  examples: [`sokkin purse tier ${EXAMPLE} 2`],
  async run(context, args) {
    const text = args.text('tier');
    const tier = Number(text);
    if (!/^\d{1,3}$/.test(text) || tier > MOST_TIER)
      throw new UsageError(`A tier is a number from 0 to ${MOST_TIER}, not "${text}".`);
    const json = await post(context.api(), await purseOf(context, args), 'tier', { tier });
    const line =
      json.proposal === null
        ? `Tier ${json.tier}: its next sync brings the limits of it.`
        : `It keeps tier ${json.tier} until somebody else agrees: sokkin proposal approve ${json.proposal}`;
    return { json, lines: [line] };
  },
};

export const purseRenew: Command = {
  name: 'purse renew',
  says: 'order the card that comes in the place of a purse, before it expires or after',
  positionals: [PURSE],
  flags: {
    profile: { value: 'PROFILE', says: 'of the payment application: white-label (default) or another' },
    held: { says: 'the holder activates it: sokkin card activate' },
  },
  examples: [`sokkin purse renew ${EXAMPLE}`],
  async run(context, args) {
    const profile = args.maybe('profile');
    const json = await post(context.api(), await purseOf(context, args), 'renew', {
      activation: args.has('held') ? 'by_holder' : 'at_once',
      ...(profile === undefined ? {} : { profile }),
    });
    return {
      json,
      lines: [
        `Ordered: ${json.id}. Make it: sokkin card batch --order ${json.id} --prefix new- --pin 1234`,
        `Handed over: sokkin order deliver ${json.id}. From then on the old one is replaced.`,
      ],
    };
  },
};

export const purseCommands: readonly Command[] = [
  purseList,
  purseShow,
  purseLimits,
  purseBlock,
  purseUnblock,
  purseResetPin,
  purseTier,
  purseRenew,
];
