/**
 * Orders for payment cards, which reach them with the answer to their next question (docs/acceptance.md, 5).
 *
 * What must hold: a PIN is read from a file or from standard input, never from an argument, which others on the machine see.
 */
import { hex } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import { all } from '../api/lists.ts';
import { findPlace, serialOf } from '../data/places.ts';
import { type Args, type Command, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { textOf } from './files.ts';

const CARD = {
  name: 'card',
  says: 'a card of this folder, its serial number, or lnk_... of a linked one',
} as const;
const SCRIPT = 'scr_00112233445566778899aabb';
const PLAIN = ['block_application', 'unblock_application', 'block_card', 'unblock_pin'];

/** Where the orders of this card are. */
async function pathOf(context: Context, card: string): Promise<string> {
  if (/^lnk_[0-9a-z_]{1,40}$/.test(card)) return `/v1/links/${card}/scripts`;
  if (/^[0-9a-f]{20}$/.test(card)) return `/v1/cards/${card}/scripts`;
  const serial = await serialOf(await findPlace(context, card));
  if (serial === undefined)
    throw new UsageError(`${card} has no serial number: the back-end did not make it.`);
  return `/v1/cards/${hex(serial)}/scripts`;
}

function line(item: unknown): string {
  const s = read.object(item, 'script');
  const when = s.ended_at ?? s.sent_at ?? s.created_at;
  return `${String(s.id)}  ${String(s.action).padEnd(19)} ${String(s.state).padEnd(9)} ${String(when).slice(0, 16)}`;
}

async function orderOf(args: Args): Promise<object> {
  const action = args.text('action').replaceAll('-', '_');
  const [pin, data] = [args.maybe('pin-file'), args.maybe('set')];
  if ((pin !== undefined) !== (action === 'change_pin'))
    throw new UsageError('change-pin takes --pin-file, and nothing else does.');
  if ((data !== undefined) !== (action === 'put_data'))
    throw new UsageError('put-data takes --set TAG=VALUE, and nothing else does.');
  if (pin !== undefined) return { action, pin: await pinIn(pin) };
  if (data !== undefined) return { action, ...dataIn(data) };
  if (PLAIN.includes(action)) return { action };
  const known = [...PLAIN, 'change_pin', 'put_data'].join(', ').replaceAll('_', '-');
  throw new UsageError(`"${args.text('action')}" is no order. Known: ${known}.`);
}

async function pinIn(path: string): Promise<string> {
  const pin = (await textOf(path)).trim();
  // What is in the file is not repeated.
  if (!/^\d{4,12}$/.test(pin))
    throw new UsageError('--pin-file: 4 to 12 digits are expected, and nothing else.');
  return pin;
}

function dataIn(text: string): { readonly tag: string; readonly value: string } {
  const [, tag, value] = /^([0-9a-f]{4})=((?:[0-9a-f]{2}){1,16})$/i.exec(text) ?? [];
  if (tag === undefined || value === undefined)
    throw new UsageError('--set is TAG=VALUE in hexadecimal, like 9f14=09.');
  return { tag: tag.toLowerCase(), value: value.toLowerCase() };
}

const scriptOrder: Command = {
  name: 'script order',
  says: 'order a payment card to be blocked, to take another PIN or other limits, when it next asks online',
  positionals: [
    CARD,
    {
      name: 'action',
      says: 'block-application, unblock-application, block-card, unblock-pin, change-pin, put-data',
    },
  ],
  flags: {
    'pin-file': { value: 'FILE', says: 'the new PIN, for change-pin; - is standard input' },
    set: { value: 'TAG=VALUE', says: 'in hexadecimal, for put-data: 9f14 and 9f23 are offline limits' },
  },
  examples: ['sokkin script order alice unblock-pin', 'sokkin script order alice put-data --set 9f14=09'],
  async run(context, args) {
    const body = await orderOf(args);
    const path = await pathOf(context, args.text('card'));
    const json = await context.api().post(path, body, crypto.randomUUID());
    return { json, lines: [line(json)] };
  },
};

const scriptList: Command = {
  name: 'script list',
  says: 'orders for a payment card, and what became of them',
  positionals: [CARD],
  examples: ['sokkin script list alice'],
  async run(context, args) {
    const scripts = await all(context.api(), await pathOf(context, args.text('card')));
    const lines = scripts.map(line);
    return { json: { scripts }, lines: lines.length === 0 ? ['There is no order for this card.'] : lines };
  },
};

const scriptWithdraw: Command = {
  name: 'script withdraw',
  says: 'take back an order that no answer has carried yet',
  positionals: [{ name: 'script', says: 'scr_...' }],
  examples: [`sokkin script withdraw ${SCRIPT}`],
  async run(context, args) {
    const id = encodeURIComponent(args.text('script'));
    const json = await context.api().post(`/v1/scripts/${id}/withdraw`, {});
    return { json, lines: [line(json)] };
  },
};

export const scriptCommands: readonly Command[] = [scriptOrder, scriptList, scriptWithdraw];
