/** The back-end's own keys: what there are, ceremonies, rotation, renewal, and the passphrase of the key file. */
import { resolve } from 'node:path';
import * as read from '@sokkin/sdk/json';
import type { HttpApi } from '../api/http-api.ts';
import type { Answer, Command } from '../io/command.ts';
import { UsageError } from '../io/command.ts';

const INSTITUTION = { name: 'institution', says: 'ins_...' } as const;

function line(item: unknown, i: number): string {
  const k = read.object(item, `data[${i}]`);
  const c = k.certificate === null ? undefined : read.object(k.certificate, `data[${i}].certificate`);
  const until = c === undefined ? '' : `until ${String(c.expires_on)}, ${String(c.expires_in_days)} days`;
  const due = k.replacement == null ? undefined : read.object(k.replacement, `data[${i}].replacement`);
  const soon = c?.warning ?? due?.warning;
  const warning = soon == null ? '' : `  ! ${String(soon).replace('_', ' ')}`;
  const state = k.in_use === true ? 'in use' : String(k.state);
  return `${String(k.id).padEnd(36)} ${state.padEnd(8)} ${(due === undefined ? until : `replace it in ${String(due.due_in_days)} days`).padEnd(30)} ${String(k.used_for)}${warning}`;
}

export const keyList: Command = {
  name: 'key list',
  says: 'the back-end’s own keys, and when their certificates expire',
  examples: ['sokkin key list', 'sokkin key list --json'],
  async run(context) {
    const json = await context.api().get('/v1/keys');
    return { json, lines: read.list(json.data, 'data').map(line) };
  },
};

async function act(api: HttpApi, path: string, body: object, done: string): Promise<Answer> {
  const json = await api.post(path, body, crypto.randomUUID());
  return { json, lines: [`${done}: ${read.list(json.keys, 'keys').join(', ')}`] };
}

export const keyCeremony: Command = {
  name: 'key ceremony',
  says: 'make the keys of an issuer, and certify them under the root',
  positionals: [INSTITUTION],
  examples: ['sokkin key ceremony ins_second_issuer'],
  run: (context, args) =>
    act(context.api(), '/v1/keys/ceremonies', { institution: args.text('institution') }, 'Made'),
};

export const keyRotate: Command = {
  name: 'key rotate',
  says: 'replace a key by a new one; the old one verifies and opens what it made',
  positionals: [{ name: 'key', says: 'its name without the generation: vault, authority/ins_first_issuer' }],
  examples: ['sokkin key rotate vault', 'sokkin key rotate authority/ins_first_issuer'],
  run: (context, args) => act(context.api(), '/v1/keys/rotations', { key: args.text('key') }, 'From now on'),
};

export const keyRenew: Command = {
  name: 'key renew',
  says: 'certify the same key from today on',
  positionals: [INSTITUTION, { name: 'role', says: 'authority or issuer_purse' }],
  examples: ['sokkin key renew ins_first_issuer authority'],
  run(context, args) {
    const body = { institution: args.text('institution'), role: args.text('role') };
    return act(context.api(), '/v1/certificates/renew', body, 'Renewed the certificate of');
  },
};

export const keyDestroy: Command = {
  name: 'key destroy',
  says: 'destroy a retired key for good: old copies of the database that it sealed cannot be opened again',
  positionals: [{ name: 'id', says: 'with its generation: vault.1' }],
  flags: { 'for-good': { says: 'say that you mean it', required: false } },
  examples: ['sokkin key destroy vault.1 --for-good'],
  run(context, args) {
    if (!args.has('for-good')) throw new UsageError('Add --for-good: nothing brings a destroyed key back.');
    return act(context.api(), '/v1/keys/destructions', { id: args.text('id') }, 'Destroyed');
  },
};

export const keyPassphrase: Command = {
  name: 'key passphrase',
  says: 'give the key file of the data folder another passphrase',
  positionals: [{ name: 'file', says: 'its first line is the new passphrase; chmod 600' }],
  examples: ['sokkin key passphrase /etc/sokkin/passphrase'],
  async run(context, args) {
    const file = resolve(args.text('file'));
    const { changePassphrase, readConfig } = await import('@sokkin/server');
    await changePassphrase(readConfig({ ...context.env, SOKKIN_DATA: context.data }), file, file);
    return {
      json: { changed: true, file },
      lines: [
        `The key file opens with the first line of ${file}.`,
        `Start every server of this folder anew, with SOKKIN_KEY_PASSPHRASE_FILE=${file}.`,
      ],
    };
  },
};
