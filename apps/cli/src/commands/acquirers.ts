/** How acquirers connect to the ISO 8583 host: links made, listed, shown, closed (docs/iso8583-host.md). */
import { readFile } from 'node:fs/promises';
import { SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import { everything } from '../api/oversight.ts';
import { type Args, type Command, UsageError } from '../io/command.ts';
import { keyIn } from '../pos/key-file.ts';

const LINK = { name: 'link', says: 'acq_...' } as const;
const PATH = '/v1/acquirer-connections';
const path = (id: string, verb = ''): string => `${PATH}/${encodeURIComponent(id)}${verb}`;

const wholeOf = (args: Args, name: string): number | undefined => {
  const text = args.maybe(name);
  if (text !== undefined && !/^[0-9]{1,9}$/.test(text))
    throw new UsageError(`--${name} is a whole number, not "${text}".`);
  return text === undefined ? undefined : Number(text);
};

/** A shipped dialect by its name, or the document in a file. */
async function profileFrom(text: string): Promise<unknown> {
  if (!text.endsWith('.json')) return text;
  try {
    return JSON.parse(await readFile(text, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SokkinError('bad_profile', `The dialect in ${text} cannot be read: ${why}`, { cause });
  }
}

/** EACH/CARD/ALL: the most each, of a card and in all, in yen; 1000 approvals at most, 10 of a card. */
function standInOf(text: string | undefined): object | undefined {
  if (text === undefined) return undefined;
  const [each, card, all, more] = text.split('/');
  if (each === undefined || card === undefined || all === undefined || more !== undefined)
    throw new UsageError(`--stand-in is EACH/CARD/ALL in yen, like 5000/10000/1000000, not "${text}".`);
  return { each, per_card: { count: 10, amount: card }, in_all: { count: 1_000, amount: all } };
}

const given = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

export const acquirerLink: Command = {
  name: 'acquirer link',
  says: "let an acquirer's terminals connect to the ISO 8583 host",
  positionals: [{ name: 'name', says: 'what it is called' }],
  flags: {
    profile: { value: 'NAME', says: 'a shipped dialect, or a file.json (1987-ascii)' },
    mac: { value: 'ALGORITHM', says: 'messages have a code: retail-00, retail-80, cmac' },
    'mac-key': {
      value: 'FILE',
      says: 'a file with its key, hexadecimal; left out, one is made and shown once',
    },
    port: { value: 'PORT', says: 'a port of its own; left out, the main one' },
    certificate: { value: 'SHA256', says: "of the client's certificate, in place of a port" },
    https: { says: 'no connections: terminals with keys of their own bring messages over HTTPS' },
    'sign-on': { says: 'a connection must sign on first' },
    timeout: { value: 'MS', says: 'for a decision (15000)' },
    'lost-answers': { value: 'WHAT', says: 'keep or reverse what could not be handed over (keep)' },
    'stand-in': { value: 'EACH/CARD/ALL', says: 'approve so much, in yen, while the ledger is away' },
    institution: { value: 'ID', says: 'whose (your own)' },
  },
  examples: [
    'sokkin acquirer link main',
    'sokkin acquirer link north --port 8600 --mac retail-80 --profile 1993-bcd',
    'sokkin acquirer link south --certificate 5f1c...e0 --stand-in 5000/10000/1000000',
  ],
  async run(context, args) {
    const [mac, keyFile] = [args.maybe('mac'), args.maybe('mac-key')];
    if (keyFile !== undefined && mac === undefined)
      throw new UsageError('--mac-key needs --mac, its algorithm.');
    const key = keyFile === undefined ? undefined : await keyIn(keyFile);
    const body = given({
      name: args.text('name'),
      profile: await profileFrom(args.maybe('profile') ?? '1987-ascii'),
      mac: mac === undefined ? undefined : given({ algorithm: mac, key }),
      port: wholeOf(args, 'port'),
      certificate: args.maybe('certificate'),
      https: args.has('https') || undefined,
      sign_on: args.has('sign-on') || undefined,
      timeout_ms: wholeOf(args, 'timeout'),
      lost_answers: args.maybe('lost-answers'),
      stand_in: standInOf(args.maybe('stand-in')),
      institution: args.maybe('institution'),
    });
    const json = await context.api().post(PATH, body, crypto.randomUUID());
    return { json, lines: [...facts(json), ...secrets(json)] };
  },
};

export const acquirerList: Command = {
  name: 'acquirer list',
  says: 'the links of acquirers',
  examples: ['sokkin acquirer list'],
  async run(context) {
    const all = await everything(context.api(), PATH);
    const lines = all.flatMap((json) => facts(json));
    return {
      json: { links: all },
      lines: lines.length === 0 ? ['There are none: sokkin acquirer link NAME'] : lines,
    };
  },
};

export const acquirerShow: Command = {
  name: 'acquirer show',
  says: 'one link of an acquirer',
  positionals: [LINK],
  examples: ['sokkin acquirer show acq_00112233445566778899aabb'],
  async run(context, args) {
    const json = await context.api().get(path(args.text('link')));
    return { json, lines: facts(json) };
  },
};

export const acquirerClose: Command = {
  name: 'acquirer close',
  says: 'close a link for good: its connections end within two seconds',
  positionals: [LINK],
  examples: ['sokkin acquirer close acq_00112233445566778899aabb'],
  async run(context, args) {
    const json = await context.api().post(path(args.text('link'), '/close'), {});
    return { json, lines: facts(json) };
  },
};

function facts(json: read.Json): string[] {
  const mac =
    json.mac === null
      ? 'no code'
      : `${String(read.object(json.mac, 'mac').algorithm)}, key ${String(read.object(json.mac, 'mac').generation)}`;
  return [
    `${String(json.id)}  ${String(json.name)} of ${String(json.institution)}: ${String(json.status)}`,
    `  ${String(json.profile)}; ${mac}; ${doorOf(json)}${json.sign_on === true ? '; signs on' : ''}`,
    `  decides within ${String(json.timeout_ms)} ms; ${json.stand_in === null ? 'declines' : 'approves within limits'} while the ledger is away`,
  ];
}

function doorOf({ port, certificate, https }: read.Json): string {
  if (https === true) return 'terminals over HTTPS';
  if (typeof port === 'number') return `port ${port}`;
  return typeof certificate === 'string' ? `certificate ${certificate.slice(0, 16)}...` : 'the main port';
}

const secrets = ({ mac_key: key, mac_check: check }: read.Json): string[] => [
  ...(typeof key === 'string' ? [`  key ${key}, shown now and never again`] : []),
  ...(typeof check === 'string' ? [`  check value ${check}`] : []),
];
