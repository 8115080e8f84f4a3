/**
 * I7: a cloned or rolled-back purse proves itself by two of its messages; an honest one never does.
 * I8: a dispute is settled by Payment, Receipt and certificates, and by nothing with one byte changed.
 */
import { type Bytes, SokkinError } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import {
  type DisputeVerdict,
  INS,
  judgeDispute,
  judgeFork,
  object,
  parsePayment,
  parseReceipt,
  parseStatement,
  parseTicket,
  type Trust,
  type Witness,
} from '@sokkin/purse';
import {
  creditRequest,
  only,
  payRequest,
  say,
  settleRequest,
  sync,
  TODAY,
  ticketRequest,
  ZERO_NONCE,
} from '@sokkin/testkit';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Card } from '../src/index.ts';
import { type Frozen, freeze, malleated, thaw } from './people.ts';

let payer: Frozen;
let payee: Frozen;
beforeAll(async () => {
  payer = await freeze(10, 100n);
  payee = await freeze(11, 50n, payer.world);
});

/** What a message bears witness to. */
function witness(message: Bytes): Witness {
  switch (message[0]) {
    case 0x02:
      return parseTicket(message);
    case 0x03:
      return parsePayment(message);
    case 0x04:
      return parseReceipt(message);
    case 0x12:
      return parseReceipt(message);
    default:
      return parseStatement(message);
  }
}

const ticketOf = async (card: Card, reference: number, amount = 9n): Promise<Bytes> =>
  only(await say(card, INS.issueTicket, ticketRequest(amount, reference)));
const payTo = async (card: Card, to: Frozen, ticket: Bytes, amount: bigint): Promise<Bytes> =>
  only(await say(card, INS.pay, payRequest(to.certificate, ticket, amount)));
const statementOf = async (card: Card): Promise<Bytes> =>
  only(await say(card, INS.statement, object('nonce', ZERO_NONCE)));
const creditTo = async (card: Card, from: Frozen, payment: Bytes): Promise<Bytes> =>
  only(await say(card, INS.credit, creditRequest(from.certificate, payment)));

describe('I7 forks', () => {
  it('I7 a clone: any two messages about the same number prove it', async () => {
    const [one, clone] = [await thaw(payer), await thaw(payer)];
    const shop = await thaw(payee);
    const [first, second] = [await ticketOf(shop.card, 1), await ticketOf(shop.card, 2)];
    const history = [await payTo(one.card, payee, first, 5n), await statementOf(one.card)];
    const other = [await payTo(clone.card, payee, second, 5n), await statementOf(clone.card)];
    for (const a of history) {
      for (const b of other) expect(judgeFork(witness(a), witness(b)).verdict).toBe('fork');
    }
  });

  it('a roll-back: the purse signs its next number a second time', async () => {
    const shop = await thaw(payee);
    const [first, second] = [await ticketOf(shop.card, 1), await ticketOf(shop.card, 2)];
    const purse = await thaw(payer);
    const before = purse.nvm.snapshot();
    const spent = await payTo(purse.card, payee, first, 5n);
    const back = await thaw({ ...payer, image: before });
    const again = await payTo(back.card, payee, second, 5n);
    expect(judgeFork(witness(spent), witness(again))).toMatchObject({
      verdict: 'fork',
      seq: parsePayment(spent).fields.seq,
    });
    // Later messages of both lives prove it too, without the two that collided.
    const later = [await ticketOf(purse.card, 3), await ticketOf(back.card, 3)].map(witness);
    const [x, y] = later;
    expect(x && y && judgeFork(x, y).verdict).toBe('fork');
  });

  it('a clone of a payee that credits here and cancels there contradicts itself', async () => {
    const shop = await thaw(payee);
    const ticket = await ticketOf(shop.card, 1);
    const purse = await thaw(payer);
    const payment = await payTo(purse.card, payee, ticket, 5n);
    const clone = await thaw({ ...payee, image: shop.nvm.snapshot() });
    const yes = await creditTo(shop.card, payer, payment);
    const no = only(await say(clone.card, INS.cancel, creditRequest(payer.certificate, payment)));
    expect(judgeFork(witness(yes), witness(no)).verdict).not.toBe('consistent');
  });

  it('an honest purse never looks like one, whatever it went through', async () => {
    const step = fc.constantFrom('ticket', 'pay', 'credit', 'settle', 'state', 'sync', 'power', 'void');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const said = await live(steps);
        for (const [i, a] of said.entries()) {
          for (const b of said.slice(i)) expect(judgeFork(a, b).verdict).toBe('consistent');
        }
      }),
      { numRuns: 25, seed: 7 },
    );
  });
});

