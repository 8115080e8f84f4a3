/** Commands that speak with the back-end: accounts, issuing, funding, redeeming, syncing, audit. */
import { SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import { moveMoney } from '../api/oversight.ts';
import { beginAttempt } from '../data/attempts.ts';
import { findPlace } from '../data/places.ts';
import { refreshBlockList } from '../flows/block-list.ts';
import { fundFlow, redeemFlow, syncFlow } from '../flows/online.ts';
import type { TapCost } from '../flows/tap.ts';
import type { Answer, Command } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import {
  ACCOUNT,
  AMOUNT,
  accountFor,
  amountOf,
  costJson,
  costLines,
  maybePin,
  money,
  PIN,
  SHORT,
  TEARS,
  tearOf,
} from './common.ts';
import { auditHistory, auditTerm } from './ledger.ts';

const WHO = { name: 'name', says: 'card or phone' } as const;

export const accountCreate: Command = {
  name: 'account create',
  says: 'open an account in the CBDC ledger',
  positionals: [{ name: 'name', says: 'whose' }],
  flags: { party: { value: 'PARTY', says: 'the customer or merchant whose it is: cus_..., mer_...' } },
  examples: ['sokkin account create "Pilot"'],
  async run(context, args) {
    const account = await context.api().createAccount(args.text('name'), args.maybe('party'));
    return { json: account.raw, lines: [`Account ${account.name}: ${account.id}`] };
  },
};

export const accountList: Command = {
  name: 'account list',
  says: 'the accounts of the ledger',
  examples: ['sokkin account list'],
  async run(context) {
    const accounts = await context.api().accounts();
    const lines = accounts.map((a) => {
      const balance = a.raw.balance;
      const shown = typeof balance === 'string' && /^-?\d+$/.test(balance) ? money(BigInt(balance)) : '';
      return `${a.id}  ${a.name.padEnd(20)} ${shown.padStart(14)}`;
    });
    return {
      json: { accounts: accounts.map((a) => a.raw) },
      lines: lines.length === 0 ? ['There are no accounts. Open one: sokkin account create NAME'] : lines,
    };
  },
};

const ledger = (name: 'issue' | 'destroy', says: string, done: string): Command => ({
  name,
  says,
  positionals: [AMOUNT],
  flags: { account: ACCOUNT },
  examples: [`sokkin ${name} 100000`, `sokkin ${name} 100,000 --account "Pilot" --json`],
  async run(context, args) {
    const api = context.api();
    const amount = amountOf(args.text('amount'));
    const account = await accountFor(api, args.maybe('account'));
    const attempt = await beginAttempt(context, [name, account.id, amount.toString()]);
    const order = { kind: name, key: attempt.key, account: account.id, amount };
    const made = await moveMoney(api, await context.approver(), order).catch(async (error: unknown) => {
      if (error instanceof SokkinError && error.code === 'backend_refused') await attempt.finish();
      throw error;
    });
    await attempt.finish();
    const [what, proposal] = [
      `${money(amount)}, account ${account.name}`,
      read.text(made.proposal, 'proposal'),
    ];
    const lines =
      made.status === 'done'
        ? [
            `${done} ${what}.`,
            context.style.dim(`  ${proposal}: first client proposed, second client approved`),
          ]
        : [`Proposed: ${what}. Somebody else approves it: sokkin proposal approve ${proposal}`];
    return { json: made, lines };
  },
});
export const issue = ledger('issue', 'make new money, on an account, once two agree', 'Issued');
export const destroy = ledger(
  'destroy',
  'take money of an account out of the world, once two agree',
  'Destroyed',
);

export const fundCommand: Command = {
  name: 'fund',
  says: 'move money from an account onto a card or phone',
  positionals: [WHO, AMOUNT],
  flags: { account: ACCOUNT, ...TEARS, ...SHORT },
  examples: ['sokkin fund alice 5000', 'sokkin fund alice 5000 --tear after --at-exchange 3'],
  async run(context, args) {
    const api = context.api();
    const place = await findPlace(context, args.text('name'));
    const amount = amountOf(args.text('amount'));
    const named = args.maybe('account');
    const account = named === undefined ? undefined : (await accountFor(api, named)).id;
    const costs: TapCost[] = [];
    const options = {
      tear: tearOf(args),
      extended: !args.has('short'),
      onCost: (c: TapCost) => costs.push(c),
    };
    const done = await fundFlow(context, api, { place, account, amount }, options);
    const { outcome } = done.receipt.fields;
    const says =
      outcome === 'credited'
        ? `${money(amount)} is on ${place.name}.`
        : `${place.name} sent ${money(amount)} back to the account.`;
    return answer(context, { outcome, amount: amount.toString() }, says, costs);
  },
};

export const redeemCommand: Command = {
  name: 'redeem',
  says: 'move money from a card or phone back to an account',
  positionals: [WHO, AMOUNT],
  flags: { account: ACCOUNT, pin: PIN, ...TEARS, ...SHORT },
  examples: ['sokkin redeem alice 2000 --pin 1234'],
  async run(context, args) {
    const api = context.api();
    const place = await findPlace(context, args.text('name'));
    const amount = amountOf(args.text('amount'));
    const named = args.maybe('account');
    const account = named === undefined ? undefined : (await accountFor(api, named)).id;
    const costs: TapCost[] = [];
    const options = {
      tear: tearOf(args),
      extended: !args.has('short'),
      onCost: (c: TapCost) => costs.push(c),
    };
    const wish = { place, account, amount, pin: maybePin(args) };
    const done = await redeemFlow(context, api, wish, options);
    const { outcome } = done.receipt.fields;
    const settled = done.settled.status === 'ok';
    const says =
      outcome === 'credited'
        ? `${money(amount)} left ${place.name} for the account.`
        : `The back-end sent ${money(amount)} back to ${place.name}.`;
    const later = settled ? '' : ' The card left before it got its receipt: sync it.';
    return answer(context, { outcome, amount: amount.toString(), settled }, `${says}${later}`, costs);
  },
};

export const syncCommand: Command = {
  name: 'sync',
  says: 'bring a card or phone together with the back-end',
  positionals: [WHO],
  flags: {
    phone: { value: 'PHONE', says: 'the phone over which a card syncs; it hands up what it keeps' },
    ...TEARS,
    ...SHORT,
  },
  examples: ['sokkin sync alice', 'sokkin sync alice --phone shop'],
  async run(context, args) {
    const place = await findPlace(context, args.text('name'));
    const named = args.maybe('phone');
    const phone = named === undefined ? undefined : await findPlace(context, named, 'phone');
    const costs: TapCost[] = [];
    const options = {
      tear: tearOf(args),
      extended: !args.has('short'),
      onCost: (c: TapCost) => costs.push(c),
    };
    const done = await syncFlow(context, context.api(), { place, phone }, options);
    await refreshBlockList(context, context.api(), phone ?? place);
    const { received, settled, entriesSent, acknowledgedSeq, refused } = done;
    const extra = [
      ...(received.length > 0 ? [`${received.length} payments arrived`] : []),
      ...(settled.length > 0 ? [`${settled.length} receipts came in`] : []),
      ...refused.map((f) => `one delivery waits on (${f.status})`),
    ];
    const json = {
      acknowledged_seq: acknowledgedSeq,
      entries_sent: entriesSent,
      received: received.length,
      settled: settled.length,
      waiting: refused.map((f) => f.status),
    };
    const says = `${place.name} is synced up to entry ${acknowledgedSeq}${extra.length > 0 ? `: ${extra.join(', ')}` : ''}.`;
    return answer(context, json, says, costs);
  },
};

function answer(context: Context, json: object, says: string, costs: readonly TapCost[]): Answer {
  return { json: { ...json, taps: costJson(costs) }, lines: [says, ...costLines(context, costs)] };
}

export const auditCommand: Command = {
  name: 'audit',
  says: 'whether every yen is accounted for, and the entries behind each figure',
  flags: {
    term: { value: 'TERM', says: 'the entries of a figure: issued, online, offline, waiting, approvals ...' },
    history: { says: 'what it found when it ran by itself' },
  },
  examples: ['sokkin audit', 'sokkin audit --term waiting', 'sokkin audit --history --json'],
  async run(context, args) {
    const term = args.maybe('term');
    if (term !== undefined) return auditTerm(context, term);
    if (args.has('history')) return auditHistory(context);
    const audit = await context.api().audit();
    return {
      json: audit,
      lines: [...auditLines(context, audit), ...equationLines(context, audit)],
      exit: audit.holds === true ? 0 : 1,
    };
  },
};

/** issued = online + offline + in flight - refunded + redeemed, with figures. */
export function auditLines({ style }: Context, audit: Readonly<Record<string, unknown>>): readonly string[] {
  const figure = (name: string): string => {
    const value = audit[name];
    return (typeof value === 'string' || typeof value === 'number') && /^-?\d+$/.test(String(value))
      ? money(BigInt(value))
      : '?';
  };
  const shops = /^[1-9]/.test(String(audit.approvals))
    ? ` (${figure('approvals')} of it paid in shops, not cleared yet)`
    : '';
  const lost = /^[1-9]/.test(String(audit.refunded)) ? ` - refunded ${figure('refunded')}` : '';
  const sum = `issued ${figure('issued')} = online ${figure('online')} + offline ${figure('offline')} + in flight ${figure('inFlight')}${shops}${lost} + redeemed ${figure('redeemed')}`;
  const verdict = audit.holds === true ? style.good('holds') : style.bad('DOES NOT HOLD');
  return [`${sum}: ${verdict}`];
}

/** Each equation of the audit, with its terms. */
function equationLines({ style }: Context, audit: Readonly<Record<string, unknown>>): readonly string[] {
  return read.list(audit.equations, 'equations').map((item, i) => {
    const { says, left, terms, holds } = read.object(item, `equations[${i}]`);
    const parts = Object.entries(read.object(terms, 'terms'))
      .filter(([, value]) => value !== '0')
      .map(([name, value]) => `${name} ${money(BigInt(read.text(value, name)))}`);
    const right = parts.length === 0 ? '0' : parts.join(' + ');
    const verdict = holds === true ? '' : `  ${style.bad('DOES NOT HOLD')}`;
    return style.dim(`  ${says}: ${money(BigInt(read.text(left, 'left')))} = ${right}`) + verdict;
  });
}

export const alertsCommand: Command = {
  name: 'alerts',
  says: 'what the back-end suspects, with its evidence',
  examples: ['sokkin alerts', 'sokkin alerts --json'],
  async run(context) {
    const json = await context.api().alerts();
    const found = json.data;
    const items: readonly unknown[] = Array.isArray(found) ? found : [];
    const lines = items.map((i) => {
      const o = typeof i === 'object' && i !== null ? (i as Record<string, unknown>) : {};
      return [o.created_at, o.kind, o.purse, o.says].filter((x) => typeof x === 'string').join('  ');
    });
    return { json, lines: lines.length === 0 ? ['No alerts.'] : lines };
  },
};
