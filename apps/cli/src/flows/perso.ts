/**
 * Personalising a card with a security domain: the back-end does it over a secure channel, and this carries the
 * APDUs; then the first sync activates the purse. Also new limited-use keys for a phone.
 *
 * What must hold: torn anywhere, the same call goes on: a personalisation that did not come to its end begins anew,
 * one that did is not begun again.
 */
import type { Bytes } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import * as read from '@sokkin/sdk/json';
import { type AssuranceName, type PurseInfo, provision, select } from '@sokkin/terminal';
import type { HttpApi } from '../api/http-api.ts';
import { aboutOf, type Kind, keepAbout, type Place } from '../data/places.ts';
import type { Context } from '../io/context.ts';
import { relay } from './relay.ts';
import { refuse, type TapOptions, type Tapped, withTap } from './tap.ts';

/** What a kind of purse is, unless the command says otherwise. */
export const USUAL: Readonly<Record<Kind, { readonly assurance: AssuranceName; readonly profile: string }>> =
  {
    card: { assurance: 'secure_element', profile: 'white-label' },
    phone: { assurance: 'software', profile: 'phone' },
  };

export interface PersoOrder {
  /** Id of the account. */
  readonly account: string;
  readonly assurance: AssuranceName;
  readonly profile: string;
  readonly pin: string;
  readonly tier?: number;
  /** The item of an order that the card is for. */
  readonly wanted?: { readonly order: string; readonly item: number };
  /** Pinned before (`pinTrust`). */
  readonly root: Certificate;
}

export interface Personalised {
  /** It was active before, and nothing was done. */
  readonly wasActive: boolean;
  /** The purse's id. */
  readonly purse: Bytes;
}

export async function persoFlow(
  context: Context,
  api: HttpApi,
  wish: PersoOrder & { readonly place: Place; readonly serial: Bytes },
  options: TapOptions = {},
): Promise<Personalised> {
  const { place, serial, account } = wish;
  return withTap(context, place, options, async (tapped) => {
    const selected = await select(tapped.transport);
    if (selected.status !== 'ok') return refuse(selected, tapped, { attempted: 'other' });
    const about = await aboutOf(place);
    if (about !== undefined && selected.value.lifecycle === 'active')
      return { wasActive: true, purse: about.purse };
    if (about === undefined) {
      const purse =
        (await finishedBefore(api, serial, selected.value)) ??
        (await personalise(tapped, api, { ...wish, serial }));
      await keepAbout(place, { account, purse });
    }
    const born = await provision(tapped.transport, context.crypto, api, wish);
    if (born.status !== 'ok') return refuse(born, tapped, { attempted: 'other' });
    return { wasActive: false, purse: born.value.purse.subjectRef };
  });
}

/** The last time came to its end, but for writing it down. */
async function finishedBefore(
  api: HttpApi,
  serial: Bytes,
  { certificate }: PurseInfo,
): Promise<Bytes | undefined> {
  if (certificate === undefined) return undefined;
  const known = await api.card(serial);
  return known.personalisedAt === undefined ? undefined : certificate.subjectRef;
}

async function personalise(
  { transport }: Tapped,
  api: HttpApi,
  order: PersoOrder & { readonly serial: Bytes },
): Promise<Bytes> {
  const { serial, account, assurance, profile, pin, tier, wanted } = order;
  const session = await api.beginPersonalisation({ serial, account, assurance, profile, pin, tier, wanted });
  const result = await relay(transport, api, session);
  const certificates = read.object(result.certificates, 'certificates');
  return read.certificate(certificates.purse, 'certificates.purse').subjectRef;
}

export interface Replenished {
  readonly keyNumber: number;
  /** Payments that the new key is good for. */
  readonly uses: number;
}

export async function replenishFlow(
  context: Context,
  api: HttpApi,
  { place, serial }: { readonly place: Place; readonly serial: Bytes },
  options: TapOptions = {},
): Promise<Replenished> {
  return withTap(context, place, options, async ({ transport }) => {
    const result = await relay(transport, api, await api.beginReplenishment(serial));
    return {
      keyNumber: read.number(result.key_number, 'key_number'),
      uses: read.number(result.uses, 'uses'),
    };
  });
}
