/** Transcript of the payment application at work, on the card of emv-personalisation and on a jcb-shaped one. */
import { fromHex } from '@sokkin/codec';
import { READOUT } from '@sokkin/purse';
import { payeeCard, payerCard } from '../people.ts';
import { PIN, type Script, type World } from '../world.ts';
import { approval, forged } from './issuer.ts';
import type { PaymentCard } from './payment.ts';
import { personalised, SPEC } from './personalisation.ts';
import { jcbShaped, type Product, showBatch, showProduct, whiteLabel } from './products.ts';

const OTHER_PIN = '4321';
const WRONG_PIN = '9999';

/** Personalised, active and funded. */
async function living(w: World, person: typeof payerCard, product: Product): Promise<PaymentCard> {
  const card = await personalised(w, person, product);
  await card.purse.tap();
  await card.purse.activate();
  await card.purse.fund(20_000n);
  return card;
}

/** The purse as anybody reads it. */
async function readPurse({ purse }: PaymentCard, when: string): Promise<void> {
  await purse.tap();
  await purse.getData(READOUT.summary, `summary, ${when}`);
}

async function reading(card: PaymentCard): Promise<void> {
  await card.directory('2PAY.SYS.DDF01');
  await card.directory('1PAY.SYS.DDF01');
  await card.record(1, 1);
  await card.select();
  await card.options({ amount: 1_200n });
  await card.records();
  await card.element(0x9f36, 'ATC');
  await card.element(0x9f13, 'ATC of the last transaction with the issuer');
  await card.element(0x9f17, 'PIN tries left');
  await card.element(0x9f50, 'balance');
}

async function offline(card: PaymentCard): Promise<void> {
  await readPurse(card, 'before the approval');
  await reading(card);
  await card.internalAuthenticate();
  await card.firstAc('tc', { cda: true });
  await readPurse(card, 'after it');
  await card.purse.getData(READOUT.approvals, 'open approvals');
  await card.begin({ amount: 300n });
  await card.firstAc('tc');
}

async function online(card: PaymentCard): Promise<void> {
  await card.begin({ amount: 2_000n });
  await card.firstAc('arqc', { cda: true });
  await card.secondAc('tc', '00', approval(card.product, card.genuine), { cda: true });
  await card.begin({ amount: 2_100n });
  await card.firstAc('arqc');
  await card.secondAc('tc', '00', forged(approval(card.product, card.genuine)));
  await card.begin({ amount: 800n });
  await card.firstAc('arqc');
  await card.secondAc('tc', 'Y3', undefined, { cda: true });
  // The issuer proves itself: what the verification results told of the failure is over.
  await card.begin({ amount: 2_200n });
  await card.firstAc('arqc');
  await card.secondAc('aac', '05', approval(card.product, card.genuine));
  await card.begin({ amount: 100n });
  await card.firstAc('aac');
}

async function holder(card: PaymentCard): Promise<void> {
  await card.begin({ amount: 6_000n, terminalType: 0x23 });
  await card.firstAc('tc');
  await card.begin({ amount: 6_000n });
  await card.firstAc('tc');
  await card.begin({ amount: 6_000n });
  await card.verifyPin(WRONG_PIN);
  await card.verifyPin(PIN);
  await card.firstAc('tc', { cda: true });
  await card.begin({ amount: 500n });
  await card.verifyEncipheredPin(PIN);
  await card.firstAc('tc');
}

async function scripts(card: PaymentCard): Promise<void> {
  await card.begin({ amount: 1_000n });
  await card.firstAc('arqc');
  await card.secondAc('tc', '00', approval(card.product, card.genuine));
  await card.script(`PIN CHANGE to ${OTHER_PIN}`, { action: 'changePin', pin: OTHER_PIN });
  await card.script('PUT DATA: 9F14 is 05', { action: 'putData', tag: 0x9f14, value: fromHex('05') });
  await card.begin({ amount: 1_000n });
  for (const pin of [PIN, PIN, PIN, OTHER_PIN]) await card.verifyPin(pin);
  await card.firstAc('arqc');
  await card.script('PIN UNBLOCK', { action: 'unblockPin' });
  await card.script('APPLICATION BLOCK', { action: 'blockApplication' });
  await card.begin({ amount: 1_000n });
  await card.firstAc('tc');
  await card.script('APPLICATION UNBLOCK', { action: 'unblockApplication' });
  await card.begin({ amount: 1_000n });
  await card.verifyPin(OTHER_PIN);
  await card.firstAc('arqc');
  await card.script('APPLICATION BLOCK with a wrong MAC', { action: 'blockApplication' }, true);
  await card.script('the right one after it', { action: 'blockApplication' });
  await card.secondAc('tc', '00', approval(card.product, card.genuine));
}

