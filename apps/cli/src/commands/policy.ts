/** What other limits would have refused; the situation in force; and what is kept for how long. */
import { SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import { readJson } from '../data/files.ts';
import type { Command } from '../io/command.ts';

/** A document of limits: alone, or as "policy show --json" gives it. */
async function documentIn(file: string): Promise<unknown> {
  const found = await readJson(file);
  if (found === undefined) throw new SokkinError('not_found', `There is no file ${file}.`);
  return found.document ?? found;
}

const REFUSALS = ['per_payment', 'cumulative', 'count', 'holding', 'pin_needed'];

const classLines = (row: read.Json): string[] => {
  const [now, then] = [read.object(row.in_force, 'in_force'), read.object(row.proposed, 'proposed')];
  const figures = (of: read.Json, name: string): string => {
    const { payments, purses, value } = read.object(of[name], name);
    return `${String(payments)} payments, ${String(purses)} purses, ${String(value)} yen`;
  };
  const head = `${String(row.tier)}, ${String(row.assurance)}: ${String(row.purses)} purses, ${String(row.payments)} payments, ${String(row.value)} yen`;
  const changed = REFUSALS.filter((name) => figures(now, name) !== figures(then, name));
  if (changed.length === 0) return [head, '  as with the limits in force'];
  return [
    head,
    ...changed.map((name) => `  ${name.padEnd(12)} ${figures(now, name)} -> ${figures(then, name)}`),
  ];
};

export const policyPreview: Command = {
  name: 'policy preview',
  says: 'what these limits would have refused in the last 30 days, against those in force',
  positionals: [{ name: 'file', says: 'the whole document, as "policy show --json" gives it' }],
  flags: {
    situation: { value: 'SITUATION', says: 'normal, outage or disaster; left out: the one in force' },
  },
  examples: ['sokkin policy preview limits.json', 'sokkin policy preview limits.json --situation outage'],
  async run(context, args) {
    const situation = args.maybe('situation');
    const body = {
      document: await documentIn(args.text('file')),
      ...(situation === undefined ? {} : { situation }),
    };
    const json = await context.api().post('/v1/policies/limits/preview', body);
    const classes = read.list(json.classes, 'classes').map((row) => read.object(row, 'classes[]'));
    const sample = json.is_whole === true ? '' : ' (a sample)';
    return {
      json,
      lines: [
        `${String(json.situation)}: ${String(json.purses)} purses${sample}, proven from ${String(json.since)} to ${String(json.until)}`,
        ...classes.flatMap(classLines),
      ],
    };
  },
};

const periodLine = (found: read.Json): string => {
  const until = found.until === null ? '' : `, until ${String(found.until)}`;
  const confirm = found.confirm_by === null ? '' : `; unconfirmed, falls back ${String(found.confirm_by)}`;
  return `${String(found.situation)} since ${String(found.since)}${until}${confirm}`;
};

export const situationShow: Command = {
  name: 'situation show',
  says: 'the situation whose limits the next Grants give',
  examples: ['sokkin situation show'],
  async run(context) {
    const json = await context.api().get('/v1/policies/situation');
    return { json, lines: [periodLine(read.object(json.in_force, 'in_force'))] };
  },
};

const SITUATION = { name: 'situation', says: 'normal, outage or disaster' } as const;
const UNTIL = {
  value: 'TIME',
  says: 'when it is normal again by itself, such as 2027-02-01T00:00:00Z',
} as const;

const wish = async (api: { get(path: string): Promise<read.Json> }, situation: string, until?: string) => ({
  from_version: (await api.get('/v1/policies/situation')).version,
  situation,
  ...(until === undefined ? {} : { until }),
});

export const situationPropose: Command = {
  name: 'situation propose',
  says: 'propose another situation',
  positionals: [SITUATION],
  flags: { until: UNTIL },
  examples: [
    'sokkin situation propose outage --until 2027-02-01T00:00:00Z',
    'sokkin situation propose normal',
  ],
  async run(context, args) {
    const api = context.api();
    const body = await wish(api, args.text('situation'), args.maybe('until'));
    const json = await api.post('/v1/policies/situation', body, crypto.randomUUID());
    const id = read.text(json.id, 'id');
    return { json, lines: [`Proposed. Somebody else approves it: sokkin proposal approve ${id}`] };
  },
};

export const situationEmergency: Command = {
  name: 'situation emergency',
  says: 'switch the situation alone, at once; a second person confirms it within a day, or it falls back',
  positionals: [SITUATION],
  flags: {
    until: UNTIL,
    reason: { value: 'TEXT', says: 'why it cannot wait; it stands in the log', required: true },
  },
  examples: ['sokkin situation emergency disaster --until 2027-02-01T00:00:00Z --reason "Earthquake"'],
  async run(context, args) {
    const api = context.api();
    const body = {
      ...(await wish(api, args.text('situation'), args.maybe('until'))),
      reason: args.text('reason'),
    };
    const json = await api.post('/v1/policies/situation/emergency', body, crypto.randomUUID());
    const id = read.text(json.proposal, 'proposal');
    return {
      json,
      lines: [
        periodLine(read.object(json.in_force, 'in_force')),
        `Somebody else confirms it: sokkin proposal approve ${id}`,
      ],
    };
  },
};

export const retentionCommand: Command = {
  name: 'retention',
  says: 'for how long what is kept, and what the last run removed',
  flags: { 'dry-run': { says: 'also what a run would remove now; it removes nothing' } },
  examples: ['sokkin retention', 'sokkin retention --dry-run'],
  async run(context, args) {
    const json = await context.api().get('/v1/retention');
    const would = read.object(json.would_remove, 'would_remove');
    const isDry = args.has('dry-run');
    const periods = Object.entries(read.object(json.document, 'document')).map(([name, days]) => {
      const due = isDry ? `  would remove ${String(would[name])}` : '';
      return `${name.padEnd(18)} ${String(days).padStart(5)} days${due}`;
    });
    const last = json.last_run === null ? undefined : read.object(json.last_run, 'last_run');
    const ran =
      last === undefined
        ? 'It has not run yet.'
        : `Last run ${String(last.at)}: ${JSON.stringify(last.removed)}`;
    const more =
      isDry && json.is_complete !== true ? ['There may be more: it did not look at everything.'] : [];
    return { json, lines: [...periods, ...more, ran] };
  },
};
