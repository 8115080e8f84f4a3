/** Orders of cards, and `card batch`, which makes what was ordered. */

import { hex } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import type { AssuranceName } from '@sokkin/terminal';
import type { HttpApi } from '../api/http-api.ts';
import { all } from '../api/lists.ts';
import { findPlace, listPlaces, type Place, serialOf } from '../data/places.ts';
import { pinTrust } from '../data/trust.ts';
import { persoBatch } from '../flows/batch.ts';
import type { PersoOrder } from '../flows/perso.ts';
import { type Answer, type Command, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { showProgress } from '../io/progress.ts';
import { stopSignal } from '../io/stop.ts';
import { answerOf, DIGITS, MOST_JOBS, numberOf, USUAL_JOBS } from './batch.ts';
import { ACCOUNT, accountFor, PIN, pinOf } from './common.ts';

const ORDER = { name: 'order', says: 'the id of the order: ord_...' } as const;
const MOST = 1000;
const MOST_TIER = 255;

const lineOf = (o: read.Json): string => {
  const counts = Object.entries(read.object(o.counts, 'counts'))
    .filter(([, n]) => n !== 0)
    .map(([state, n]) => `${n} ${state.replaceAll('_', ' ')}`);
  return `${read.text(o.id, 'id')}: ${counts.join(', ')} (${o.profile}).`;
};

export const orderCreate: Command = {
  name: 'order create',
  says: 'order cards for an account',
  flags: {
    count: { value: 'N', says: 'how many (1)' },
    account: ACCOUNT,
    profile: { value: 'PROFILE', says: 'of the payment application: white-label (default) or another' },
    tier: { value: 'N', says: 'of their limits (the lowest that the account has)' },
    held: { says: 'the holder activates each: sokkin card activate' },
  },
  examples: ['sokkin order create --count 100 --account "Pilot"'],
  async run(context, args) {
    const api = context.api();
    const account = await accountFor(api, args.maybe('account'));
    const count = numberOf(args, 'count', MOST) ?? 1;
    const tier = args.maybe('tier') === '0' ? 0 : numberOf(args, 'tier', MOST_TIER);
    const profile = args.maybe('profile');
    const body = {
      activation: args.has('held') ? 'by_holder' : 'at_once',
      items: [{ account: account.id, ...(tier === undefined ? {} : { tier }), count }],
      ...(profile === undefined ? {} : { profile }),
    };
    const order = await api.post('/v1/card-orders', body, crypto.randomUUID());
    return {
      json: order,
      lines: [lineOf(order), `Make them: sokkin card batch --order ${order.id} --pin 1234`],
    };
  },
};

export const orderList: Command = {
  name: 'order list',
  says: 'orders of cards, and how far they are',
  examples: ['sokkin order list'],
  async run(context) {
    const orders = await all(context.api(), '/v1/card-orders');
    return { json: { orders }, lines: orders.length === 0 ? ['There are no orders.'] : orders.map(lineOf) };
  },
};

export const orderShow: Command = {
  name: 'order show',
  says: 'one order, and what became of each of its cards',
  positionals: [ORDER],
  examples: ['sokkin order show ord_0123'],
  async run(context, args) {
    const { order, items } = await orderWith(context.api(), args.text('order'));
    return {
      json: { ...order, items },
      lines: [
        lineOf(order),
        ...items.map((i) =>
          `  ${String(i.item).padStart(4)}  ${i.state}  ${i.serial ?? ''}  ${i.purse ?? ''}  ${i.says ?? ''}`.trimEnd(),
        ),
      ],
    };
  },
};

export const orderDeliver: Command = {
  name: 'order deliver',
  says: 'the cards of an order that are made were handed over; what they replace is over',
  positionals: [ORDER],
  examples: ['sokkin order deliver ord_0123'],
  async run(context, args) {
    const path = `/v1/card-orders/${encodeURIComponent(args.text('order'))}/delivery`;
    const order = await context.api().post(path, {}, crypto.randomUUID());
    return { json: order, lines: [lineOf(order)] };
  },
};

async function orderWith(api: HttpApi, id: string) {
  const path = `/v1/card-orders/${encodeURIComponent(id)}`;
  return { order: await api.get(path), items: await all(api, `${path}/items`) };
}

export const cardBatch: Command = {
  name: 'card batch',
  says: 'make and personalise the cards of an order; run again, it goes on',
  flags: {
    order: { value: 'ORDER', says: 'ord_...', required: true },
    prefix: { value: 'TEXT', says: "how the names of the cards begin (the order's id)" },
    pin: PIN,
    jobs: { value: 'N', says: `how many at a time (${USUAL_JOBS})` },
  },
  examples: ['sokkin card batch --order ord_0123 --prefix pilot- --pin 1234'],
  async run(context, args) {
    const api = context.api();
    const id = args.text('order');
    const prefix = args.maybe('prefix') ?? `${id}-`;
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,33}$/.test(prefix))
      throw new UsageError(`--prefix is up to 34 letters, digits, - and _, not "${prefix}".`);
    const pin = await pinOf(context, args);
    const jobs = numberOf(args, 'jobs', MOST_JOBS) ?? USUAL_JOBS;
    return make(context, api, await wantedOf(context, api, { id, prefix, pin }), jobs);
  },
};

