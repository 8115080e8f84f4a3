/**
 * Area `card`: what the virtual card costs beside the cryptography that it needs.
 *
 * One payment is four commands: ISSUE TICKET (1 signature), PAY (certificate and ticket verified, 1 signature), CREDIT
 * (certificate and payment verified, 1 signature), SETTLE (certificate and receipt verified): 3 signatures and 6
 * verifications with a known issuer. The peer makes just these calls, on keys and messages of the same sizes, in
 * rounds that alternate with the card's.
 */

import { u32 } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import { makeIssuer, payOnce } from './people.ts';
import { alternate, type Row } from './row.ts';

const PAYMENTS = 40;
const ROUNDS = 15;
const SIGNS = 3;
const VERIFIES = 6;

export async function card(): Promise<Row[]> {
  const issuer = await makeIssuer();
  const [a, b] = [await issuer.purse(10), await issuer.purse(11)];
  await issuer.fund(a, 1_000n);
  await issuer.fund(b, 1_000n);
  const bare = nodeCrypto();
  const keys = [bare.generateKey(), bare.generateKey(), bare.generateKey()];
  const message = bare.randomBytes(140);
  const signed = keys.map((k) => ({ key: k, signature: bare.sign(k.handle, message) }));
  let counter = 0;
  const seconds = await alternate(
    {
      card: async () => {
        for (let i = 0; i < PAYMENTS; i += 2) {
          const reference = (): Uint8Array => Uint8Array.from([0, 0, 0, 0, ...u32(++counter)]);
          await payOnce(a, b, 1n, reference());
          await payOnce(b, a, 1n, reference());
        }
        await a.sync();
        await b.sync();
      },
      bare: () => {
        for (let i = 0; i < PAYMENTS; i++) {
          for (let s = 0; s < SIGNS; s++) bare.sign(keys[s]?.handle ?? message, message);
          for (let v = 0; v < VERIFIES; v++) {
            const one = signed[v % signed.length];
            if (one === undefined || !bare.verify(one.key.publicKey, message, one.signature))
              throw new Error('verify');
          }
        }
      },
    },
    ROUNDS,
  );
  const [cardRate, bareRate] = [
    PAYMENTS / (seconds.card ?? Number.NaN),
    PAYMENTS / (seconds.bare ?? Number.NaN),
  ];
  const ratio = cardRate / bareRate;
  return [
    {
      area: 'card',
      name: 'payments per second, two virtual cards on one core, syncs included',
      value: cardRate,
      unit: '1/s',
      reference: `bare: ${SIGNS} signatures and ${VERIFIES} verifications, ${Math.round(bareRate)}/s in the same run`,
      ratio,
      goal: '>= 0.7',
      met: ratio >= 0.7,
    },
  ];
}
