/**
 * Area `card`: what the virtual card costs beside the cryptography that it needs.
 *
 * One payment is four commands: ISSUE TICKET (1 signature), PAY (certificate and ticket verified, 1 signature), CREDIT
 * (certificate and payment verified, 1 signature), SETTLE (certificate and receipt verified). The peer makes the very same
 * sign and verify calls, recorded from the cards' own round and replayed bare, in rounds that alternate with the
 * cards' rounds.
 */
import type { Bytes } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
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
const ROUNDS = 40;
const WARM_UPS = 120;

type Call =
  | { readonly kind: 'sign'; readonly handle: Bytes; readonly message: Bytes }
  | { readonly kind: 'verify'; readonly key: Bytes; readonly message: Bytes; readonly signature: Bytes };

/** The same port; while `calls` is set it notes what it is asked. */
function recording(inner: CryptoPort, tape: { calls: Call[] | undefined }): CryptoPort {
  return {
    randomBytes: (n) => inner.randomBytes(n),
    generateKey: () => inner.generateKey(),
    sign(handle, message) {
      tape.calls?.push({ kind: 'sign', handle, message });
      return inner.sign(handle, message);
    },
    verify(key, message, signature) {
      tape.calls?.push({ kind: 'verify', key, message, signature });
      return inner.verify(key, message, signature);
    },
  };
}

export async function card(): Promise<Row[]> {
  const tape: { calls: Call[] | undefined } = { calls: undefined };
  const world = await makeWorld(recording(nodeCrypto(), tape));
  const a = await makeActiveCard(world, 10, { balance: 1_000n });
  const b = await makeActiveCard(world, 11, { balance: 1_000n });
  let reference = 0;
  const round = async (): Promise<void> => {
    for (let i = 0; i < PAYMENTS; i += 2) {
      await payOnce(a, b, ++reference);
      await payOnce(b, a, ++reference);
    }
    await syncAll(world, [a, b]);
  };
  tape.calls = [];
  await round();
  const calls = tape.calls;
  tape.calls = undefined;
  const bare = nodeCrypto();
  const replay = (): void => {
    for (const call of calls) {
      if (call.kind === 'sign') bare.sign(call.handle, call.message);
      else if (!bare.verify(call.key, call.message, call.signature))
        throw new Error('A replayed signature is wrong');
    }
  };
  const seconds = await alternate({ card: round, bare: replay }, ROUNDS, WARM_UPS);
  const cardRate = PAYMENTS / (seconds.card ?? Number.NaN);
  const bareRate = PAYMENTS / (seconds.bare ?? Number.NaN);
  const signs = calls.filter((c) => c.kind === 'sign').length;
  return [
    {
      area: 'card',
      name: `payments per second, two virtual cards on one core, a sync each per ${PAYMENTS}`,
      value: cardRate,
      unit: '1/s',
      reference: `the same ${signs} sign and ${calls.length - signs} verify calls bare: ${Math.round(bareRate)}/s`,
      ratio: cardRate / bareRate,
      goal: '>= 0.7',
      met: cardRate / bareRate >= 0.7,
    },
  ];
}

async function syncAll(world: World, cards: readonly LivingCard[]): Promise<void> {
  for (const { card } of cards) {
    const { sw } = await sync(world, card);
    if (sw !== 0x9000) throw new Error(`APPLY GRANT answered ${sw.toString(16)}`);
  }
}

/** A payment whole: ticket, pay, credit, settle. */
async function payOnce(payer: LivingCard, payee: LivingCard, reference: number): Promise<void> {
  const ticket = only(await say(payee.card, INS.issueTicket, ticketRequest(1n, reference)));
  const payment = only(await say(payer.card, INS.pay, payRequest(payee.certificate, ticket, 1n)));
  const receipt = only(await say(payee.card, INS.credit, creditRequest(payer.certificate, payment)));
  const settled = await say(payer.card, INS.settle, settleRequest(payee.certificate, receipt));
  if (settled.sw !== 0x9000) throw new Error(`SETTLE answered ${settled.sw.toString(16)}`);
}
