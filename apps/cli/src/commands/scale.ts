/** Spreading the database over machines. It works on the database itself, not over the API; docs/scale.md. */
import { type Args, type Command, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';

const MOST_SHARDS = 1_024;

const shardsFlag = {
  shards: {
    value: 'N',
    says: 'into how many parts each table is spread (32): as many as there will ever be cores of workers, twice',
  },
};

export const scalePlanCommand: Command = {
  name: 'scale plan',
  says: 'print what would spread the database over the machines of a Citus cluster; changes nothing',
  flags: shardsFlag,
  examples: ['sokkin scale plan', 'DATABASE_URL=postgres://... sokkin scale plan --shards 64 --json'],
  async run(context, args) {
    const { planScale } = await import('@sokkin/server');
    const steps = await planScale(await whereOf(context), shardsOf(args));
    return { json: { steps }, lines: steps.flatMap(({ says, sql }) => [`-- ${says}`, `${sql};`]) };
  },
};

export const scaleApplyCommand: Command = {
  name: 'scale apply',
  says: 'spread the database over the machines of its Citus cluster; stop all servers before',
  flags: shardsFlag,
  examples: ['DATABASE_URL=postgres://coordinator/sokkin sokkin scale apply'],
  async run(context, args) {
    const { applyScale } = await import('@sokkin/server');
    const steps = await applyScale(await whereOf(context), shardsOf(args), ({ sql }) =>
      context.say(`${sql};`),
    );
    return {
      json: { steps },
      lines: [steps.length === 0 ? 'Everything is spread already.' : `Done: ${steps.length} steps.`],
    };
  },
};

function shardsOf(args: Args): number | undefined {
  const text = args.maybe('shards');
  if (text === undefined) return undefined;
  const shards = /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : 0;
  if (shards === 0 || shards > MOST_SHARDS)
    throw new UsageError(`--shards is a number from 1 to ${MOST_SHARDS}, not ${JSON.stringify(text)}.`);
  return shards;
}

async function whereOf(context: Context) {
  const { readConfig } = await import('@sokkin/server');
  return readConfig({ ...context.env, SOKKIN_DATA: context.data });
}
