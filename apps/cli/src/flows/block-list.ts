/**
 * A phone fetches the block list: the whole one at first, then what changed.
 *
 * What must hold: the phone takes the list of its own purse's issuer alone; what does not verify leaves it as it was.
 */
import { equal, hex, SokkinError } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import type { Trust } from '@sokkin/purse';
import { select } from '@sokkin/terminal';
import type { HttpApi } from '../api/http-api.ts';
import { addPart, type CarriedList, keepBlockList, loadBlockList, partOf } from '../data/block-list.ts';
import { nameIn, type Place } from '../data/places.ts';
import { pinTrust, verifierOf } from '../data/trust.ts';
import type { Context } from '../io/context.ts';
import { refuse, withTap } from './tap.ts';

/** Changes that are kept one after the other before the whole list is fetched again. */
const MOST_PARTS = 32;

export interface Fetched {
  readonly before: CarriedList | undefined;
  readonly now: CarriedList;
}

export async function fetchBlockList(context: Context, api: HttpApi, phone: Place): Promise<Fetched> {
  await pinTrust(context, await api.pki());
  const { trust } = await verifierOf(context);
  const issuer = await issuerOf(context, trust, phone);
  const carried = await loadBlockList(context, trust, phone);
  // Of another issuer, it says nothing to this purse any more.
  const before = carried !== undefined && equal(carried.issuer.bytes, issuer.bytes) ? carried : undefined;
  const base = before !== undefined && before.parts.length < MOST_PARTS ? before : undefined;
  const since = base === undefined ? '' : `&since=${base.held.number}`;
  const answer = await api.get(`/v1/block-list?issuer=${hex(issuer.subjectRef)}${since}`);
  const now = await addPart(context, trust, { issuer, before, part: partOf(answer) });
  if (now !== before) await keepBlockList(phone, now);
  return { before, now };
}

/** With the network at hand, a phone that carries a list brings it up to date. That it cannot is said, and stops nothing. */
export async function refreshBlockList(context: Context, api: HttpApi, phone: Place): Promise<void> {
  if (phone.kind !== 'phone') return;
  try {
    const { trust } = await verifierOf(context);
    if ((await loadBlockList(context, trust, phone)) !== undefined) await fetchBlockList(context, api, phone);
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    context.say(`The block list of ${phone.name} is as it was: ${error.message}`);
  }
}

async function issuerOf(context: Context, trust: Trust, phone: Place): Promise<Certificate> {
  const own = await withTap(context, phone, {}, async (tapped) => {
    const selected = await select(tapped.transport);
    return selected.status === 'ok'
      ? selected.value.certificate
      : refuse(selected, tapped, { attempted: 'other' });
  });
  const issuer = own && trust.knownIssuers.find((c) => equal(c.subjectRef, own.issuerRef));
  if (issuer !== undefined) return issuer;
  throw new SokkinError(
    'not_personalised',
    `${nameIn(phone)} is blank: it has no issuer whose list it takes.`,
  );
}
