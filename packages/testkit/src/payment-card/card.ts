/**
 * Our own card as a payment card: blank with factory keys, and living.
 *
 * What must hold: what a suite is told of it is what it would be told of a stranger's: a way to tap it, and its keys.
 */
import { cardMemorySize, createCard, type EmvPorts, inMemoryNvm } from '@sokkin/card';
import { type Bytes, fromHex } from '@sokkin/codec';
import type { CryptoPort, Scp03Keys } from '@sokkin/crypto';
import type { CardProfile, PreparationPorts } from '@sokkin/issuer';
import { type FieldCard, fieldCard } from '../transport-in-process.ts';
import { makeWorld, type World } from '../world.ts';
import { type Bank, openBank } from './bank.ts';
import { bringToLife } from './birth.ts';

export const FACTORY_SERIAL: Bytes = fromHex('00010203040506070809');
/** Nobody's but the tests'. */
export const FACTORY_KEYS: Scp03Keys = {
  version: 0x30,
  enc: new Uint8Array(16).fill(0xe1),
  mac: new Uint8Array(16).fill(0x3a),
  dek: new Uint8Array(16).fill(0xd7),
};

export async function blankPaymentCard(
  crypto: CryptoPort,
  emv: EmvPorts,
  { extended = true }: { readonly extended?: boolean } = {},
): Promise<FieldCard> {
  const nvm = inMemoryNvm(cardMemorySize());
  const factory = { diversification: FACTORY_SERIAL, keys: FACTORY_KEYS };
  await createCard({ nvm, crypto, emv }, undefined, factory);
  return fieldCard(nvm, crypto, { extended, emv });
}

export interface LivingPaymentCard {
  readonly card: FieldCard;
  readonly world: World;
  readonly bank: Bank;
}

/** A payment card of that profile, secured, whose purse is active and holds `balance`. */
export async function makePaymentCard(
  crypto: CryptoPort,
  emv: PreparationPorts,
  profile: CardProfile,
  balance: bigint,
): Promise<LivingPaymentCard> {
  const card = await blankPaymentCard(crypto, emv);
  const world = await makeWorld(crypto);
  const bank = await openBank(emv, profile);
  const parts = { symmetric: emv.symmetric, keys: { keys: FACTORY_KEYS }, no: 700, balance };
  await bringToLife(await card.tap(), world, bank, parts);
  return { card, world, bank };
}