interface Wanted {
  readonly orders: ReadonlyMap<string, PersoOrder>;
  /** Items that were cancelled, or made elsewhere. */
  readonly elsewhere: number;
}

/** Which items are still to be made here: those that nobody has begun, and those whose card is in this folder. */
async function wantedOf(
  context: Context,
  api: HttpApi,
  { id, prefix, pin }: { readonly id: string; readonly prefix: string; readonly pin: string },
): Promise<Wanted> {
  const { order, items } = await orderWith(api, id);
  const root = await pinTrust(context, await api.pki());
  const here = new Set((await listPlaces(context, 'card')).map((place) => place.name));
  const orders = new Map<string, PersoOrder>();
  let elsewhere = 0;
  for (const row of items) {
    const item = read.number(row.item, 'item');
    const name = `${prefix}${String(item).padStart(DIGITS, '0')}`;
    const isMine = here.has(name) && (await isItsChip(context, name, row.serial));
    if (row.state === 'cancelled' || (row.serial !== null && !isMine)) {
      elsewhere += 1;
      continue;
    }
    orders.set(name, {
      account: read.text(row.account, 'account'),
      tier: read.number(row.tier, 'tier'),
      assurance: assuranceOf(order.assurance),
      profile: read.text(order.profile, 'profile'),
      wanted: { order: id, item },
      pin,
      root,
    });
  }
  return { orders, elsewhere };
}

async function isItsChip(context: Context, name: string, serial: unknown): Promise<boolean> {
  const place: Place = await findPlace(context, name, 'card');
  const chip = await serialOf(place);
  return chip !== undefined && (serial === null || hex(chip) === serial);
}

function assuranceOf(value: unknown): AssuranceName {
  if (value === 'secure_element' || value === 'tee' || value === 'software') return value;
  throw read.wrong('assurance', 'assurance');
}

async function make(
  context: Context,
  api: HttpApi,
  { orders, elsewhere }: Wanted,
  jobs: number,
): Promise<Answer> {
  const names = [...orders.keys()];
  const stop = stopSignal();
  const progress = showProgress(context, names.length, 'cards');
  const orderOf = (name: string): PersoOrder => {
    const order = orders.get(name);
    if (order === undefined) throw new Error(`Bug: the card ${name} was not ordered`);
    return order;
  };
  const batch = { names, isMaking: true, orderOf, jobs, isStopped: stop.isAsked, onCard: progress.step };
  const totals = await persoBatch(context, api, batch);
  progress.end();
  const answer = answerOf(totals, names.length);
  if (elsewhere === 0) return answer;
  const more = `${elsewhere} items were cancelled, or are on chips that are not in this folder.`;
  return { ...answer, json: { ...Object(answer.json), elsewhere }, lines: [...answer.lines, more] };
}
