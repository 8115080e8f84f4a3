/**
 * New limited-use keys for a phone whose own are used up.
 *
 * The PAN, which the key is derived from, is not stored: the card is asked for it, and its keyed hash says whether it is
 * this card's. The key goes through the channel of this chip alone, so a carrier that lies about the PAN gains nothing.
 *
 * What must hold: a number of a key is written down before the key leaves, and never given twice.
 */
import { equal } from '@sokkin/codec';
import { type CardProfile, type CardRow, replenish } from '@sokkin/issuer';
import { type ApduTransport, paymentApplication } from '@sokkin/terminal';
import type { Backend } from '../backend.ts';
import { nextKeyNumber } from '../operations/cards.ts';
import { getPurse } from '../operations/purses.ts';
import { believed, CardFailure } from './failure.ts';
import { type Personalised, USES_OF_A_KEY } from './order.ts';
import { openChip } from './personalise.ts';

export async function replenishCard(
  b: Backend,
  card: ApduTransport,
  row: CardRow,
  profile: CardProfile,
): Promise<Personalised> {
  const { application, purse: id } = row;
  if (application === undefined || id === undefined)
    throw new Error('Bug: a personalised card has purse and application');
  const { aid, cipher } = profile.control;
  const keys = await b.emvKeys.get();
  const shown = believed(await paymentApplication(card));
  if (shown === undefined || !equal(keys.panHash(shown.pan), application.panHash))
    throw new CardFailure('wrong_card');
  const domain = await openChip(b, card, row);
  const number = await b.store.write((tx) => nextKeyNumber(tx, row));
  const limitedUse = { number, uses: USES_OF_A_KEY };
  const order = { pan: shown.pan, sequence: application.panSequence };
  const groupings = replenish(keys.preparation.symmetric, keys.issuer(cipher), profile, order, limitedUse);
  believed(await domain.personalise(aid, groupings));
  const { certificate } = await b.store.read((tx) => getPurse(tx, id));
  return { serial: row.serial, purse: id, certificate, application, limitedUse };
}
