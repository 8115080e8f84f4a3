/** Transcript of personalisation: a card from its factory to one that pays, over two secure channels. */

import { EMV_MODULE_AID } from '@sokkin/card';
import { command, encodeCommand, tlv, u8 } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import { enrolPurse, identifyPurse } from '@sokkin/terminal';
import { type Person, payerCard, root } from '../people.ts';
import { NONCE, PIN, type Purse, type Script, type World } from '../world.ts';
import { askDomain, believed, openChannel } from './domain.ts';
import { PaymentCard } from './payment.ts';
import { cardPorts, type Product, showBatch, showProduct, whiteLabel } from './products.ts';

export const SPEC = ['card-application.md 10', 'card-application.md 11', 'card-profiles.md 5'];
const SHORT_NE = 256;

/** As it leaves the factory. */
export async function blankCard(w: World, person: Person, product: Product): Promise<PaymentCard> {
  const emv = cardPorts(person.name);
  const purse = await w.blank(person, undefined, undefined, { emv, factory: product.factory });
  return new PaymentCard(purse, product, emv);
}

/** Key and identity of the purse, in one channel. */
async function bearPurse(card: Purse): Promise<void> {
  const session = await openChannel(card, '0011223344556677');
  const crypto = nodeCrypto();
  believed(await enrolPurse(session, crypto, NONCE));
  const { issuer = root, certificate } = card.person;
  const personality = {
    root: root.certificate,
    issuer: issuer.certificate,
    purse: certificate,
    pin: PIN,
  };
  believed(await identifyPurse(session, personality));
}

/** All groupings of the payment application, and `secured`, in another. */
async function loadApplication(card: Purse, { groupings }: Product): Promise<void> {
  const session = await openChannel(card, '8899aabbccddeeff');
  believed(await session.personalise(EMV_MODULE_AID, groupings));
  const all = command(0x80, 0xf2, 0x40, 0x02, tlv(0x4f), SHORT_NE);
  believed(await session.transmit(all));
  believed(await session.setStatus('secured'));
}

/** From the factory to a card that pays. */
export async function personalised(w: World, person: Person, product: Product): Promise<PaymentCard> {
  const card = await blankCard(w, person, product);
  await bearPurse(card.purse);
  await loadApplication(card.purse, product);
  return card;
}

export const emvPersonalisation: Script = {
  name: 'emv-personalisation',
  description:
    'A card with factory keys is personalised over SCP03: key and identity of the purse in one channel, all groupings of the payment application (profile white-label) in another; then the card is secured. All keys, RSA keys too, are test keys that everybody knows.',
  spec: SPEC,
  extra: () => ({ batchMasterKey: showBatch(), keys: [showProduct(payerCard.name, whiteLabel)] }),
  async play(w) {
    const card = await blankCard(w, payerCard, whiteLabel);
    const { purse } = card;
    w.begin();
    await askDomain(purse, 'SELECT without an AID: the security domain', select(), true);
    for (const [tag, what] of DATA) await askDomain(purse, `GET DATA: ${what}`, getData(tag));
    await askDomain(purse, 'STORE DATA in the open', encodeCommand(command(0x80, 0xe2, 0x88, 0, u8(0))));
    await card.select();
    await bearPurse(purse);
    await loadApplication(purse, whiteLabel);
    await askDomain(purse, 'GET STATUS in the open, in an open channel', statusInTheOpen());
    await card.directory('2PAY.SYS.DDF01');
    await card.select();
  },
};

const DATA = [
  [0x0066, 'card data'],
  [0x00e0, 'key information'],
  [0x0045, 'card image number'],
  [0x00cf, 'diversification data'],
] as const;
const select = () => encodeCommand(command(0x00, 0xa4, 0x04, 0x00, undefined, SHORT_NE));
const getData = (tag: number) =>
  encodeCommand(command(0x80, 0xca, tag >> 8, tag & 0xff, undefined, SHORT_NE));
const statusInTheOpen = () => encodeCommand(command(0x80, 0xf2, 0x80, 0x02, tlv(0x4f), SHORT_NE));
