/**
 * What lies on the desk: two phones, a shop's devices, cards; and how all of it is replaced by new ones.
 *
 * What must hold: the things of one set have names of their own in this browser, so that a new set meets nothing of the old one; the old
 * one stays where it was, with its money.
 */
import { catalogue, keep, kept } from '@sokkin/ui';

export type PhoneId = 'hanako' | 'taro';
export type CardId = 'aoi' | 'kenji' | 'bank';

/** A device that a card can be held to. */
export interface Device {
  readonly id: string;
  /** What it calls itself on the field. */
  readonly place: string;
  readonly src: string;
}

/** Read by the wallets, too: apps/wallet/src/wallet/network.ts. */
const NETWORK = 'sokkin.network';
/** Which set is on the desk. */
const SET = 'sokkin.desk.pair';

export const firstSet = (): string => kept(SET) ?? '1';

/** The set after this one. Whatever was switched off is on again. */
export function nextSet(set: string): string {
  const next = String(Number(set) + 1);
  keep(SET, next);
  switchNetwork(true);
  return next;
}

export const isNetworkOn = (): boolean => kept(NETWORK) !== 'off';
export const switchNetwork = (isOn: boolean): void => keep(NETWORK, isOn ? undefined : 'off');

export const PEOPLE = catalogue(
  {
    hanako: 'Hanako',
    taro: 'Taro',
    aoi: 'Aoi',
    kenji: 'Kenji',
    phone: (name: string) => `Phone of ${name}`,
    card: (name: string) => `Card of ${name}`,
    bank: 'Bank card',
    softpos: 'SoftPOS of the bakery',
    bakery: 'Bakery',
    pos: 'POS of the shop',
    shop: 'Corner Shop',
  },
  {
    hanako: 'はな',
    taro: 'たろう',
    aoi: 'あおい',
    kenji: 'けんじ',
    phone: (name: string) => `${name}のスマホ`,
    card: (name: string) => `${name}のカード`,
    bank: '銀行のカード',
    softpos: 'パン屋のSoftPOS',
    bakery: 'パン屋',
    pos: 'お店のPOS',
    shop: 'かどのお店',
  },
);

export const placeOf = (set: string, id: string): string => `desk${set}${id}`;
export const idOfPlace = (set: string, place: string | undefined): string | undefined =>
  place?.startsWith(`desk${set}`) ? place.slice(`desk${set}`.length) : undefined;

export function phoneOf(set: string, id: PhoneId, name: string): Device {
  const place = placeOf(set, id);
  return { id, place, src: `/wallet/?wallet=${place}&begin=${encodeURIComponent(name)}` };
}

export function softposOf(set: string, name: string): Device {
  const place = placeOf(set, 'softpos');
  return { id: 'softpos', place, src: `/softpos/?shop=${place}&begin=${encodeURIComponent(name)}` };
}
