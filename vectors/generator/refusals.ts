/**
 * One command for each status word that a purse can be brought to answer. Where it takes preparation, the
 * preparation stands before it, so that the file replays as a whole.
 */
import { type Bytes, concat, epochOfIso, fromHex } from '@sokkin/codec';
import { ASSURANCE, ROLE } from '@sokkin/crypto';
import { encodeTicket, object, pinBlock, READOUT, STATUS } from '@sokkin/purse';
import { SMALL } from './payments.ts';
import {
  authority,
  certify,
  EURO,
  issuer,
  otherIssuer,
  type Person,
  payeeCard,
  payeePhone,
  payerCard,
  payerPhone,
  root,
  secondPayerCard,
  YEN,
} from './people.ts';
import type { Json } from './show.ts';
import {
  amount,
  LIMITS,
  NONCE,
  number,
  PIN,
  type Purse,
  type Script,
  type Step,
  type World,
} from './world.ts';

const { secureElement } = ASSURANCE;

/** Certificates that an honest issuer would not give, or no longer believes. */
const recertified = (p: Person, changes: Parameters<typeof certify>[5]): Person =>
  certify(
    p.name,
    Buffer.from(p.certificate.subjectRef).toString('hex'),
    ROLE.purse,
    secureElement,
    issuer,
    changes,
  );
const inEuro = recertified(secondPayerCard, { currency: EURO });
const tooLong = recertified(secondPayerCard, { expiration: epochOfIso('2040-12-31') });
const expired = recertified(payeeCard, { expiration: epochOfIso('2026-06-30') });

const flipped = (bytes: Bytes): Bytes => {
  const copy = bytes.slice();
  const last = copy.length - 1;
  copy[last] = (copy[last] ?? 0) ^ 1;
  return copy;
};
const malformed = (bytes: Bytes): Bytes => {
  const copy = bytes.slice();
  // The value of 5F29, the profile identifier.
  copy[11] = 1;
  return copy;
};
const reference = (text: string): Bytes => object('reference', new TextEncoder().encode(text));

export const refusals: Script = {
  name: 'refusals',
  description:
    'Every status word that a purse can be brought to answer. The steps in between prepare; the list `statuses` says at which step each word is answered first.',
  spec: ['protocol.md 7', 'card-application.md 3 and 4'],
  async play(w) {
    const payer = await w.born(payerCard, 20_000n);
    const payee = await w.born(payeeCard);
    const blank = await w.blank(secondPayerCard);
    const small = await w.born(payerPhone, 10_000n, SMALL);
    w.begin();
    await transport(blank);
    await birth(blank);
    const ticket = await tickets(payer, payee);
    await paying(w, payer, payee, ticket);
    await windows(small, payee, payer);
    await grants(payer);
    await pins(payee);
  },
  extra: (steps) => ({ statuses: firstOfEach(steps), notReached: NOT_REACHED }),
};

/** What the engine answers before an applet is asked. */
async function transport(card: Purse): Promise<void> {
  const raw = (does: string, ...apdus: string[]) => card.raw(does, apdus.map(fromHex));
  await card.raw('a command before SELECT', [fromHex('8010000000')], { powerCycle: true });
  await raw('SELECT of another application', '00a4040005f00000000000');
  await raw('SELECT by file identifier', '00a4000c023f00');
  await card.tap();
  await raw('half a command', '8050');
  await raw('Lc says more than follows', '8050000005c1');
  await raw('a logical channel', '8110000000');
  await raw('secure messaging', '8410000000');
  await raw('an unknown class', '4010000000');
  await raw('VERIFY in the class of the purse', '8020008000');
  await raw('an unknown instruction', '80ff000000');
  await raw('PAY with a wrong P1', '8050010000');
  await raw('a chain that another command breaks', '9050000001c1', '8060000000');
  await raw(
    'a chain of more than 1,024 bytes',
    ...Array.from({ length: 5 }, () => `90500000ff${'00'.repeat(255)}`),
  );
  await raw('GET RESPONSE, and there is nothing', '00c0000000');
  await raw('SELECT without Le: the answer is fetched with GET RESPONSE', '00a4040008f0534f4b4b494e01');
}

async function birth(card: Purse): Promise<void> {
  const own = secondPayerCard.certificate.bytes;
  const store = (does: string, purse: Bytes, by: Person = issuer): Promise<unknown> =>
    card.send(
      `STORE DATA: ${does}`,
      'storeData',
      concat(
        object('root', root.certificate.bytes),
        object('issuer', by.certificate.bytes),
        object('purse', purse),
        object('pinBlock', pinBlock(PIN) ?? fromHex('')),
      ),
    );
  await card.send('ISSUE TICKET on a blank card', 'issueTicket', concat(amount(1n), reference('refuse00')));
  await card.getData(READOUT.limits, 'limits of a blank card');
  await card.send('GENERATE KEY with a nonce of 15 bytes', 'generateKey', object('nonce', NONCE.slice(1)));
  await store('a certificate with another profile', malformed(own));
  await store('a certificate by another issuer', own, otherIssuer);
  await store('the certificate of an authority', authority.certificate.bytes);
  await store('a certificate in another currency', inEuro.certificate.bytes);
  await store('a certificate that outlives its issuer', tooLong.certificate.bytes);
  await store('a certificate with a wrong signature', flipped(own));
  await store('before there is a key', own);
  await card.send('GENERATE KEY', 'generateKey', object('nonce', NONCE));
  await store('the certificate of another key', payeeCard.certificate.bytes);
  await store('all right', own);
  await store('a second time, as after a lost answer', own);
  await store('a second time, with another certificate', payeeCard.certificate.bytes);
}

