/**
 * Whom the back-end tells of what happens, and what became of it.
 *
 * What must hold: a secret is shown once, or written into a private file and not shown; nothing is overwritten.
 */
import { resolve } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import { all } from '../api/lists.ts';
import { readIfThere, writeWhole } from '../data/files.ts';
import type { Answer, Args, Command } from '../io/command.ts';

const ID = { name: 'id', says: 'whk_...' } as const;
const OUT = {
  out: { value: 'FILE', says: 'write the secret into this file, which only you may read' },
} as const;
const WEBHOOK = 'whk_0123456789abcdef01234567';

const key = (): string => crypto.randomUUID();
const text = (json: read.Json, name: string): string => read.text(json[name], name);
const at = (args: Args, act = ''): string => `/v1/webhooks/${encodeURIComponent(args.text('id'))}${act}`;

const webhookLine = (row: read.Json): string => {
  const types = read.list(row.types, 'types').join(',');
  return [row.id, row.status, row.url, types === '' ? 'all events' : types].join('  ');
};
/** "2026-11-23T15:28:30.658Z  delivered  200  after 1: issuance.done evt_... (dlv_...)" */
function deliveryLine(row: read.Json): string {
  const answered = row.last_status ?? row.last_says ?? 'not tried yet';
  const next = row.next_at === null ? '' : `, again at ${text(row, 'next_at')}`;
  return `${text(row, 'created_at')}  ${text(row, 'status')}  ${text(row, 'event_type')}  ${text(row, 'event')}  ${text(row, 'id')}  attempts: ${row.attempts}, answer: ${answered}${next}`;
}

/** Before a secret is made: a file that is there is not written over. */
async function outOf(args: Args): Promise<string | undefined> {
  const out = args.maybe('out');
  if (out === undefined) return undefined;
  const path = resolve(out);
  if ((await readIfThere(path)) === undefined) return path;
  throw new SokkinError('file_exists', `${path} is there already. Nothing was changed.`);
}

async function handOver(made: read.Json, out: string | undefined): Promise<Answer> {
  const secret = text(made, 'secret');
  if (out === undefined)
    return { json: made, lines: [webhookLine(made), secret, 'The secret is not shown again.'] };
  await writeWhole(out, `${secret}\n`);
  const { secret: _, ...rest } = made;
  return { json: { ...rest, written: out }, lines: [webhookLine(made), `Its secret is in ${out}.`] };
}

const create: Command = {
  name: 'webhook create',
  says: 'have an address told of events; its secret is shown once',
  positionals: [{ name: 'url', says: 'https; in the sandbox http on this machine will do, too' }],
  flags: {
    types: { value: 'TYPES', says: 'those events alone, with commas between; all if left out' },
    ...OUT,
  },
  examples: [
    'sokkin webhook create https://psp.example/sokkin --out webhook.secret',
    'sokkin webhook create https://psp.example/sokkin --types funding.credited,purse.blocked',
  ],
  async run(context, args) {
    const out = await outOf(args);
    const types = args.maybe('types')?.split(',') ?? [];
    return handOver(await context.api().post('/v1/webhooks', { url: args.text('url'), types }, key()), out);
  },
};

const list: Command = {
  name: 'webhook list',
  says: 'who is told, of what, and whether it works',
  examples: ['sokkin webhook list'],
  async run(context) {
    const data = await all(context.api(), '/v1/webhooks');
    return { json: { data }, lines: data.length === 0 ? ['There are none.'] : data.map(webhookLine) };
  },
};

const rotate: Command = {
  name: 'webhook rotate',
  says: 'give a webhook a new secret; for a day the one before signs, too',
  positionals: [ID],
  flags: OUT,
  examples: [`sokkin webhook rotate ${WEBHOOK} --out webhook.secret`],
  async run(context, args) {
    const out = await outOf(args);
    return handOver(await context.api().post(at(args, '/rotate'), {}, key()), out);
  },
};

const remove: Command = {
  name: 'webhook delete',
  says: 'tell this address no more; what waits for it is dropped',
  positionals: [ID],
  examples: [`sokkin webhook delete ${WEBHOOK}`],
  async run(context, args) {
    const row = await context.api().delete(at(args));
    return { json: row, lines: [webhookLine(row)] };
  },
};

const resume: Command = {
  name: 'webhook resume',
  says: 'tell a webhook again that was disabled because it failed for days',
  positionals: [ID],
  examples: [`sokkin webhook resume ${WEBHOOK}`],
  async run(context, args) {
    const row = await context.api().post(at(args, '/resume'), {});
    return { json: row, lines: [webhookLine(row)] };
  },
};

const ping: Command = {
  name: 'webhook ping',
  says: 'send a test event; "webhook deliveries" says what came back',
  positionals: [ID],
  examples: [`sokkin webhook ping ${WEBHOOK}`],
  async run(context, args) {
    const row = await context.api().post(at(args, '/ping'), {});
    return { json: row, lines: [deliveryLine(row)] };
  },
};

const LAST = 50;

const deliveries: Command = {
  name: 'webhook deliveries',
  says: 'what was sent to a webhook, and what came back, the newest first',
  positionals: [ID],
  flags: { all: { says: `all of them (else the last ${LAST})` } },
  examples: [`sokkin webhook deliveries ${WEBHOOK}`],
  async run(context, args) {
    const path = at(args, '/deliveries');
    const data = args.has('all')
      ? await all(context.api(), path)
      : read
          .list((await context.api().get(`${path}?limit=${LAST}`)).data, 'data')
          .map((row) => read.object(row, 'data[]'));
    return {
      json: { data },
      lines: data.length === 0 ? ['Nothing was sent yet.'] : data.map(deliveryLine),
    };
  },
};

const retry: Command = {
  name: 'webhook retry',
  says: 'send a delivery again, now',
  positionals: [{ name: 'delivery', says: 'dlv_...' }],
  examples: ['sokkin webhook retry dlv_0123456789abcdef01234567'],
  async run(context, args) {
    const path = `/v1/webhooks/deliveries/${encodeURIComponent(args.text('delivery'))}/retry`;
    const row = await context.api().post(path, {});
    return { json: row, lines: [deliveryLine(row)] };
  },
};

const replay: Command = {
  name: 'webhook replay',
  says: 'send again what happened since, with the ids that the events had',
  positionals: [ID],
  flags: { since: { value: 'TIME', says: 'like 2026-11-23T09:00:00Z', required: true } },
  examples: [`sokkin webhook replay ${WEBHOOK} --since 2026-11-23T09:00:00Z`],
  async run(context, args) {
    const made = await context.api().post(at(args, '/replay'), { since: args.text('since') }, key());
    return { json: made, lines: [`Events that will be sent again: ${made.events}.`] };
  },
};

export const webhookCommands: readonly Command[] = [
  create,
  list,
  deliveries,
  retry,
  replay,
  ping,
  rotate,
  resume,
  remove,
];
