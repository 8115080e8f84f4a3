/**
 * Our payment card is held to its conformance suite: in process, with short length only, of another product, recorded,
 * and replayed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CardProfile, readProfile } from '@sokkin/issuer';
import { nodeCrypto, nodeRsa, nodeSymmetric } from '@sokkin/node';
import {
  type ApduPair,
  blankPaymentCard,
  FACTORY_KEYS,
  formatScript,
  type PaymentCardUnderTest,
  parseScript,
  paymentCardConformance,
  recording,
  replaying,
} from '@sokkin/testkit';
import { afterAll } from 'vitest';
import { repeatableCrypto, repeatableEmv } from './repeatable.ts';

const crypto = nodeCrypto();
const emv = { rsa: nodeRsa(), symmetric: nodeSymmetric() };
const domain = { keys: FACTORY_KEYS };

const profileNamed = (name: string): CardProfile =>
  readProfile(readFileSync(join(import.meta.dirname, '../../issuer/profiles', `${name}.json`), 'utf8'));
const profile = profileNamed('white-label');

async function inField(extended: boolean): Promise<PaymentCardUnderTest> {
  const card = await blankPaymentCard(crypto, emv, { extended });
  let tears = 0;
  return {
    domain,
    tap: () => card.tap(),
    // Each tear somewhere else: from before the first byte to after the last.
    tapTorn: (exchange) =>
      card.tap({ when: 'during', exchange, bytes: (tears++ * 1_000) % 1_700, mode: 'scrambled' }),
    dispose: () => undefined,
  };
}

paymentCardConformance('our engine, extended length', () => inField(true), { crypto, ...emv, profile });
paymentCardConformance('our engine, short length', () => inField(false), { crypto, ...emv, profile });
paymentCardConformance('our engine, under AES', () => inField(true), {
  crypto,
  ...emv,
  profile: profileNamed('white-label-aes'),
});

const script: ApduPair[] = [];
const [parties, bank] = [repeatableCrypto(crypto), repeatableEmv(emv.rsa, emv.symmetric)];
const repeatable = { crypto: parties.ports, ...bank.ports, profile };
paymentCardConformance(
  'our engine, recorded',
  async () => {
    const card = await blankPaymentCard(crypto, emv);
    return { domain, tap: async () => recording(await card.tap(), script), dispose: () => undefined };
  },
  repeatable,
);
let finish: () => void = () => undefined;
paymentCardConformance(
  'the recording, replayed',
  async () => {
    parties.rewind();
    bank.rewind();
    const replay = replaying(parseScript(formatScript(script)));
    finish = () => replay.finish();
    const { transmit, extended } = replay;
    return { domain, tap: async () => ({ transmit, extended }), dispose: () => undefined };
  },
  repeatable,
);
afterAll(() => finish());
