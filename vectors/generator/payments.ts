/** Transcripts of payments between two purses, and of what can happen to them. */
import { concat } from '@sokkin/codec';
import {
  CARD_PROFILE,
  judgeFork,
  object,
  parsePayment,
  parseStatement,
  READOUT,
  type Witness,
} from '@sokkin/purse';
import { payeeCard, payeePhone, payerCard, payerPhone, secondPayerCard } from './people.ts';
import { showFields } from './show.ts';
import { chainFor, type Purse, type Script, type World } from './world.ts';

export const twoTapCardPayment: Script = {
  name: 'two-tap-card-payment',
  description:
    'Two cards pay each other by way of a phone, offline. The phone has fetched a ticket of its owner’s card beforehand. Tap 1: the payer’s card. Tap 2: the payee’s card, which credits and gives the next ticket. At last the receipt goes back to the payer’s card.',
  spec: ['protocol.md 1', 'protocol.md 6.1 to 6.4', 'card-application.md 4.3, 4.4 and 8'],
  async play(w) {
    const payer = await w.born(payerCard, 20_000n);
    const payee = await w.born(payeeCard);
    w.begin();
    await payee.tap();
    const ticket = await payee.ticket(5_000n, 'order001');
    await payer.tap();
    const payment = await payer.pay(payeeCard, ticket, 1_500n);
    await payee.tap();
    const receipt = await payee.credit(payerCard, payment);
    await payee.ticket(5_000n, 'order002');
    await payer.tap();
    await payer.settle(payeeCard, receipt);
    await readAll(payer);
    await readAll(payee);
  },
};

async function readAll(purse: Purse): Promise<void> {
  await purse.getData(READOUT.summary, 'summary');
  await purse.getData(READOUT.limits, 'limits');
  await purse.getData(READOUT.openPayments, 'open payments');
  await purse.getData(READOUT.openTickets, 'open tickets');
  await purse.getData(READOUT.history, 'last transactions');
}

export const phonePayment: Script = {
  name: 'phone-payment',
  description:
    'Two phones in one tap. The payee’s purse is another issuer’s and in software, so the issuer certificates travel too, and the limits are those for software. The amount is above what may be paid without a PIN. The payee spends on at once.',
  spec: ['protocol.md 3', 'protocol.md 6.2', 'protocol.md 6.8', 'card-application.md 3, 4.2 and 4.4'],
  async play(w) {
    const payer = await w.born(payerPhone, 50_000n);
    const payee = await w.born(payeePhone);
    const shop = await w.born(payeeCard);
    w.begin();
    await payer.tap();
    await payee.tap();
    const ticket = await payee.ticket(8_000n, 'phone001');
    await payer.send('PAY 8000 without a PIN', 'pay', payer.payData(payeePhone, ticket, 8_000n));
    await payer.verifyPin();
    const payment = await payer.pay(payeePhone, ticket, 8_000n);
    const receipt = await payee.credit(payerPhone, payment);
    await payer.send(
      'SETTLE in the session of the PAY: the payee is known, so no certificate is shown',
      'settle',
      object('receipt', receipt),
    );
    await payer.tap();
    await payer.send('the same in another session', 'settle', object('receipt', receipt));
    await payer.settle(payeePhone, receipt);
    // What was received is spent on at once, with nothing online.
    const shopTicket = await shop.ticket(3_000n, 'shop0001');
    const spent = await payee.pay(payeeCard, shopTicket, 3_000n);
    await payee.settle(payeeCard, await shop.credit(payeePhone, spent));
  },
};

export const cancellation: Script = {
  name: 'cancellation',
  description:
    'The payee does not want the payment: it cancels instead of crediting, and the payer is credited back, exactly once. A ticket that was cancelled is used up.',
  spec: ['protocol.md 6.3', 'protocol.md 6.4'],
  async play(w) {
    const payer = await w.born(payerCard, 20_000n);
    const payee = await w.born(payeeCard);
    w.begin();
    const ticket = await payee.ticket(5_000n, 'order003');
    const payment = await payer.pay(payeeCard, ticket, 2_000n);
    const receipt = await payee.cancel(payerCard, payment);
    await payee.credit(payerCard, payment);
    await payer.settle(payeeCard, receipt);
    await payer.settle(payeeCard, receipt);
    await payer.send('PAY again on the cancelled ticket', 'pay', payer.payData(payeeCard, ticket, 2_000n));
  },
};

export const refusalOnUsedTicket: Script = {
  name: 'refusal-on-used-ticket',
  description:
    'A dishonest phone shows one ticket to two payers. The first payment is credited; the second gets a Refusal, which writes nothing, and its payer is credited back. A payment on a withdrawn ticket ends in the same way.',
  spec: ['protocol.md 4.5', 'protocol.md 6.3', 'protocol.md 6.4'],
  async play(w) {
    const payer = await w.born(payerCard, 20_000n);
    const second = await w.born(secondPayerCard, 20_000n);
    const payee = await w.born(payeeCard);
    w.begin();
    const ticket = await payee.ticket(5_000n, 'order004');
    const payment = await payer.pay(payeeCard, ticket, 1_000n);
    const late = await second.pay(payeeCard, ticket, 700n);
    const receipt = await payee.credit(payerCard, payment);
    const refusal = await payee.credit(secondPayerCard, late);
    await payee.credit(payerCard, payment);
    await payer.settle(payeeCard, receipt);
    await second.settle(payeeCard, refusal);
    const withdrawn = await payee.ticket(5_000n, 'order005');
    const vain = await payer.pay(payeeCard, withdrawn, 900n);
    await payee.voidTicket(withdrawn);
    await payer.settle(payeeCard, await payee.credit(payerCard, vain));
  },
};

