/** What tests of data preparation are made of: ports, the profiles of this package, an issuer for each, an order. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { epochOfIso, fromHex } from '@sokkin/codec';
import {
  type CardOrder,
  type CardProfile,
  type EmvIssuer,
  makeEmvIssuer,
  type PreparationPorts,
  readProfile,
} from '@sokkin/issuer';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';

export const ports: PreparationPorts = { rsa: nodeRsa(), symmetric: nodeSymmetric() };
export const today = epochOfIso('2026-11-22');
export const PROFILE_NAMES = ['white-label', 'white-label-aes', 'jcb-shaped', 'phone'] as const;
/** With that of tokens, which is only ever loaded for a number of a token range. */
export const ALL_PROFILES = [...PROFILE_NAMES, 'phone-token'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

export const profileText = (name: (typeof ALL_PROFILES)[number]): string =>
  readFileSync(join(import.meta.dirname, '../profiles', `${name}.json`), 'utf8');
export const profileNamed = (name: (typeof ALL_PROFILES)[number]): CardProfile =>
  readProfile(profileText(name));

const issuers = new Map<CardProfile['name'], Promise<EmvIssuer>>();

/** One issuer for each profile: its CA key has the RID of the profile's AID. */
export function issuerFor(profile: CardProfile): Promise<EmvIssuer> {
  const made =
    issuers.get(profile.name) ??
    makeEmvIssuer(ports, {
      rid: profile.control.aid.slice(0, 5),
      caIndex: 0xe1,
      identifier: '999912',
      expiry: '1240',
      cipher: profile.control.cipher,
      keyIndex: 7,
      sizes: profile.rsa,
    });
  issuers.set(profile.name, made);
  return made;
}

/** An order that fits the profile; the PAN is of a range that nobody has. */
export function orderFor({ control }: CardProfile): CardOrder {
  const order = {
    pan: '9999120000000000',
    sequence: '01',
    expiry: '3112',
    effective: epochOfIso('2026-01-01'),
    holderName: 'SOKKIN/TEST',
    serial: fromHex('0a0b0c'),
    par: 'Q1H40000000000000000000000000',
  };
  return control.limitedUseOnly
    ? { ...order, limitedUse: { number: 1, uses: 5 } }
    : { ...order, pin: '123456' };
}
