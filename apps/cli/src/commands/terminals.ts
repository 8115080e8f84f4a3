/** Terminals of merchants that have a key of their own (docs/access.md). */
import type * as read from '@sokkin/sdk/json';
import { all } from '../api/lists.ts';
import type { Command } from '../io/command.ts';

const TERMINAL = { name: 'terminal', says: 'trm_...' } as const;
const ID = 'trm_00112233445566778899aabb';
const PATH = '/v1/terminals';
const path = (id: string, verb: string): string => `${PATH}/${encodeURIComponent(id)}/${verb}`;

const line = (t: read.Json): string =>
  `${String(t.id)}  ${String(t.terminal)}  ${stateOf(t).padEnd(8)} ${String(t.merchant)} over ${String(t.connection)}`;

const stateOf = ({ status, device }: read.Json): string =>
  status === 'closed' ? 'closed' : device === null ? 'waiting' : 'enrolled';

/** Told once: the back-end does not know it. */
const withCode = (json: read.Json) => ({
  json,
  lines: [
    line(json),
    `  code ${String(json.code)}: for a day and one device. It is shown once. Type it on the device: in the shop's app, "Enrol with a code"`,
  ],
});

const terminalAdd: Command = {
  name: 'terminal add',
  says: 'add a terminal of a merchant: the device that shows the code becomes it',
  positionals: [
    { name: 'merchant', says: 'mch_...' },
    { name: 'connection', says: 'acq_..., of sokkin acquirer link NAME --https' },
  ],
  flags: { name: { value: 'NAME', says: 'what it sends in field 41: eight capital letters and digits' } },
  examples: ['sokkin terminal add mch_00112233445566778899aabb acq_00112233445566778899aabb --name TILL0001'],
  async run(context, args) {
    const name = args.maybe('name');
    const body = {
      ...{ merchant: args.text('merchant'), connection: args.text('connection') },
      ...(name === undefined ? {} : { terminal: name }),
    };
    return withCode(await context.api().post(PATH, body, crypto.randomUUID()));
  },
};

const terminalList: Command = {
  name: 'terminal list',
  says: 'terminals with a key of their own that you may see',
  examples: ['sokkin terminal list'],
  async run(context) {
    const terminals = await all(context.api(), PATH);
    const lines = terminals.map(line);
    return { json: { terminals }, lines: lines.length === 0 ? ['There is no terminal.'] : lines };
  },
};

const terminalReplace: Command = {
  name: 'terminal replace',
  says: 'let another device become a terminal: a new code, and the device before is blocked',
  positionals: [TERMINAL],
  examples: [`sokkin terminal replace ${ID}`],
  async run(context, args) {
    return withCode(
      await context.api().post(path(args.text('terminal'), 'replace'), {}, crypto.randomUUID()),
    );
  },
};

const terminalClose: Command = {
  name: 'terminal close',
  says: 'close a terminal for good: its device is blocked',
  positionals: [TERMINAL],
  examples: [`sokkin terminal close ${ID}`],
  async run(context, args) {
    const json = await context.api().post(path(args.text('terminal'), 'close'), {});
    return { json, lines: [line(json)] };
  },
};

export const terminalCommands: readonly Command[] = [
  terminalAdd,
  terminalList,
  terminalReplace,
  terminalClose,
];
