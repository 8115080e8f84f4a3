/**
 * Who may use the back-end: institutions, their customers and merchants, their credentials and devices.
 *
 * What must hold: a secret is shown once, or written into a private file and not shown; nothing is overwritten.
 */
import { createPublicKey } from 'node:crypto';
import { resolve } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import { all } from '../api/lists.ts';
import { readIfThere, writeWhole } from '../data/files.ts';
import { type Answer, type Args, type Command, type Flag, UsageError } from '../io/command.ts';

const OUT: Readonly<Record<string, Flag>> = {
  out: { value: 'FILE', says: 'write the credentials into this file, which only you may read' },
};
const INSTITUTION: Readonly<Record<string, Flag>> = {
  institution: { value: 'ID', says: 'for which institution; your own if left out' },
};
const key = (): string => crypto.randomUUID();
const text = (json: read.Json, name: string): string => read.text(json[name], name);
const oneOf = (word: string, words: readonly string[], flag: string): string => {
  if (words.includes(word)) return word;
  throw new UsageError(`--${flag} is ${words.join(' or ')}, not "${word}".`);
};
const maybe = (args: Args, name: string) => {
  const value = args.maybe(name);
  return value === undefined ? {} : { [name]: value };
};

/** Before anything is made: a file that is there is not written over. */
async function outOf(args: Args): Promise<string | undefined> {
  const out = args.maybe('out');
  if (out === undefined) return undefined;
  const path = resolve(out);
  if ((await readIfThere(path)) === undefined) return path;
  throw new SokkinError('file_exists', `${path} is there already. Nothing was changed.`);
}

/** `made` has client_id and client_secret. */
async function handOver(made: read.Json, out: string | undefined, first: string): Promise<Answer> {
  const { client_secret, ...rest } = made;
  const credentials = { client_id: text(made, 'client_id'), client_secret: text(made, 'client_secret') };
  if (out === undefined)
    return {
      json: made,
      lines: [
        first,
        `client_id      ${credentials.client_id}`,
        `client_secret  ${credentials.client_secret}`,
        'The secret is shown this once: the back-end keeps only its hash.',
      ],
    };
  await writeWhole(out, `${JSON.stringify(credentials, null, 2)}\n`);
  return {
    json: { ...rest, written: out },
    lines: [first, `The credentials of ${credentials.client_id} are in ${out}: --client ${out}`],
  };
}

const listed = (name: string, says: string, path: string, line: (row: read.Json) => string): Command => ({
  name,
  says,
  examples: [`sokkin ${name}`],
  async run(context) {
    const data = await all(context.api(), path);
    return { json: { data }, lines: data.length === 0 ? ['There are none.'] : data.map(line) };
  },
});

const changed = (name: string, says: string, path: (id: string) => string, example: string): Command => ({
  name,
  says,
  positionals: [{ name: 'id', says: 'which' }],
  examples: [`sokkin ${name} ${example}`],
  async run(context, args) {
    const row = await context.api().post(path(encodeURIComponent(args.text('id'))), {});
    return { json: row, lines: [`${text(row, 'id')} is ${text(row, 'status')}.`] };
  },
});

const columns = (row: read.Json, ...names: string[]): string =>
  names.map((name) => String(row[name] ?? '')).join('  ');

const institutionCreate: Command = {
  name: 'institution create',
  says: 'add an issuer or an acquirer, with credentials for it (the central bank)',
  positionals: [{ name: 'name', says: 'of the institution' }],
  flags: { kind: { value: 'KIND', says: 'issuer or acquirer', required: true }, ...OUT },
  examples: ['sokkin institution create "Example Bank" --kind issuer --out example-bank.json'],
  async run(context, args) {
    const kind = oneOf(args.text('kind'), ['issuer', 'acquirer'], 'kind');
    const out = await outOf(args);
    const made = await context.api().post('/v1/institutions', { kind, name: args.text('name') }, key());
    const { client, ...institution } = made;
    const shown = { ...institution, ...read.object(client, 'client'), id: text(made, 'id') };
    return handOver(shown, out, `Institution ${text(made, 'name')}: ${text(made, 'id')}`);
  },
};

const institutionClient: Command = {
  name: 'institution client',
  says: 'make the first client of an institution that has none (the central bank)',
  positionals: [{ name: 'id', says: 'ins_...' }],
  flags: OUT,
  examples: ['sokkin institution client ins_first_issuer --out first-issuer.json'],
  async run(context, args) {
    const out = await outOf(args);
    const path = `/v1/institutions/${encodeURIComponent(args.text('id'))}/first-client`;
    const made = await context.api().post(path, {}, key());
    return handOver(made, out, `First client of ${text(made, 'institution')}`);
  },
};

const partyCreate: Command = {
  name: 'party create',
  says: 'add a customer of an issuer, or a merchant of an acquirer',
  positionals: [{ name: 'reference', says: 'your own number for them' }],
  flags: INSTITUTION,
  examples: ['sokkin party create 4711'],
  async run(context, args) {
    const wish = { reference: args.text('reference'), ...maybe(args, 'institution') };
    const row = await context.api().post('/v1/parties', wish, key());
    return { json: row, lines: [`${text(row, 'kind')}: ${text(row, 'id')}`] };
  },
};