async function tickets(payer: Purse, payee: Purse): Promise<Bytes> {
  const ask = (does: string, max: bigint, mark: string) =>
    payee.send(`ISSUE TICKET: ${does}`, 'issueTicket', concat(amount(max), reference(mark)));
  await ask('a maximum of zero', 0n, 'refuse01');
  await ask('more than the purse may hold', LIMITS.holding + 1n, 'refuse01');
  const ticket = await payee.ticket(40_000n, 'refuse01');
  await ask('the same reference, another maximum', 40_001n, 'refuse01');
  await payee.send('VOID TICKET 999', 'voidTicket', number(999));
  await payer.send('REISSUE payment 999', 'reissue', number(999));
  return ticket;
}

async function paying(w: World, payer: Purse, payee: Purse, ticket: Bytes): Promise<void> {
  const pay = (does: string, sum: bigint, by: Person = payeeCard, on: Bytes = ticket) =>
    payer.send(`PAY ${sum}: ${does}`, 'pay', payer.payData(by, on, sum));
  const forge = (by: Person, currency: number, does: string): Bytes =>
    w.sign(
      by,
      does,
      encodeTicket({
        purse: by.certificate.subjectRef,
        seq: 7,
        link: new Uint8Array(32).fill(0x77),
        currency,
        maxAmount: 40_000n,
        reference: new TextEncoder().encode('forged01'),
      }),
    );
  await pay('nothing', 0n);
  await pay('above the maximum of the ticket', 40_001n);
  await pay('above the limit for one payment', 30_001n);
  await pay('above the limit without a PIN', 5_001n);
  await payer.verifyPin('9999');
  await payer.verifyPin();
  await pay('more than there is', 20_001n);
  await pay('the signature of the ticket is wrong', 1n, payeeCard, flipped(ticket));
  await pay('the certificate of the payee has expired', 1n, expired);
  await pay(
    'a ticket in euro',
    1n,
    payeeCard,
    forge(payeeCard, EURO, 'signs a Ticket in euro, which no card does'),
  );
  const own = await payer.ticket(1_000n, 'refuse02');
  await pay('to itself', 1n, payerCard, own);
  const block = await payer.grant({ blocked: [payeePhone.certificate.subjectRef] }, 'blocks the payee phone');
  await payer.applyGrant(block);
  await pay('to a blocked purse', 1n, payeePhone, forge(payeePhone, YEN, 'signs a Ticket'));
  const payment = await payer.pay(payeeCard, ticket, 3_000n);
  await payer.send('CREDIT a payment to another purse', 'credit', payer.takeData(payerCard, payment));
  await payee.credit(payerCard, payment);
  await payee.voidTicket(ticket);
}

async function windows(small: Purse, payee: Purse, payer: Purse): Promise<void> {
  const row = { perPayment: 1_000n, cumulative: 1_500n };
  const tight = { ...LIMITS, count: 2, byClass: [row, row, row] as const };
  await small.tap();
  await small.applyGrant(await small.grant({ limits: tight }, 'two payments, 1500 in all'));
  const on: Bytes[] = [];
  for (const mark of ['refuse03', 'refuse04', 'refuse05']) on.push(await payee.ticket(1_000n, mark));
  const [first, second, third] = on;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three tickets');
  const pay = (does: string, sum: bigint) =>
    small.send(`PAY ${sum}: ${does}`, 'pay', small.payData(payeeCard, third, sum));
  const payment = await small.pay(payeeCard, first, 1_000n);
  await pay('above the limit for all payments', 501n);
  await small.pay(payeeCard, second, 100n);
  await pay('one payment too many', 100n);
  await small.applyGrant(await small.grant({}, 'raises the limits'));
  await pay('both places for open payments are taken', 100n);
  await payer.send('CREDIT a payment to another purse', 'credit', payer.takeData(payerPhone, payment));
  const open = await small.ticket(100n, 'small001');
  await small.ticket(100n, 'small002');
  await small.send(
    'ISSUE TICKET: both places are taken',
    'issueTicket',
    concat(amount(100n), reference('small003')),
  );
  await small.voidTicket(open);
  for (let i = 3; ; i++) {
    const mark = `small00${i}`;
    const does = `ISSUE TICKET: at most 100, reference "${mark}"`;
    const answer = await small.send(does, 'issueTicket', concat(amount(100n), reference(mark)));
    if (answer.sw !== STATUS.ok.sw) break;
    await small.voidTicket(answer.data.slice(3));
  }
}

async function grants(payer: Purse): Promise<void> {
  await payer.applyGrant(await payer.grant({ grantNo: 1 }, 'an old number'));
  await payer.applyGrant(await payer.grant({ ackHead: new Uint8Array(32).fill(0xab) }, 'another journal'));
}

async function pins(card: Purse): Promise<void> {
  for (const digits of ['0000', '0001', '0002']) await card.verifyPin(digits);
  await card.verifyPin();
}

const NOT_REACHED: Json = [
  {
    status: 'sequence_exhausted',
    why: 'It takes 2^32 - 1 entries.',
  },
  {
    status: 'certificate_wrong_suite',
    why: 'There is one suite; a certificate with another object identifier is certificate_malformed.',
  },
];

function firstOfEach(steps: readonly Step[]): Json {
  const first = new Map<string, Json>();
  steps.forEach((step, index) => {
    for (const { response } of step.short ?? []) {
      const sw = response.slice(-4).toUpperCase();
      if (first.has(sw)) continue;
      const last = sw === step.sw;
      first.set(sw, {
        sw,
        ...(last && step.status ? { status: step.status } : {}),
        ...(last && step.says ? { says: step.says } : {}),
        step: index,
      });
    }
  });
  return [...first.values()].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}
