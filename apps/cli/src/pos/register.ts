/**
 * A merchant and a line at the back-end, for terminals of one's own sandbox: what a real acquirer does by contract.
 *
 * What must hold: what is there already is used and not made twice; terminals of one folder share the line's key, which the back-end
 * shows once.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import type * as read from '@sokkin/sdk/json';
import type { HttpApi } from '../api/http-api.ts';
import { everything } from '../api/oversight.ts';
import type { Context } from '../io/context.ts';
import { isDialectFile, type PosSettings, posPlace, readSettings } from './settings.ts';

/** What the acquirer and its line are called. */
const NAME = 'Shops';

/** The settings, with the key of the line. `account`: where the merchant's money comes. */
export async function register(
  context: Context,
  settings: PosSettings,
  account: string,
): Promise<PosSettings> {
  const api = context.api();
  const acquirer = await acquirerAt(api);
  await merchantAt(api, acquirer, settings, account);
  const known = settings.mac ?? (await lineKnown(context, settings));
  const mac = known ?? (await newLine(api, acquirer, settings));
  return { ...settings, mac };
}

const found = async (api: HttpApi, path: string, is: (one: read.Json) => boolean) =>
  (await everything(api, path)).find(is);

async function acquirerAt(api: HttpApi): Promise<string> {
  const isOurs = ({ kind, name }: read.Json): boolean => kind === 'acquirer' && name === NAME;
  const there = await found(api, '/v1/institutions', isOurs);
  const made =
    there ?? (await api.post('/v1/institutions', { kind: 'acquirer', name: NAME }, crypto.randomUUID()));
  return String(made.id);
}

async function merchantAt(
  api: HttpApi,
  institution: string,
  { merchant: acceptor, category, shop }: PosSettings,
  account: string,
): Promise<void> {
  const isThere = await found(
    api,
    '/v1/merchants',
    (one) => one.institution === institution && one.acceptor === acceptor,
  );
  if (isThere !== undefined) return;
  const body = { institution, acceptor, name: shop, category, account, takes_partial: true };
  await api.post('/v1/merchants', body, crypto.randomUUID());
}

/** Of another terminal of this folder on the same line. */
async function lineKnown(context: Context, settings: PosSettings): Promise<PosSettings['mac']> {
  const names = await readdir(join(context.data, 'pos')).catch(() => [] as string[]);
  for (const name of names) {
    const other = await readSettings(posPlace(context, name)).catch(() => undefined);
    if (other?.host !== settings.host || other.port !== settings.port || other.mac === undefined) continue;
    if (other.profile === settings.profile) return other.mac;
    throw new SokkinError(
      'line_speaks_otherwise',
      `The line to ${settings.host}:${settings.port} speaks ${other.profile} (terminal ${name}), not ${settings.profile}.`,
    );
  }
  return undefined;
}

async function newLine(
  api: HttpApi,
  institution: string,
  settings: PosSettings,
): Promise<PosSettings['mac']> {
  const isTaken = await found(
    api,
    '/v1/acquirer-connections',
    (one) => one.institution === institution && one.name === NAME,
  );
  if (isTaken !== undefined) throw lineTaken();
  const { profile } = settings;
  const document: unknown = isDialectFile(profile)
    ? JSON.parse(await readFile(resolve(profile), 'utf8'))
    : profile;
  const algorithm = 'retail-80';
  const body = { institution, name: NAME, profile: document, mac: { algorithm } };
  const made = await api.post('/v1/acquirer-connections', body, crypto.randomUUID());
  if (typeof made.mac_key === 'string') return { algorithm, key: made.mac_key };
  throw lineTaken();
}

const lineTaken = (): SokkinError =>
  new SokkinError(
    'line_taken',
    'The back-end has a line for shops already, and shows its key to nobody again: where it was made, "sokkin pos" has it; elsewhere, "sokkin pos new" takes it by --mac-key FILE. For another dialect, make a line of its own: "sokkin acquirer link" (docs/iso8583-host.md).',
  );