async function recovery(card: PaymentCard): Promise<void> {
  await card.begin({ amount: 700n });
  const lost = card.recoveryData();
  await card.firstAc('tc', { cda: true, lost: 'answer' });
  await card.begin({ amount: 700n });
  await card.recover('RECOVER AC with the values of the new transaction', card.recoveryData());
  await card.recover(
    'RECOVER AC with those of the lost one: the same answer, nothing is debited again',
    lost,
  );
  await readPurse(card, 'debited once');
}

async function outOfPhase(card: PaymentCard): Promise<void> {
  const { send } = callsOf(card);
  await card.select({ powerCycle: true });
  await send('GET CHALLENGE before GET PROCESSING OPTIONS', [0x00, 0x84, 0, 0]);
  await card.firstAc('tc');
  await card.options({ amount: 400n });
  await card.options({ amount: 400n });
  await send('READ RECORD that is not there', [0x00, 0xb2, 9, 0x0c]);
  await send('GET DATA of an unknown tag', [0x80, 0xca, 0x9f, 0x4f]);
  await send('GENERATE AC with reserved bits in P1', [0x80, 0xae, 0xc0, 0]);
  await send('GENERATE AC without data', [0x80, 0xae, 0x40, 0]);
  await send('EXTERNAL AUTHENTICATE, which this profile has not', [0x00, 0x82, 0, 0], '0000000000000000');
  await send('APPLICATION BLOCK before any cryptogram', [0x8c, 0x1e, 0, 0], '8e080000000000000000');
  await send('an unknown instruction', [0x80, 0x02, 0, 0]);
  await send('GENERATE AC in another class', [0x00, 0xae, 0x40, 0]);
  await card.firstAc('arqc');
  await card.internalAuthenticate('INTERNAL AUTHENTICATE after the cryptogram');
  await card.verifyPin(OTHER_PIN);
  await card.recover('RECOVER AC after the cryptogram', card.recoveryData());
  await card.secondAc('aac', '05');
  await card.secondAc('tc', '00');
}

const callsOf = (card: PaymentCard) => ({
  send: (does: string, header: Parameters<PaymentCard['send']>[1], data = '') =>
    card.send(does, header, fromHex(data)),
});

async function externalAuthentication(card: PaymentCard): Promise<void> {
  await reading(card);
  await card.firstAc('arqc', { cda: true });
  await card.externalAuthenticate(approval(card.product, card.genuine));
  await card.secondAc('tc', '00', undefined, { cda: true });
  await card.script('PUT DATA: 9F23 is 15', { action: 'putData', tag: 0x9f23, value: fromHex('15') });
  await card.script(`PIN CHANGE to ${OTHER_PIN}`, { action: 'changePin', pin: OTHER_PIN });
  await card.begin({ amount: 900n });
  await card.firstAc('arqc');
  await card.externalAuthenticate(
    forged(approval(card.product, card.genuine)),
    'EXTERNAL AUTHENTICATE with a wrong ARPC',
  );
  await card.externalAuthenticate(
    approval(card.product, card.genuine),
    'EXTERNAL AUTHENTICATE, right but a second time',
  );
  await card.secondAc('tc', '00');
  await card.script('CARD BLOCK', { action: 'blockCard' });
  await card.directory('2PAY.SYS.DDF01');
  await card.select();
  await readPurse(card, 'untouched by the block');
}

export const emvTransactions: Script = {
  name: 'emv-transactions',
  description:
    'Transactions of the payment application: on the card of emv-personalisation (profile white-label) offline and online, with and without CDA, with a PIN, with issuer scripts, a lost answer, commands out of phase; then on a card of the profile jcb-shaped, whose issuer proves itself by EXTERNAL AUTHENTICATE. The setup personalises, activates and funds both. All keys are test keys that everybody knows.',
  spec: SPEC,
  extra: () => ({
    batchMasterKey: showBatch(),
    keys: [showProduct(payerCard.name, whiteLabel), showProduct(payeeCard.name, jcbShaped)],
  }),
  async play(w) {
    const card = await living(w, payerCard, whiteLabel);
    const other = await living(w, payeeCard, jcbShaped);
    w.begin();
    for (const part of [offline, online, holder, scripts, recovery, outOfPhase]) await part(card);
    await externalAuthentication(other);
  },
};