/** Two honest cards pay each other as the steps say; gives all that both have signed. */
async function live(steps: readonly string[]): Promise<Witness[]> {
  let a = await thaw(payer);
  let b = await thaw(payee);
  const said: Bytes[] = [];
  const tickets: Bytes[] = [];
  const payments: Bytes[] = [];
  const receipts: Bytes[] = [];
  const ask = async (card: Card, ins: number, data: Bytes, into: Bytes[]) => {
    const answer = await say(card, ins, data);
    if (answer.sw !== 0x9000 || answer.data.length === 0) return;
    into.push(only(answer));
    said.push(only(answer));
  };
  for (const [i, step] of steps.entries()) {
    const [ticket, payment, receipt] = [tickets.at(-1), payments.at(-1), receipts.at(-1)];
    if (step === 'ticket') await ask(b.card, INS.issueTicket, ticketRequest(9n, i), tickets);
    if (step === 'pay' && ticket)
      await ask(a.card, INS.pay, payRequest(payee.certificate, ticket, 2n), payments);
    if (step === 'credit' && payment)
      await ask(b.card, INS.credit, creditRequest(payer.certificate, payment), receipts);
    if (step === 'settle' && receipt)
      await say(a.card, INS.settle, settleRequest(payee.certificate, receipt));
    if (step === 'state')
      for (const { card } of [a, b]) await ask(card, INS.statement, object('nonce', ZERO_NONCE), []);
    if (step === 'sync') for (const { card } of [a, b]) await sync(payer.world, card);
    if (step === 'void' && ticket) {
      const no = new Uint8Array(4);
      new DataView(no.buffer).setUint32(0, parseTicket(ticket).fields.seq);
      await say(b.card, INS.voidTicket, object('number', no));
    }
    if (step === 'power') {
      a = await thaw({ ...payer, image: a.nvm.snapshot() });
      b = await thaw({ ...payee, image: b.nvm.snapshot() });
    }
  }
  return said.map(witness);
}

interface File {
  payment: Bytes;
  receipt: Bytes;
  payer: Bytes;
  payee: Bytes;
  issuer: Bytes;
}

describe('I8 disputes', () => {
  it.each(['credited', 'cancelled'] as const)(
    '%s: one byte changed anywhere never says anything else',
    async (outcome) => {
      const file = await dispute(outcome);
      const verdict = outcome === 'credited' ? 'paid' : 'cancelled';
      expect((await judge(file)).verdict).toBe(verdict);
      for (const part of Object.keys(file) as (keyof File)[]) {
        for (let at = 0; at < file[part].length; at++) {
          for (const bits of [0x01, 0x80, 0xff]) {
            const changed = file[part].map((b, i) => (i === at ? b ^ bits : b));
            const judged = await judge({ ...file, [part]: changed });
            expect(judged.verdict, `${part}, byte ${at} ^ ${bits}`).toBe('invalid');
          }
        }
      }
    },
  );

  it('a malleated signature is the same message and settles the same dispute', async () => {
    const file = await dispute('credited');
    const twin = { ...file, payment: malleated(file.payment), receipt: malleated(file.receipt) };
    expect(await judge(twin)).toEqual(await judge(file));
  });

  it('a Receipt about another payment of the same two is unrelated', async () => {
    const [one, other] = [await dispute('credited', 5n), await dispute('cancelled', 6n)];
    expect(await judge({ ...one, receipt: other.receipt })).toMatchObject({
      verdict: 'invalid',
      because: 'unrelated',
    });
  });

  it('I8 without a Receipt it says debited, and no more', async () => {
    const { payment } = await dispute('credited');
    const { issuer, root } = payer.world;
    const chain = { issuer: issuer.certificate, leaf: payer.certificate };
    const trust = { root: root.certificate, knownIssuers: [], epoch: TODAY };
    const file = { payment, receipt: undefined, payerChain: chain, payeeChain: undefined };
    expect((await judgeDispute(payer.world.crypto, trust, file)).verdict).toBe('debited_not_acknowledged');
  });
});

async function dispute(outcome: 'credited' | 'cancelled', amount = 5n): Promise<File> {
  const [a, b] = [await thaw(payer), await thaw(payee)];
  const payment = await payTo(a.card, payee, await ticketOf(b.card, 1), amount);
  const ins = outcome === 'credited' ? INS.credit : INS.cancel;
  const receipt = only(await say(b.card, ins, creditRequest(payer.certificate, payment)));
  const issuer = payer.world.issuer.certificate.bytes;
  return { payment, receipt, payer: payer.certificate.bytes, payee: payee.certificate.bytes, issuer };
}

/** As a public tool does it: from bytes, trusting the root alone. */
async function judge(file: File): Promise<DisputeVerdict> {
  const trust: Trust = { root: payer.world.root.certificate, knownIssuers: [], epoch: TODAY };
  try {
    const issuer = parseCertificate(file.issuer);
    const payerChain = { issuer, leaf: parseCertificate(file.payer) };
    const payeeChain = { issuer, leaf: parseCertificate(file.payee) };
    const { payment, receipt } = file;
    return await judgeDispute(payer.world.crypto, trust, { payment, receipt, payerChain, payeeChain });
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    return { verdict: 'invalid', which: 'payment', because: 'certificate_malformed' };
  }
}
