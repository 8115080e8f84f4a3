/**
 * Linked cards and tokens (docs/tokens.md).
 *
 * What must hold: a card number is read from a file or from standard input, never from an argument, which others on the machine see and a shell
 * remembers; it is shown by `tokens reveal` alone.
 */
import * as read from '@sokkin/sdk/json';
import { everything } from '../api/oversight.ts';
import { type Args, type Command, type Flag, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { ACCOUNT, accountFor, amountOf } from './common.ts';
import { textOf } from './files.ts';

const CARD: Flag = {
  value: 'FILE',
  says: 'a file with the number of the card and its last month, "4761739001010010 3012"; - is standard input',
};
const TOKEN = { name: 'token', says: 'tok_...' } as const;
const LINK = { name: 'link', says: 'lnk_...' } as const;
const EXAMPLE = 'tok_00112233445566778899aabb';
const LINK_EXAMPLE = 'lnk_00112233445566778899aabb';

interface CardNumber {
  readonly pan: string;
  readonly expiry: string;
}

async function cardIn(path: string): Promise<CardNumber> {
  const [, pan, expiry] =
    /^\s*([0-9]{12,19})\s+([0-9]{2}(?:0[1-9]|1[0-2]))\s*$/.exec(await textOf(path)) ?? [];
  // What is in the file is not repeated.
  if (pan === undefined || expiry === undefined)
    throw new UsageError('--card: one line is expected, 12 to 19 digits and then the last month as YYMM.');
  return { pan, expiry };
}

const named = (prefix: string, text: string): string => {
  if (/^[0-9a-z_]{1,40}$/.test(text.slice(prefix.length)) && text.startsWith(prefix)) return text;
  throw new UsageError(`"${text}" is no id ${prefix}...`);
};

function linkLine(item: unknown): string {
  const l = read.object(item, 'link');
  const card = l.card === null ? 'the account itself' : cardLine(read.object(l.card, 'card'));
  return `${String(l.id)}  ${String(l.status).padEnd(8)} ${card.padEnd(26)} ${String(l.account)}  ${String(l.reference)}`;
}
const cardLine = ({ last_four, expiry }: read.Json): string =>
  `card ****${String(last_four)}${expiry === null ? '' : ` until ${String(expiry)}`}`;

function statusOf(t: read.Json): string {
  const by = read.list(t.suspended_by, 'suspended_by');
  return by.length === 0 ? String(t.status) : `${String(t.status)} by ${by.join(', ')}`;
}
function tokenLine(item: unknown): string {
  const t = read.object(item, 'token');
  return `${String(t.id)}  ****${String(t.number).slice(-4)}  ${statusOf(t).padEnd(24)} ${String(t.requestor)}`;
}

function tokenFacts(json: read.Json): string[] {
  const domain = read.object(json.domain, 'domain');
  const used = read.object(json.used, 'used');
  const controls = Object.entries(domain).map(
    ([name, value]) => `  ${name.padEnd(16)} ${Array.isArray(value) ? value.join(', ') : String(value)}`,
  );
  return [
    `${String(json.id)}: ${String(json.number)}, ${statusOf(json)}`,
    `  requestor        ${String(json.requestor)}, assurance ${String(json.assurance)}`,
    `  reference        ${String(json.reference)}`,
    ...(json.account === null ? [] : [`  account          ${String(json.account)}, by ${String(json.link)}`]),
    ...controls,
    `  used             ${String(used.total)} in ${String(used.count)} payments`,
  ];
}

export const requestorAdd: Command = {
  name: 'tokens requestor',
  says: 'register who may have tokens made',
  positionals: [{ name: 'name', says: 'a wallet, a shop' }],
  flags: { institution: { value: 'INSTITUTION', says: 'whose it is: ins_...; left out: your own' } },
  examples: ['sokkin tokens requestor "Sakura Wallet"'],
  async run(context, args) {
    const institution = args.maybe('institution');
    const body = {
      name: args.text('name'),
      ...(institution === undefined ? {} : { institution: named('ins_', institution) }),
    };
    const json = await context.api().post('/v1/token-requestors', body, crypto.randomUUID());
    return { json, lines: [`${String(json.id)}: ${String(json.name)}, of ${String(json.institution)}`] };
  },
};

export const requestorList: Command = {
  name: 'tokens requestors',
  says: 'who may have tokens made, as far as you may see them',
  examples: ['sokkin tokens requestors'],
  async run(context) {
    const requestors = await everything(context.api(), '/v1/token-requestors?limit=100');
    const line = (q: read.Json): string =>
      `${String(q.id)}  ${String(q.status).padEnd(6)} ${String(q.institution)}  ${String(q.name)}`;
    return {
      json: { requestors },
      lines: requestors.length === 0 ? ['There are no token requestors.'] : requestors.map(line),
    };
  },
};

export const linkCommand: Command = {
  name: 'tokens link',
  says: 'link an account, or a payment card that its holder has already, so that tokens, or the card, pay from it',
  flags: { account: ACCOUNT, card: CARD },
  examples: ['sokkin tokens link --account Alice', 'sokkin tokens link --account Alice --card card.txt'],
  async run(context, args) {
    const file = args.maybe('card');
    const card = file === undefined ? {} : { card: await cardIn(file) };
    const { id: account } = await accountFor(context.api(), args.maybe('account'));
    const json = await context.api().post('/v1/links', { account, ...card }, crypto.randomUUID());
    return { json, lines: [linkLine(json)] };
  },
};

export const linksCommand: Command = {
  name: 'tokens links',
  says: 'linked accounts and cards',
  flags: { account: ACCOUNT },
  examples: ['sokkin tokens links', 'sokkin tokens links --account Alice'],
  async run(context, args) {
    const wanted = args.maybe('account');
    const of = wanted === undefined ? '' : `&account=${(await accountFor(context.api(), wanted)).id}`;
    const links = await everything(context.api(), `/v1/links?limit=100${of}`);
    return { json: { links }, lines: links.length === 0 ? ['Nothing is linked.'] : links.map(linkLine) };
  },
};

const linkOrder = (verb: 'block' | 'unblock' | 'remove', name: string, says: string): Command => ({
  name: `tokens ${name}`,
  says,
  positionals: [LINK],
  examples: [`sokkin tokens ${name} ${LINK_EXAMPLE}`],
  async run(context, args) {
    const path = `/v1/links/${named('lnk_', args.text('link'))}/${verb}`;
    const json = await context.api().post(path, {}, crypto.randomUUID());
    return { json, lines: [linkLine(json)] };
  },
});
const linkOrders = [
  linkOrder('block', 'block', 'let a linked card, and all tokens of it, pay nothing'),
  linkOrder('unblock', 'unblock', 'lift that block'),
  linkOrder('remove', 'unlink', 'remove a link for good: the card number is gone, and its tokens have ended'),
];

const listed = (text: string | undefined): string[] | undefined =>
  text?.split(',').map((part) => part.trim());
const amountText = (args: Args, flag: string): string | undefined => {
  const text = args.maybe(flag);
  return text === undefined ? undefined : amountOf(text).toString();
};

function domainOf(args: Args): object {
  const until = args.maybe('until') ?? '';
  if (!/^\d{4}-\d\d-\d\d$/.test(until) || Number.isNaN(Date.parse(until)))
    throw new UsageError('--until is missing, or no day: 2030-12-31, for example.');
  const count = args.maybe('count');
  if (count !== undefined && !/^[1-9]\d{0,8}$/.test(count))
    throw new UsageError('--count is a number from 1 on.');
  const domain = {
    merchants: listed(args.maybe('merchants')),
    devices: listed(args.maybe('devices')),
    entries: listed(args.maybe('entries')),
    most_amount: amountText(args, 'most'),
    most_total: amountText(args, 'total'),
    most_count: count === undefined ? undefined : Number(count),
    valid_until: `${until}T23:59:59Z`,
    needs_cryptogram: !args.has('without-cryptogram'),
  };
  return Object.fromEntries(Object.entries(domain).filter(([, value]) => value !== undefined));
}

export const tokenRequest: Command = {
  name: 'tokens request',
  says: 'have a token made that pays from a linked account or card within its domain',
  positionals: [{ name: 'requestor', says: 'trq_...' }],
  flags: {
    link: { value: 'LINK', says: 'lnk_..., of your own; or --card' },
    card: CARD,
    until: { value: 'DAY', says: 'its last day: 2030-12-31', required: true },
    most: { value: 'AMOUNT', says: 'most of one payment' },
    total: { value: 'AMOUNT', says: 'most of all payments together' },
    count: { value: 'N', says: 'how many payments' },
    merchants: { value: 'IDS', says: 'at these merchants alone, with commas between' },
    devices: { value: 'NAMES', says: 'from these devices alone, with commas between' },
    entries: { value: 'WAYS', says: 'read in these ways alone: contactless, contact, ecommerce, ...' },
    assurance: { value: 'N', says: 'how sure it is that the holder asked, 0 to 99' },
    'without-cryptogram': { says: 'it pays without a cryptogram of a chip, too' },
    activate: { says: 'it pays at once' },
  },
  examples: [
    `sokkin tokens request trq_99912345678 --link ${LINK_EXAMPLE} --until 2030-12-31 --most 5000 --activate`,
  ],
  async run(context, args) {
    const [link, file, assurance] = [args.maybe('link'), args.maybe('card'), args.maybe('assurance') ?? '0'];
    if ((link === undefined) === (file === undefined))
      throw new UsageError('Say --link, or --card, and not both.');
    if (!/^\d{1,2}$/.test(assurance)) throw new UsageError('--assurance is a number from 0 to 99.');
    const of = file === undefined ? { link: named('lnk_', link ?? '') } : { card: await cardIn(file) };
    const body = {
      requestor: named('trq_', args.text('requestor')),
      ...of,
      domain: domainOf(args),
      assurance: Number(assurance),
      activate: args.has('activate'),
    };
    const json = await context.api().post('/v1/tokens', body, crypto.randomUUID());
    return { json, lines: tokenFacts(json) };
  },
};

export const tokenList: Command = {
  name: 'tokens list',
  says: 'tokens of your accounts, and those that your requestors had made',
  flags: {
    account: ACCOUNT,
    link: { value: 'LINK', says: 'lnk_...' },
    requestor: { value: 'REQUESTOR', says: 'trq_...' },
  },
  examples: ['sokkin tokens list', 'sokkin tokens list --requestor trq_99912345678'],
  async run(context, args) {
    const tokens = await everything(context.api(), `/v1/tokens?limit=100${await filterOf(context, args)}`);
    return {
      json: { tokens },
      lines: tokens.length === 0 ? ['There are no tokens.'] : tokens.map(tokenLine),
    };
  },
};

async function filterOf(context: Context, args: Args): Promise<string> {
  const [account, link, requestor] = [args.maybe('account'), args.maybe('link'), args.maybe('requestor')];
  return [
    account === undefined ? '' : `&account=${(await accountFor(context.api(), account)).id}`,
    link === undefined ? '' : `&link=${named('lnk_', link)}`,
    requestor === undefined ? '' : `&requestor=${named('trq_', requestor)}`,
  ].join('');
}

export const tokenShow: Command = {
  name: 'tokens show',
  says: 'one token: its number, its domain, who suspends it, what is used up',
  positionals: [TOKEN],
  examples: [`sokkin tokens show ${EXAMPLE}`],
  async run(context, args) {
    const json = await context.api().get(`/v1/tokens/${named('tok_', args.text('token'))}`);
    return { json, lines: tokenFacts(json) };
  },
};

const ORDERS = {
  activate: 'let a token pay',
  suspend: 'suspend a token, as whoever you are to it: holder, requestor, issuer or provider',
  resume: 'lift your own suspension of a token',
  deactivate: 'end a token, for good',
} as const;

const tokenOrders = Object.entries(ORDERS).map(
  ([verb, says]): Command => ({
    name: `tokens ${verb}`,
    says,
    positionals: [TOKEN],
    examples: [`sokkin tokens ${verb} ${EXAMPLE}`],
    async run(context, args) {
      const path = `/v1/tokens/${named('tok_', args.text('token'))}/${verb}`;
      const json = await context.api().post(path, {}, crypto.randomUUID());
      return { json, lines: [`${String(json.id)}: ${statusOf(json)}`] };
    },
  }),
);

export const tokenReveal: Command = {
  name: 'tokens reveal',
  says: 'show the card number behind a token; the log of the back-end says that you saw it',
  positionals: [TOKEN],
  examples: [`sokkin tokens reveal ${EXAMPLE}`],
  async run(context, args) {
    const json = await context
      .api()
      .post(`/v1/tokens/${named('tok_', args.text('token'))}/detokenise`, {}, crypto.randomUUID());
    return { json, lines: [`${String(json.pan)}${json.expiry === null ? '' : ` ${String(json.expiry)}`}`] };
  },
};

export const tokenCommands: readonly Command[] = [
  requestorAdd,
  requestorList,
  linkCommand,
  linksCommand,
  ...linkOrders,
  tokenRequest,
  tokenList,
  tokenShow,
  ...tokenOrders,
  tokenReveal,
];
