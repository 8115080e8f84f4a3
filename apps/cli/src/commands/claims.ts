/** Lost, stolen and broken purses: reported, followed to their refund, taken back. */
import * as read from '@sokkin/sdk/json';
import { everything } from '../api/oversight.ts';
import { type Command, UsageError } from '../io/command.ts';
import { money } from './common.ts';

const CLAIM = { name: 'claim', says: 'clm_...' } as const;
const EXAMPLE = 'clm_00112233445566778899aabb';
const KINDS = ['lost', 'stolen', 'broken'];

/** What a person reads for the codes of the API. */
const STEPS: Readonly<Record<string, string>> = {
  reported: 'reported, and blocked',
  inquiry: 'an inquiry decides first: no date yet',
  refund: 'refund',
  late_payment: 'a payment of the purse turned up',
  found: 'the purse turned up: it stays blocked',
  refused: 'not refunded',
  withdrawn: 'taken back: not blocked any more',
  closed: 'final',
};

const day = (time: unknown): string => String(time).slice(0, 10);
const yen = (value: unknown, what: string): string => money(BigInt(read.text(value, what)));

function stepLine(item: unknown, i: number): string {
  const { step, at, due } = read.object(item, `timeline[${i}]`);
  const when = at === null ? (due === null ? '          ' : `${day(due)}?`) : day(at);
  return `  ${when.padEnd(12)} ${STEPS[String(step)] ?? String(step)}`;
}

function facts(json: read.Json): string[] {
  const value = read.object(json.value, 'value');
  const covered =
    json.covered_by_issuer === '0' ? [] : [`  by the issuer ${yen(json.covered_by_issuer, 'covered')}`];
  return [
    `${String(json.id)}: the purse ${String(json.purse)} is ${String(json.kind)}; ${String(json.status)}`,
    `  refunded now  ${yen(value.amount, 'amount')}${value.later === '0' ? '' : `, and ${yen(value.later, 'later')} at the end`}`,
    ...(value.held_back === '0'
      ? []
      : [`  held back     ${yen(value.held_back, 'held_back')}, until it is known whether they arrived`]),
    `  so far        ${yen(json.refunded, 'refunded')} to ${String(json.account)}`,
    ...covered,
    ...(json.reason === null ? [] : [`  because       ${String(json.reason)}`]),
    ...read.list(json.timeline, 'timeline').map(stepLine),
  ];
}

const path = (id: string, verb = ''): string => `/v1/claims/${encodeURIComponent(id)}${verb}`;

export const claimReport: Command = {
  name: 'claim report',
  says: 'report a purse as lost, stolen or broken: it is blocked at once',
  positionals: [
    { name: 'purse', says: 'pur_...' },
    { name: 'kind', says: KINDS.join(', ') },
  ],
  examples: ['sokkin claim report pur_00112233445566aa lost'],
  async run(context, args) {
    const [purse, kind] = [args.text('purse'), args.text('kind')];
    if (!KINDS.includes(kind)) throw new UsageError(`"${kind}" is none of ${KINDS.join(', ')}.`);
    const json = await context.api().post('/v1/claims', { purse, kind }, crypto.randomUUID());
    return { json, lines: facts(json) };
  },
};

export const claimShow: Command = {
  name: 'claim show',
  says: 'one claim: its steps with their dates, and what would be refunded now',
  positionals: [CLAIM],
  examples: [`sokkin claim show ${EXAMPLE}`],
  async run(context, args) {
    const json = await context.api().get(path(args.text('claim')));
    return { json, lines: facts(json) };
  },
};

export const claimList: Command = {
  name: 'claim list',
  says: 'all claims',
  examples: ['sokkin claim list', 'sokkin claim list --json'],
  async run(context) {
    const claims = await everything(context.api(), '/v1/claims?limit=100');
    const line = (c: read.Json): string =>
      `${String(c.id)}  ${String(c.status).padEnd(9)} ${String(c.kind).padEnd(7)} ${String(c.purse)}  due ${day(c.due_at)}`;
    return { json: { claims }, lines: claims.length === 0 ? ['There are no claims.'] : claims.map(line) };
  },
};

export const claimWithdraw: Command = {
  name: 'claim withdraw',
  says: 'the purse was found before its refund: its block is lifted',
  positionals: [CLAIM],
  examples: [`sokkin claim withdraw ${EXAMPLE}`],
  async run(context, args) {
    const json = await context.api().post(path(args.text('claim'), '/withdraw'), {}, crypto.randomUUID());
    return { json, lines: facts(json) };
  },
};

export const claimSettle: Command = {
  name: 'claim settle',
  says: 'refund before the date; above the amount of the policy it takes two',
  positionals: [CLAIM],
  examples: [`sokkin claim settle ${EXAMPLE}`],
  async run(context, args) {
    const json = await context.api().post(path(args.text('claim'), '/settle'), {}, crypto.randomUUID());
    const waits = json.status === 'waiting' && json.proposal !== null;
    const proposed = `Proposed. Somebody else approves it: sokkin proposal approve ${String(json.proposal)}`;
    return { json, lines: waits ? [...facts(json), proposed] : facts(json) };
  },
};

export const claimRefuse: Command = {
  name: 'claim refuse',
  says: 'refuse the refund, and say why',
  positionals: [CLAIM],
  flags: { reason: { value: 'TEXT', says: 'a sentence for the holder; no names' } },
  examples: [`sokkin claim refuse ${EXAMPLE} --reason "The card was sold."`],
  async run(context, args) {
    const reason = args.maybe('reason');
    if (reason === undefined) throw new UsageError('--reason is missing: the holder reads it.');
    const json = await context
      .api()
      .post(path(args.text('claim'), '/refuse'), { reason }, crypto.randomUUID());
    return { json, lines: facts(json) };
  },
};
