/**
 * Activating, replacing and retiring the card that is at hand.
 *
 * What must hold: a card is ended only after its money has left it; wherever the tap or the network is lost, the same
 * command goes on.
 */
import { hex } from '@sokkin/codec';
import { classOf } from '@sokkin/purse';
import { limits, select, summary } from '@sokkin/terminal';
import type { HttpApi } from '../api/http-api.ts';
import { findPlace, type Place, personalisedPlace } from '../data/places.ts';
import { payFlow } from '../flows/direct.ts';
import { syncFlow } from '../flows/online.ts';
import { refuse, withTap } from '../flows/tap.ts';
import type { Command } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { maybePin, money, PIN } from './common.ts';

const CARD = { name: 'name', says: 'the card or phone' } as const;

const purseOf = async (place: Place): Promise<string> => `pur_${hex((await personalisedPlace(place)).purse)}`;
const sync = (context: Context, api: HttpApi, place: Place) =>
  syncFlow(context, api, { place, phone: undefined });

export const cardActivate: Command = {
  name: 'card activate',
  says: 'activate a card that waits for its holder',
  positionals: [CARD],
  examples: ['sokkin card activate alice'],
  async run(context, args) {
    const place = await findPlace(context, args.text('name'));
    const api = context.api();
    const purse = await purseOf(place);
    await api.post(`/v1/purses/${purse}/activate`, {});
    await sync(context, api, place);
    return { json: { purse, lifecycle: 'active' }, lines: [`${place.name} is active.`] };
  },
};

export const cardRetire: Command = {
  name: 'card retire',
  says: 'end a card that is empty, for good',
  positionals: [CARD],
  examples: ['sokkin card retire alice'],
  async run(context, args) {
    const place = await findPlace(context, args.text('name'));
    const api = context.api();
    const purse = await purseOf(place);
    const before = await lookAt(context, place);
    if (before.lifecycle !== 'terminated') {
      await sync(context, api, place);
      if ((await api.purse(purse)).retired_at === null)
        await api.post(`/v1/purses/${purse}/retire`, {}, crypto.randomUUID());
      await sync(context, api, place);
    }
    return {
      json: { purse, retired: true },
      lines: [`${place.name} is retired, and takes and pays no more.`],
    };
  },
};

export const cardReplace: Command = {
  name: 'card replace',
  says: 'pay all that is on a card to the one that comes in its place, and end it',
  positionals: [
    { name: 'old', says: 'the card that is to end' },
    { name: 'new', says: 'the card of the same owner that comes in its place' },
  ],
  flags: { pin: PIN },
  examples: ['sokkin card replace alice alice2 --pin 1234'],
  async run(context, args) {
    const [old, next] = [
      await findPlace(context, args.text('old')),
      await findPlace(context, args.text('new')),
    ];
    const [was, is] = [await purseOf(old), await purseOf(next)];
    const api = context.api();
    const pin = maybePin(args);
    // What an earlier run left on the way is settled first.
    await sync(context, api, old);
    await sync(context, api, next);
    const moved = await moveAll(context, api, { old, next, pin });
    await api.post(`/v1/purses/${was}/replace`, { by: is }, crypto.randomUUID());
    await sync(context, api, old);
    return {
      json: { old: was, new: is, moved: moved.toString() },
      lines: [`${money(moved)} moved from ${old.name} to ${next.name}. ${old.name} has ended.`],
    };
  },
};

/** As many payments as the limits of the old card take; its syncs between them give the cumulative limits back. */
async function moveAll(
  context: Context,
  api: HttpApi,
  { old, next, pin }: { readonly old: Place; readonly next: Place; readonly pin: string | undefined },
): Promise<bigint> {
  const { payeeClass } = await lookAt(context, next);
  let moved = 0n;
  for (;;) {
    const { balance, perPayment } = await lookAt(context, old);
    if (balance === 0n) return moved;
    const most = payeeClass === undefined ? balance : (perPayment[payeeClass] ?? balance);
    // A limit of nothing is told by the card itself, with its figures.
    const amount = most > 0n && most < balance ? most : balance;
    moved += (await payFlow(context, { from: old, to: next, amount, pin })).amount;
    await sync(context, api, old);
    await sync(context, api, next);
  }
}

async function lookAt(context: Context, place: Place) {
  return withTap(context, place, {}, async (tapped) => {
    const selected = await select(tapped.transport);
    if (selected.status !== 'ok') return refuse(selected, tapped, { attempted: 'other' });
    const s = await summary(tapped.transport);
    if (s.status !== 'ok') return refuse(s, tapped, { attempted: 'other' });
    const l = await limits(tapped.transport);
    if (l.status !== 'ok') return refuse(l, tapped, { attempted: 'other' });
    const { certificate } = selected.value;
    return {
      lifecycle: s.value.lifecycle,
      balance: s.value.balance,
      payeeClass: certificate && classOf(certificate.assurance),
      perPayment: l.value.byClass.map((row) => row.perPayment),
    };
  });
}
