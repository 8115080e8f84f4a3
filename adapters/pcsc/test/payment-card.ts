/** What payment cards in these tests are made of. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CardProfile, readProfile } from '@sokkin/issuer';
import { nodeCrypto, nodeRsa, nodeSymmetric } from '@sokkin/node';
import { type LivingPaymentCard, makePaymentCard } from '@sokkin/testkit';

export const crypto = nodeCrypto();
export const emv = { rsa: nodeRsa(), symmetric: nodeSymmetric() };

const PROFILES = join(import.meta.dirname, '../../../packages/issuer/profiles');
export const profile: CardProfile = readProfile(readFileSync(join(PROFILES, 'white-label.json'), 'utf8'));

export const livingPaymentCard = (balance: bigint): Promise<LivingPaymentCard> =>
  makePaymentCard(crypto, emv, profile, balance);
