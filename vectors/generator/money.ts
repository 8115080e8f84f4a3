/** Transcripts of what passes between a purse and its issuer: funding, redemption, sync. */

import { sha256 } from '@sokkin/crypto';
import { parsePayment, parseTicket, READOUT } from '@sokkin/purse';
import { SMALL } from './payments.ts';
import { issuerPurse, payeeCard, payerCard, YEN } from './people.ts';
import { OTHER_NONCE, type Script } from './world.ts';

export const funding: Script = {
  name: 'funding',
  description:
    'A card is born and funded: key, certificates, first Grant, and a Payment of the issuer’s purse on a ticket of the card. The issuer’s purse is the back-end’s; it signs the same messages as a card.',
  spec: ['protocol.md 1', 'protocol.md 6.1', 'protocol.md 6.3', 'protocol.md 6.7', 'card-application.md 4.1'],
  async play(w) {
    const card = await w.blank(payerCard);
    w.begin();
    await card.tap();
    await card.getData(READOUT.summary, 'summary of a blank card');
    await card.personalise();
    await card.activate();
    const ticket = await card.ticket(20_000n, 'funding1');
    const from = w.backEnd(issuerPurse);
    const payment = from.write('signs a Payment of 20000 to the payer card', {
      type: 'payment',
      fields: {
        currency: YEN,
        amount: 20_000n,
        payee: payerCard.certificate.subjectRef,
        ticketNo: parseTicket(ticket).fields.seq,
      },
    });
    await card.credit(issuerPurse, payment);
    await card.getData(READOUT.summary, 'summary');
  },
};

export const redemption: Script = {
  name: 'redemption',
  description:
    'A card pays back to its issuer, for an account. No limit for payments binds it, because it lowers the risk; the PIN is asked for. The amount is above the limit for one payment to a secure element.',
  spec: ['protocol.md 1', 'protocol.md 6.2', 'protocol.md 6.4'],
  async play(w) {
    const card = await w.born(payerCard, 50_000n);
    w.begin();
    const to = w.backEnd(issuerPurse);
    const ticket = to.write('signs a Ticket of at most 45000', {
      type: 'ticket',
      fields: { currency: YEN, maxAmount: 45_000n, reference: new TextEncoder().encode('redeem01') },
    });
    await card.send('PAY 45000 without a PIN', 'pay', card.payData(issuerPurse, ticket, 45_000n));
    await card.verifyPin();
    const payment = await card.pay(issuerPurse, ticket, 45_000n);
    const { fields, body } = parsePayment(payment);
    const receipt = to.write('signs the Receipt: credited', {
      type: 'receipt',
      fields: {
        kind: 'receipt',
        outcome: 'credited',
        currency: YEN,
        amount: fields.amount,
        payer: fields.purse,
        paymentNo: fields.seq,
        paymentHash: sha256(body),
        ticketNo: fields.ticketNo,
      },
    });
    await card.settle(issuerPurse, receipt);
    await card.getData(READOUT.summary, 'summary: nothing counts against the limits');
  },
};

export const sync: Script = {
  name: 'sync',
  description:
    'Two payments never got their receipts: one was credited, the other came after its ticket had been withdrawn and pushed out of the payee’s (small) window. Payee and payer sync: Statement, journal, Grant. The payee’s journal decides both payments, and the payer’s Grant settles them. An older Grant and one for another journal are refused.',
  spec: ['protocol.md 4.7 to 4.9', 'protocol.md 5.3', 'protocol.md 6.5', 'protocol.md 6.6', 'protocol.md 10'],
  async play(w) {
    const payer = await w.born(payerCard, 20_000n);
    const payee = await w.born(payeeCard, 0n, SMALL);
    w.begin();
    const good = await payee.ticket(3_000n, 'sync0001');
    const stale = await payee.ticket(3_000n, 'sync0002');
    const credited = await payer.pay(payeeCard, good, 1_000n);
    const lost = await payer.pay(payeeCard, stale, 2_500n);
    await payee.credit(payerCard, credited);
    await payee.voidTicket(stale);
    await payee.ticket(3_000n, 'sync0003');
    await payee.ticket(3_000n, 'sync0004');
    await payee.send('CREDIT the payment on the forgotten ticket', 'credit', payee.takeData(payerCard, lost));
    // The payee's sync: its journal shows what became of both tickets.
    await payee.tap();
    await payee.statement(OTHER_NONCE);
    await payee.journal(payee.state.ackSeq);
    await payee.applyGrant(await payee.grant({ nonce: OTHER_NONCE }, 'acknowledges the whole journal'));
    // The payer's sync: the Grant settles what the payee's journal has decided.
    await payer.tap();
    await payer.getData(READOUT.openPayments, 'open payments');
    await payer.statement(OTHER_NONCE);
    await payer.journal(payer.state.ackSeq);
    const first = await payer.grant(
      {
        nonce: OTHER_NONCE,
        resolutions: [
          { paymentNo: parsePayment(credited).fields.seq, outcome: 'credited' },
          { paymentNo: parsePayment(lost).fields.seq, outcome: 'cancelled' },
        ],
        blocked: [new Uint8Array(8).fill(0xee)],
      },
      'acknowledges the journal, settles both payments, blocks a purse',
    );
    const forked = await payer.grant(
      { grantNo: payer.state.grantNo + 2, ackHead: new Uint8Array(32).fill(0xab) },
      'acknowledges another journal',
    );
    await payer.applyGrant(first);
    await payer.applyGrant(forked);
    await payer.applyGrant(await payer.grant({ grantNo: 1 }, 'an old number'));
    await payer.getData(READOUT.summary, 'summary');
    await payer.statement(OTHER_NONCE);
    await payer.journal(payer.state.ackSeq);
  },
};
