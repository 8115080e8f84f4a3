/**
 * What a load needs at the back-end of a sandbox: cards of another issuer whose keys both have, linked to accounts with money, a
 * merchant, a line. Kept in SOKKIN_DATA/pos-load.json, so that the next load goes on with it.
 *
 * What must hold: a card's counter never comes twice, also over several loads; the file is for its owner only, and its cards are no real
 * ones.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, hex, SokkinError } from '@sokkin/codec';
import { type CryptogramProfile, readCryptogramProfile } from '@sokkin/issuer';
import { nodeSymmetric } from '@sokkin/node';
import { z } from 'zod';
import { moveMoney } from '../../api/oversight.ts';
import { damaged, readJson, writeWhole } from '../../data/files.ts';
import type { Context } from '../../io/context.ts';
import { inParallel } from '../../io/parallel.ts';
import { lineKeySchema, type PosSettings } from '../settings.ts';
import { LoadCard, type LoadIssuer, panOf } from './cards.ts';
import { bringRange, newMasterKey } from './range.ts';

const schema = z.strictObject({
  format: z.literal('sokkin-pos-load-1'),
  masterKey: z.string().regex(/^[0-9a-f]{32}$/),
  prefix: z.string().regex(/^\d{6}$/),
  /** Where the money of the cards' accounts comes from. */
  treasury: z.string(),
  /** The next counter of each card, by its number. */
  counters: z.array(z.int().min(1)),
  /** The line that a load made for itself: its key is shown once. */
  line: z
    .strictObject({ host: z.string(), port: z.int(), profile: z.string(), mac: lineKeySchema })
    .optional(),
});
export type LoadWorld = z.infer<typeof schema>;

export const LOAD_MERCHANT = 'LOADSHOP';
const [DIGITS, KEY_INDEX, VERSION] = [16, 1, 'cvn18'];
const PREFIX = '999916';
const MONEY_EACH = 1_000_000n;
const AT_ONCE = 8;
/** Two octets: a card is used up then. */
const MOST_ATC = 60_000;

const pathOf = ({ data }: Context): string => join(data, 'pos-load.json');

async function readWorld(context: Context): Promise<LoadWorld | undefined> {
  const json = await readJson(pathOf(context));
  if (json === undefined) return undefined;
  const read = schema.safeParse(json);
  if (!read.success) throw damaged(pathOf(context), new Error(read.error.issues[0]?.path.join('.')));
  return read.data;
}

export const keepWorld = (context: Context, world: LoadWorld): Promise<void> =>
  writeWhole(pathOf(context), `${JSON.stringify(world)}\n`);

/** With at least that many cards; makes what is missing. `onCard` hears of each new one. */
export async function loadWorld(context: Context, cards: number, onCard: () => void): Promise<LoadWorld> {
  let world = (await readWorld(context)) ?? (await newWorld(context));
  const missing = cards - world.counters.length;
  if (missing <= 0) return world;
  const from = world.counters.length;
  const total = MONEY_EACH * BigInt(missing);
  const key = crypto.randomUUID();
  await moveMoney(context.api(), await context.approver(), {
    kind: 'issue',
    key,
    account: world.treasury,
    amount: total,
  });
  const numbers = Array.from({ length: missing }, (_, i) => from + i);
  await inParallel(
    numbers,
    AT_ONCE,
    () => false,
    async (number) => {
      await newCard(context, world, number);
      onCard();
    },
  );
  world = { ...world, counters: [...world.counters, ...numbers.map(() => 1)] };
  await keepWorld(context, world);
  return world;
}

async function newWorld(context: Context): Promise<LoadWorld> {
  const [api, second] = [context.api(), await context.approver()];
  if (second === undefined)
    throw new SokkinError(
      'sandbox_needed',
      'Loads are for a sandbox: here nobody is there who brings the other half of the keys.',
    );
  const port = nodeSymmetric();
  const masterKey = newMasterKey(port);
  const post = (who: typeof api) => (path: string, body: object) => who.post(path, body, crypto.randomUUID());
  const range = { prefix: PREFIX, digits: DIGITS, version: VERSION, keyIndex: KEY_INDEX, masterKey };
  await bringRange(port, post(api), post(second), range);
  const { id: treasury } = await api.createAccount('Load');
  const world: LoadWorld = {
    format: 'sokkin-pos-load-1',
    ...{ masterKey: hex(masterKey), prefix: PREFIX, treasury, counters: [] },
  };
  await keepWorld(context, world);
  return world;
}

async function newCard(context: Context, { prefix, treasury }: LoadWorld, number: number): Promise<void> {
  const api = context.api();
  const { id: account } = await api.createAccount(`Load ${number}`);
  const card = { pan: panOf(prefix, number, DIGITS), expiry: '3112' };
  await api.post('/v1/links', { account, card }, crypto.randomUUID());
  const order = { from: treasury, to: account, amount: MONEY_EACH.toString(), currency: 'JPY' };
  await api.post('/v1/transfers', order, crypto.randomUUID());
}

/** The key of the line that a load made here before. */
export const lineKeyOf = ({ line }: LoadWorld, { host, port, profile }: PosSettings): PosSettings['mac'] =>
  line?.host === host && line.port === port && line.profile === profile ? line.mac : undefined;

export const withLine = (world: LoadWorld, { host, port, profile, mac }: PosSettings): LoadWorld =>
  mac === undefined ? world : { ...world, line: { host, port, profile, mac } };

export const panAt = ({ prefix }: LoadWorld, number: number): string => panOf(prefix, number, DIGITS);

/** The cards as they go on. */
export async function cardsOf({ masterKey, prefix, counters }: LoadWorld): Promise<LoadCard[]> {
  const issuer: LoadIssuer = {
    ...{ port: nodeSymmetric(), keyIndex: KEY_INDEX, masterKey: fromHex(masterKey) },
    profile: await version(),
  };
  return counters.flatMap((atc, number) =>
    atc > MOST_ATC ? [] : [new LoadCard(issuer, panOf(prefix, number, DIGITS), atc)],
  );
}

async function version(): Promise<CryptogramProfile> {
  const url = new URL(import.meta.resolve(`@sokkin/issuer/cryptograms/${VERSION}.json`));
  return readCryptogramProfile(await readFile(url, 'utf8'));
}
