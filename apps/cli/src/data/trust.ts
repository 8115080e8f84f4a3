/**
 * What this data folder believes: a root, and the issuers that the back-end showed under it. Pinned the first time
 * a card or phone is personalised; a back-end with another root is refused from then on.
 */
import { join } from 'node:path';
import { equal, hex, SokkinError } from '@sokkin/codec';
import { type Certificate, verifyLink, verifyRoot } from '@sokkin/crypto';
import { type HeldBlockList, listAge, type Trust } from '@sokkin/purse';
import * as read from '@sokkin/sdk/json';
import type { Verifier } from '@sokkin/terminal';
import type { Pki } from '../api/http-api.ts';
import type { Context } from '../io/context.ts';
import { loadBlockList } from './block-list.ts';
import { damaged, readJson, writeWhole } from './files.ts';
import type { Place } from './places.ts';

const DAY_MS = 86_400_000;

/** Phones have a clock; cards do not. */
export const today = (): number => Math.floor(Date.now() / DAY_MS);

const pathOf = ({ data }: Context): string => join(data, 'trust.json');

/** undefined: nothing was personalised in this folder yet. */
export async function loadTrust(context: Context): Promise<Trust | undefined> {
  const path = pathOf(context);
  const found = await readJson(path);
  if (found === undefined) return undefined;
  try {
    const root = read.certificate(found.root, 'root');
    const knownIssuers = read
      .list(found.issuers, 'issuers')
      .map((i, n) => read.certificate(i, `issuers[${n}]`));
    return { root, knownIssuers, epoch: today() };
  } catch (error) {
    throw damaged(path, error);
  }
}

/** What taps verify with; works offline. With the block lists that these phones carry: the newest counts. */
export async function verifierOf(context: Context, ...phones: readonly Place[]): Promise<Verifier> {
  const trust = await loadTrust(context);
  if (trust === undefined) {
    throw new SokkinError(
      'no_trust',
      `${context.data} knows no root certificate yet: personalise a card or create a phone first.`,
    );
  }
  const lists: HeldBlockList[] = [];
  for (const phone of phones) {
    const carried = await loadBlockList(context, trust, phone);
    if (carried !== undefined) lists.push(carried.held);
  }
  lists.sort((a, z) => z.number - a.number || z.epoch - a.epoch);
  const [blockList] = lists;
  const { state, days } = listAge(blockList, today());
  if (state === 'outdated')
    context.say(
      `The list of blocked purses is ${days} days old: who was blocked since then is not known here (sokkin blocklist fetch).`,
    );
  return { crypto: context.crypto, trust, blockList };
}

/** Pins the root of this back-end, or finds it to be the pinned one; issuers are added once verified under it. */
export async function pinTrust(context: Context, pki: Pki): Promise<Certificate> {
  const before = await loadTrust(context);
  if (before !== undefined && !equal(before.root.bytes, pki.root.bytes)) {
    throw new SokkinError(
      'other_root',
      `This back-end belongs to another root than the cards in ${context.data}. Use another folder for it (--data).`,
    );
  }
  const ignoreDates = { epoch: undefined };
  if ((await verifyRoot(context.crypto, pki.root)) !== 'ok')
    throw new SokkinError('bad_root', 'The root certificate of the back-end does not sign itself.');
  const known = [...(before?.knownIssuers ?? [])];
  for (const issuer of pki.issuers) {
    if (known.some((c) => equal(c.bytes, issuer.bytes))) continue;
    if ((await verifyLink(context.crypto, pki.root, issuer, ignoreDates)) === 'ok') known.push(issuer);
  }
  const content = { root: hex(pki.root.bytes), issuers: known.map((c) => hex(c.bytes)) };
  await writeWhole(pathOf(context), `${JSON.stringify(content, null, 2)}\n`);
  return pki.root;
}
