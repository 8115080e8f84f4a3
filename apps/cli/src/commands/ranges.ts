/**
 * Payment cards that other issuers made: how their cryptograms are made, and the halves of their keys that two custodians bring.
 *
 * What must hold: halves of keys are read from files, and shown nowhere.
 */
import * as read from '@sokkin/sdk/json';
import { everything } from '../api/oversight.ts';
import { type Args, type Command, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { jsonOf } from './files.ts';

const RANGE = { name: 'range', says: 'emr_...' } as const;
const INDEX = { name: 'index', says: 'the derivation key index that the cards tell, 0 to 255' } as const;
const EXAMPLE = 'emr_00112233445566778899aabb';

function keyLine(item: unknown): string {
  const k = read.object(item, 'key');
  const values = Object.entries(read.object(k.check_values, 'check_values')).map(
    ([name, value]) => `${name} ${String(value)}`,
  );
  return `  index ${String(k.key_index).padEnd(4)} ${String(k.cipher).padEnd(5)} ${String(k.state).padEnd(11)} ${values.join(', ')}`;
}
function facts(json: read.Json): string[] {
  const { id, name, prefix, digits, institution } = json;
  return [
    `${String(id)}: ${String(name)}, ${String(prefix)}... with ${String(digits)} digits, of ${String(institution)}`,
    `  versions   ${read.list(json.versions, 'versions').join(', ')}; rules: ${json.own_rules === true ? 'its own' : 'the usual'}`,
    ...read.list(json.keys, 'keys').map(keyLine),
  ];
}

const idOf = (args: Args): string => {
  const id = args.text('range');
  if (!/^emr_[0-9a-z_]{1,40}$/.test(id)) throw new UsageError(`"${id}" is no id emr_...`);
  return id;
};
const indexOf = (args: Args): number => {
  const text = args.text('index');
  if (!/^\d{1,3}$/.test(text) || Number(text) > 255)
    throw new UsageError(`"${text}" is no index from 0 to 255.`);
  return Number(text);
};

async function change(context: Context, args: Args, verb: string, body: object) {
  const json = await context.api().post(`/v1/emv-ranges/${idOf(args)}/${verb}`, body, crypto.randomUUID());
  return { json, lines: facts(json) };
}

/** A name, or a file (it has a dot in it). */
const versionOf = (text: string): Promise<unknown> | string => (text.includes('.') ? jsonOf(text) : text);

const rangeAdd: Command = {
  name: 'range add',
  says: 'say how the cryptograms of a range of other issuers’ payment cards are made',
  positionals: [
    { name: 'name', says: 'whose cards they are' },
    { name: 'prefix', says: 'their first digits' },
  ],
  flags: {
    versions: {
      value: 'LIST',
      says: 'names (cvn10, cvn18) and files (./own.json) of cryptogram versions, with commas between',
      required: true,
    },
    digits: { value: 'N', says: 'how many digits their numbers have (default 16)' },
    rules: { value: 'FILE', says: 'rules of its own, by which chip data are judged' },
    institution: { value: 'INSTITUTION', says: 'who of ours keeps the accounts: ins_...' },
  },
  examples: ['sokkin range add "Bank A, debit" 476173 --versions cvn10,cvn18'],
  async run(context, args) {
    const digits = args.maybe('digits') ?? '16';
    if (!/^1[2-9]$/.test(digits)) throw new UsageError('--digits is a number from 12 to 19.');
    const [rules, institution] = [args.maybe('rules'), args.maybe('institution')];
    const body = {
      ...{ name: args.text('name'), prefix: args.text('prefix'), digits: Number(digits) },
      versions: await Promise.all(
        args
          .text('versions')
          .split(',')
          .map((text) => versionOf(text.trim())),
      ),
      ...(rules === undefined ? {} : { rules: await jsonOf(rules) }),
      ...(institution === undefined ? {} : { institution }),
    };
    const json = await context.api().post('/v1/emv-ranges', body, crypto.randomUUID());
    return { json, lines: facts(json) };
  },
};

const rangeList: Command = {
  name: 'range list',
  says: 'ranges of other issuers’ payment cards, with the check values of their keys',
  examples: ['sokkin range list'],
  async run(context) {
    const ranges = await everything(context.api(), '/v1/emv-ranges?limit=100');
    return {
      json: { ranges },
      lines: ranges.length === 0 ? ['There are no ranges but our own cards.'] : ranges.flatMap(facts),
    };
  },
};

const rangeMake: Command = {
  name: 'range make-keys',
  says: 'make the master keys of an index where the keys of the back-end are',
  positionals: [RANGE, INDEX, { name: 'cipher', says: 'tdes or aes' }],
  examples: [`sokkin range make-keys ${EXAMPLE} 1 tdes`],
  async run(context, args) {
    const cipher = args.text('cipher');
    if (cipher !== 'tdes' && cipher !== 'aes') throw new UsageError(`"${cipher}" is neither tdes nor aes.`);
    return change(context, args, 'keys', { key_index: indexOf(args), cipher });
  },
};

const FILE = { name: 'file', says: 'JSON; docs/tokens.md says what is in it; - is standard input' } as const;

const rangeFirst: Command = {
  name: 'range first-half',
  says: 'the first custodian brings half of the master keys, and their check values',
  positionals: [RANGE, FILE],
  examples: [`sokkin range first-half ${EXAMPLE} half-1.json`],
  run: async (context, args) =>
    change(context, args, 'first-component', read.object(await jsonOf(args.text('file')), 'the file')),
};

const rangeSecond: Command = {
  name: 'range second-half',
  says: 'the second custodian brings the other half: if the check values are right, the keys are in use',
  positionals: [RANGE, FILE],
  examples: [`sokkin range second-half ${EXAMPLE} half-2.json`],
  run: async (context, args) =>
    change(context, args, 'second-component', read.object(await jsonOf(args.text('file')), 'the file')),
};

const rangeWithdraw: Command = {
  name: 'range withdraw-keys',
  says: 'cards that tell this index are refused from now on; a first half that waits is forgotten',
  positionals: [RANGE, INDEX],
  examples: [`sokkin range withdraw-keys ${EXAMPLE} 1`],
  run: async (context, args) => change(context, args, 'withdraw-keys', { key_index: indexOf(args) }),
};

export const rangeCommands: readonly Command[] = [
  rangeAdd,
  rangeList,
  rangeMake,
  rangeFirst,
  rangeSecond,
  rangeWithdraw,
];
