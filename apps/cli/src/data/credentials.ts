/**
 * The credentials that commands use: --client FILE, else SOKKIN_CLIENT, else what the sandbox wrote into the data folder.
 *
 *     {"client_id": "cli_...", "client_secret": "scs_..."}            as a client is made
 *     {"clients": {"first": {...}, "second": {...}}}                  as the sandbox writes them
 */
import { join } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import type { ClientCredentials } from '../api/token.ts';
import { damaged, readJson } from './files.ts';

/** Of the sandbox's two: the second approves what the first proposed. */
export type Which = 'first' | 'second';

export const credentialsPath = (data: string): string => join(data, 'credentials.json');

export async function readCredentials(path: string, which: Which): Promise<ClientCredentials> {
  const file = await readJson(path);
  if (file === undefined) throw none(path);
  const shown = isObject(file.clients) ? file.clients[which] : file;
  const { client_id: id, client_secret: secret } = isObject(shown) ? shown : {};
  if (typeof id !== 'string' || typeof secret !== 'string')
    throw damaged(path, new Error('it has no client_id and client_secret'));
  return { id, secret, from: path };
}

/** Whether somebody is there, as well, who approves what the first one proposes. */
export async function hasSecond(path: string): Promise<boolean> {
  const clients = (await readJson(path))?.clients;
  return isObject(clients) && clients.second !== undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const none = (path: string): SokkinError =>
  new SokkinError(
    'no_credentials',
    `There are no credentials in ${path}. Log in (sokkin login NAME), or name a client's file with --client. In a sandbox they are in the back-end's data folder: name that with --data.`,
  );