export const replay: Script = {
  name: 'replay',
  description:
    'A payment from ticket to receipt, and then every command and message of it again. Every answer is the same, byte for byte, and nothing changes. With another maximum, the reference of a ticket is refused.',
  spec: ['protocol.md 1, I4', 'protocol.md 6', 'protocol.md 8'],
  async play(w) {
    const payer = await w.born(payerCard, 20_000n);
    const payee = await w.born(payeeCard);
    w.begin();
    const grant = await payer.grant({}, 'the same limits again');
    await payer.applyGrant(grant);
    const ticket = await payee.ticket(5_000n, 'order006');
    const payment = await payer.pay(payeeCard, ticket, 1_234n);
    const receipt = await payee.credit(payerCard, payment);
    await payer.settle(payeeCard, receipt);
    await payer.applyGrant(grant);
    await payee.ticket(5_000n, 'order006');
    await payer.pay(payeeCard, ticket, 1_234n);
    // The amount of the second time does not count: the ticket says which payment is meant.
    await payer.pay(payeeCard, ticket, 4_000n);
    await payer.send('REISSUE the payment', 'reissue', object('number', payment.slice(11, 15)));
    await payee.credit(payerCard, payment);
    await payee.cancel(payerCard, payment);
    await payer.settle(payeeCard, receipt);
    await payee.send(
      'CREDIT the Payment that names another purse',
      'credit',
      concat(chainFor(payeeCard, payeeCard), object('payment', payment)),
    );
  },
};

export const fork: Script = {
  name: 'fork',
  description:
    'A card is copied with its memory and key. Original and copy each pay on a ticket of their own; both payments verify, and both are credited, because the payee cannot know. The two Payments have one sequence number: together they prove the copy. So do a Payment and a Statement that disagree.',
  spec: ['protocol.md 9', 'protocol.md 11'],
  async play(w) {
    const payer = await w.born(payerCard, 20_000n);
    const payee = await w.born(payeeCard);
    w.begin();
    const first = await payee.ticket(5_000n, 'order007');
    const second = await payee.ticket(5_000n, 'order008');
    const clone = await payer.copy('copied card');
    const payment = await payer.pay(payeeCard, first, 1_000n);
    await clone.tap();
    const forged = await clone.pay(payeeCard, second, 2_000n);
    await payee.credit(payerCard, payment);
    await payee.credit(payerCard, forged);
    const statement = await clone.statement();
    const before = witness(payment);
    judge(w, 'the two Payments with one number', before, witness(forged));
    judge(w, 'the Payment of the original and the Statement of the copy', before, parseStatement(statement));
    judge(w, 'the Payment and the Statement of the copy', witness(forged), parseStatement(statement));
  },
};

const witness = (payment: Uint8Array): Witness => parsePayment(payment);

function judge(w: World, what: string, a: Witness, b: Witness): void {
  w.note({ who: 'anyone', does: `judges ${what}`, verdict: showFields(judgeFork(a, b)) });
}

export const tornPayment: Script = {
  name: 'torn-payment',
  description:
    'Cards leave the field too early. Every time the remedy is to tap again and send the same command: nothing is debited, credited or reserved twice. `answerLost` marks the answers that the reader never saw.',
  spec: ['protocol.md 8', 'card-application.md 3 and 6'],
  async play(w) {
    const payer = await w.born(payerCard, 20_000n);
    const payee = await w.born(payeeCard);
    w.begin();
    await payee.tap();
    await payee.ticket(5_000n, 'order009', { lost: 'answer' });
    await payee.tap();
    const ticket = await payee.ticket(5_000n, 'order009');
    await payer.tap();
    await payer.send(
      'PAY, but the card leaves after the first part',
      'pay',
      payer.payData(payeeCard, ticket, 1_500n),
      {
        lost: 'rest of the command',
      },
    );
    await payer.tap();
    await payer.pay(payeeCard, ticket, 1_500n, { lost: 'answer' });
    await payer.tap();
    const payment = await payer.pay(payeeCard, ticket, 1_500n);
    await payee.tap();
    await payee.credit(payerCard, payment, { lost: 'answer' });
    await payee.tap();
    const receipt = await payee.credit(payerCard, payment);
    await payer.tap();
    await payer.settle(payeeCard, receipt, { lost: 'answer' });
    await payer.tap();
    await payer.settle(payeeCard, receipt);
    const grant = await payer.grant({}, 'the same limits again');
    await payer.applyGrant(grant, { lost: 'answer' });
    await payer.tap();
    await payer.applyGrant(grant);
  },
};

/** Everything but the windows of a real card, so that a few steps fill them. */
export const SMALL = { ...CARD_PROFILE, cells: 16, tickets: 2, outgoing: 2, history: 0 };