const clientCreate: Command = {
  name: 'client create',
  says: 'make credentials for a program of an institution',
  positionals: [{ name: 'name', says: 'of the program' }],
  flags: {
    scopes: { value: 'LIST', says: 'what it may do, with spaces between', required: true },
    ...INSTITUTION,
    ...OUT,
  },
  examples: ['sokkin client create Reports --scopes "accounts:read transfers:read" --out reports.json'],
  async run(context, args) {
    const out = await outOf(args);
    const scopes = args
      .text('scopes')
      .trim()
      .split(/[\s,]+/);
    const wish = { name: args.text('name'), scopes, ...maybe(args, 'institution') };
    const made = await context.api().post('/v1/clients', wish, key());
    return handOver(made, out, `Client ${text(made, 'name')} of ${text(made, 'institution')}`);
  },
};

const clientRotate: Command = {
  name: 'client rotate',
  says: 'give a client a new secret; the old one ends',
  positionals: [{ name: 'id', says: 'cli_...' }],
  flags: OUT,
  examples: ['sokkin client rotate cli_0123456789abcdef01234567 --out reports.json'],
  async run(context, args) {
    const out = await outOf(args);
    const path = `/v1/clients/${encodeURIComponent(args.text('id'))}/rotate`;
    return handOver(await context.api().post(path, {}, key()), out, `Client ${args.text('id')}`);
  },
};

const deviceRegister: Command = {
  name: 'device register',
  says: 'register the key of a customer’s wallet or a merchant’s terminal',
  positionals: [{ name: 'party', says: 'cus_... or mer_...' }],
  flags: {
    kind: { value: 'KIND', says: 'wallet or terminal', required: true },
    key: { value: 'FILE', says: 'its P-256 public key, as JWK or PEM', required: true },
  },
  examples: ['sokkin device register cus_0123456789abcdef01234567 --kind wallet --key wallet.jwk'],
  async run(context, args) {
    const kind = oneOf(args.text('kind'), ['wallet', 'terminal'], 'kind');
    const wish = { kind, party: args.text('party'), jwk: await publicKey(args.text('key')) };
    const row = await context.api().post('/v1/devices', wish, key());
    return { json: row, lines: [`${kind} of ${text(row, 'party')}: ${text(row, 'id')}`] };
  },
};

const deviceCode: Command = {
  name: 'device code',
  says: 'make a code with which a further phone of a customer joins: for whom you have seen',
  positionals: [{ name: 'party', says: 'cus_...' }],
  flags: { days: { value: 'N', says: 'for how long it is good; 1 if left out' } },
  examples: [
    'sokkin device code cus_0123456789abcdef01234567',
    'sokkin device code cus_0123456789abcdef01234567 --days 3',
  ],
  async run(context, args) {
    const days = args.maybe('days');
    if (days !== undefined && !/^[1-9][0-9]{0,2}$/.test(days))
      throw new SokkinError('bad_days', `Days: 1 to 400 are expected, not ${days}.`);
    const path = `/v1/parties/${encodeURIComponent(args.text('party'))}/device-codes`;
    const made = await context.api().post(path, { days: Number(days ?? 1) }, key());
    return {
      json: made,
      lines: [text(made, 'code'), `Good once, until ${text(made, 'expires_at')}. It is not shown again.`],
    };
  },
};

/** Only the public part leaves the file, also where it holds both. */
async function publicKey(path: string): Promise<object> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) throw new SokkinError('not_found', `There is no file ${path}.`);
  const content = new TextDecoder().decode(bytes);
  try {
    const isJwk = content.trimStart().startsWith('{');
    const shown = isJwk
      ? createPublicKey({ key: JSON.parse(content), format: 'jwk' })
      : createPublicKey(content);
    const { kty, crv, x, y } = shown.export({ format: 'jwk' });
    return { kty, crv, x, y };
  } catch (cause) {
    throw new SokkinError('key_unreadable', `${path} holds no P-256 public key as JWK or PEM.`, { cause });
  }
}

export const accessCommands: readonly Command[] = [
  institutionCreate,
  institutionClient,
  listed('institution list', 'institutions that you may see', '/v1/institutions', (row) =>
    columns(row, 'id', 'kind', 'status', 'name'),
  ),
  changed(
    'institution suspend',
    'nobody of it is believed, five seconds later at the most',
    (id) => `/v1/institutions/${id}/suspend`,
    'ins_first_issuer',
  ),
  changed(
    'institution resume',
    'end its suspension',
    (id) => `/v1/institutions/${id}/resume`,
    'ins_first_issuer',
  ),
  partyCreate,
  listed('party list', 'customers and merchants that you may see', '/v1/parties', (row) =>
    columns(row, 'id', 'kind', 'status', 'institution'),
  ),
  changed(
    'party close',
    'their devices are not believed any more',
    (id) => `/v1/parties/${id}/close`,
    'cus_0123456789abcdef01234567',
  ),
  clientCreate,
  clientRotate,
  changed(
    'client withdraw',
    'for good: it is not believed, five seconds later at the most',
    (id) => `/v1/clients/${id}/withdraw`,
    'cli_0123456789abcdef01234567',
  ),
  listed('client list', 'credentials that you may see, without their secrets', '/v1/clients', (row) =>
    columns(row, 'id', 'status', 'institution', 'name'),
  ),
  deviceRegister,
  deviceCode,
  changed(
    'device block',
    'for good: it is not believed, five seconds later at the most',
    (id) => `/v1/devices/${id}/block`,
    'dev_0123456789abcdef01234567',
  ),
  listed('device list', 'wallets and terminals that you may see', '/v1/devices', (row) =>
    columns(row, 'id', 'kind', 'status', 'party'),
  ),
];
