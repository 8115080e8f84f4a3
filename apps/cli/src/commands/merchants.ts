/** Merchants of an acquirer, and what shops asked of accounts. */
import * as read from '@sokkin/sdk/json';
import { all } from '../api/lists.ts';
import { type Command, UsageError } from '../io/command.ts';
import { accountFor, money } from './common.ts';

const MERCHANT = { name: 'merchant', says: 'mch_...' } as const;
const ID = 'mch_00112233445566778899aabb';
const PAYMENT = 'pmt_00112233445566778899aabb';

const yen = (value: unknown): string => money(BigInt(read.text(value, 'amount')));
const path = (kind: string, id: string, verb = ''): string => `/v1/${kind}/${encodeURIComponent(id)}${verb}`;

const merchantLine = (m: read.Json): string =>
  `${String(m.id)}  ${String(m.acceptor).padEnd(15)} ${String(m.category)}  ${String(m.state).padEnd(7)} ${String(m.name)}, paid to ${String(m.account)}`;

function paymentLine(p: read.Json): string {
  const parts = [
    ...(p.held === '0' ? [] : [`${yen(p.held)} held`]),
    ...(p.refunded === '0' ? [] : [`${yen(p.refunded)} given back`]),
  ];
  const more = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
  return `${String(p.created_at).slice(0, 16)}  ${String(p.id)}  ${yen(p.approved)} ${String(p.state)}${more}`;
}

const merchantAdd: Command = {
  name: 'merchant add',
  says: 'add a merchant: what its terminals are paid comes to its account',
  positionals: [
    { name: 'code', says: 'what its terminals send in field 42' },
    { name: 'name', says: 'for people' },
    { name: 'category', says: 'merchant category code, four digits' },
    { name: 'account', says: 'id or name of an account of yours' },
  ],
  flags: {
    reserve: { value: 'ACCOUNT', says: 'pays back what that account cannot' },
    partial: { says: 'its terminals understand that a part of the amount was approved' },
  },
  examples: ['sokkin merchant add SHOP1 Bakery 5462 Shop'],
  async run(context, args) {
    const category = args.text('category');
    if (!/^\d{4}$/.test(category)) throw new UsageError(`"${category}" is no category: four digits.`);
    const api = context.api();
    const reserve = args.maybe('reserve');
    const json = await api.post(
      '/v1/merchants',
      {
        ...{ acceptor: args.text('code'), name: args.text('name'), category },
        account: (await accountFor(api, args.text('account'))).id,
        ...(reserve === undefined ? {} : { reserve: (await accountFor(api, reserve)).id }),
        takes_partial: args.has('partial'),
      },
      crypto.randomUUID(),
    );
    return { json, lines: [merchantLine(json)] };
  },
};

const merchantList: Command = {
  name: 'merchant list',
  says: 'merchants that you may see',
  examples: ['sokkin merchant list'],
  async run(context) {
    const merchants = await all(context.api(), '/v1/merchants');
    const lines = merchants.map(merchantLine);
    return { json: { merchants }, lines: lines.length === 0 ? ['There is no merchant.'] : lines };
  },
};

const setState = (order: 'block' | 'unblock', says: string): Command => ({
  name: `merchant ${order}`,
  says,
  positionals: [MERCHANT],
  examples: [`sokkin merchant ${order} ${ID}`],
  async run(context, args) {
    const json = await context.api().post(path('merchants', args.text('merchant'), `/${order}`), {});
    return { json, lines: [merchantLine(json)] };
  },
});

const paymentList: Command = {
  name: 'payment list',
  says: 'what shops asked of an account, or what a merchant was promised and paid; the newest first',
  positionals: [{ name: 'of', says: 'id or name of an account, or mch_...' }],
  examples: ['sokkin payment list Alice', `sokkin payment list ${ID}`],
  async run(context, args) {
    const api = context.api();
    const of = args.text('of');
    const list = of.startsWith('mch_')
      ? path('merchants', of, '/payments')
      : path('accounts', (await accountFor(api, of)).id, '/payments');
    const payments = await all(api, list);
    const lines = payments.map(paymentLine);
    return { json: { payments }, lines: lines.length === 0 ? ['There is no payment.'] : lines };
  },
};

const paymentShow: Command = {
  name: 'payment show',
  says: 'one payment: at which terminal, with which code, and what became of it',
  positionals: [{ name: 'payment', says: 'pmt_...' }],
  examples: [`sokkin payment show ${PAYMENT}`],
  async run(context, args) {
    const json = await context.api().get(path('payments', args.text('payment')));
    return {
      json,
      lines: [
        paymentLine(json),
        `  ${yen(json.amount)} asked for, ${yen(json.captured)} taken from ${String(json.account)} for ${String(json.merchant)}`,
        `  terminal ${String(json.terminal)}, trace ${String(json.trace)}, reference ${String(json.reference ?? 'none')}, approval ${String(json.approval_code)}`,
      ],
    };
  },
};

const paymentRelease: Command = {
  name: 'payment release',
  says: 'let go what is held for a payment',
  positionals: [{ name: 'payment', says: 'pmt_...' }],
  examples: [`sokkin payment release ${PAYMENT}`],
  async run(context, args) {
    const id = args.text('payment');
    const json = await context.api().post(path('payments', id, '/release'), {}, crypto.randomUUID());
    return { json, lines: [paymentLine(json)] };
  },
};

export const merchantCommands: readonly Command[] = [
  merchantAdd,
  merchantList,
  setState('block', 'pay a merchant nothing new; it still gives back'),
  setState('unblock', 'let a merchant be paid again'),
  paymentList,
  paymentShow,
  paymentRelease,
];
