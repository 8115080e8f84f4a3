/**
 * Area `card`: what the virtual card costs beside the cryptography that it needs.
 *
 * One payment is four commands: ISSUE TICKET (1 signature), PAY (certificate and ticket verified, 1 signature), CREDIT
 * (certificate and payment verified, 1 signature), SETTLE (certificate and receipt verified): 3 signatures and 6
 * verifications with a known issuer. The peer makes just these calls, on keys and messages of the same sizes, in
 * rounds that alternate with the card's.
 */

import { nodeCrypto } from '@sokkin/node';
import { INS } from '@sokkin/purse';
import {
  creditRequest,
  type LivingCard,
  makeActiveCard,
  makeWorld,
  only,
  payRequest,
  say,
  settleRequest,
  sync,
  ticketRequest,
  type World,
} from '@sokkin/testkit/world';
import { alternate, type Row } from './row.ts';

const PAYMENTS = 40;
const ROUNDS = 15;
const SIGNS = 3;
const VERIFIES = 6;

export async function card(): Promise<Row[]> {
  const world: World = await makeWorld(nodeCrypto());
  const [a, b] = [
    await makeActiveCard(world, 10, { balance: 1_000n }),
    await makeActiveCard(world, 11, { balance: 1_000n }),
  ];
  const bare = nodeCrypto();
  const keys = [bare.generateKey(), bare.generateKey(), bare.generateKey()];
  const message = bare.randomBytes(140);
  const signed = keys.map((k) => ({ key: k, signature: bare.sign(k.handle, message) }));
  let counter = 0;
  const seconds = await alternate(
    {
      card: async () => {
        for (let i = 0; i < PAYMENTS; i += 2) {
          await payOnce(a, b, ++counter);
          await payOnce(b, a, ++counter);
        }
        for (const { card } of [a, b]) if ((await sync(world, card)).sw !== 0x9000) throw new Error('sync');
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

/** A payment whole: ticket, pay, credit, settle. */
async function payOnce(payer: LivingCard, payee: LivingCard, reference: number): Promise<void> {
  const ticket = only(await say(payee.card, INS.issueTicket, ticketRequest(1n, reference)));
  const payment = only(await say(payer.card, INS.pay, payRequest(payee.certificate, ticket, 1n)));
  const receipt = only(await say(payee.card, INS.credit, creditRequest(payer.certificate, payment)));
  const settled = await say(payer.card, INS.settle, settleRequest(payee.certificate, receipt));
  if (settled.sw !== 0x9000) throw new Error(`SETTLE answered ${settled.sw.toString(16)}`);
}
