/**
 * A token as a payment card in a phone (docs/wallet.md, 9): what the phone's card application is loaded with, and its limited-use keys.
 *
 * What must hold: a phone never gets the key that its keys come from; a key leaves for a device of the token's holder alone, over that device's own
 * channel, is in no log and in no answer that is kept, and its number was written down before and is never given again; a token that does not pay gets none.
 */
import type { DataGrouping } from '@sokkin/codec';
import {
  type CardOrder,
  type CardProfile,
  type EmvIssuer,
  type EmvKeyPort,
  type LedgerTx,
  prepareCard,
  replenish,
  type TokenWithLink,
  tokenStateOf,
} from '@sokkin/issuer';
import { record } from '../../access/audit-log.ts';
import { accountOwner } from '../../access/owned.ts';
import { mayAct, type Principal } from '../../access/principal.ts';
import { type Backend, dayOf } from '../../backend.ts';
import { type LimitedUse, USES_OF_A_KEY } from '../../personalisation/order.ts';
import { Problem } from '../../problems.ts';
import { profileOf } from '../cards.ts';
import { tokenPath } from './tokens.ts';

const PROFILE = 'phone-token';
const SEQUENCE = '01';
/** Of a certificate, which such a card has none of. */
const NO_SERIAL = new Uint8Array(3);

export interface ForPhone {
  readonly groupings: readonly DataGrouping[];
  readonly limitedUse: LimitedUse;
}

interface Making extends TokenWithLink {
  readonly keys: EmvKeyPort;
  readonly issuer: EmvIssuer;
  readonly profile: CardProfile;
  readonly limitedUse: LimitedUse;
}

/** All that makes a blank card application this token. */
export const makePhoneCard = (b: Backend, who: Principal, id: string): Promise<ForPhone> =>
  give(b, who, id, async ({ keys, issuer, profile, limitedUse, token, link }) => {
    const order: CardOrder = {
      ...{ pan: token.number, sequence: SEQUENCE, serial: NO_SERIAL, limitedUse },
      expiry: lastMonthBefore(token.domain.validUntil),
      effective: dayOf(new Date(token.domain.validFrom)),
      par: link.reference,
    };
    return (await prepareCard(keys.preparation, issuer, profile, order)).groupings;
  });

/** The next key of one that was made before. */
export const nextPhoneKey = (b: Backend, who: Principal, id: string): Promise<ForPhone> =>
  give(b, who, id, async ({ keys, issuer, profile, limitedUse, token }) =>
    replenish(
      keys.preparation.symmetric,
      issuer,
      profile,
      { pan: token.number, sequence: SEQUENCE },
      limitedUse,
    ),
  );

async function give(
  b: Backend,
  who: Principal,
  id: string,
  make: (making: Making) => Promise<readonly DataGrouping[]>,
): Promise<ForPhone> {
  const profile = profileOf(b, PROFILE);
  const keys = await b.emvKeys.get();
  return b.store.write(async (tx) => {
    const { token, link } = await payingToken(tx, who, id);
    const number = await tx.phoneCards.nextKey(token.number, who.id, b.clock());
    if (number === 'elsewhere') throw refused(`The token ${id} is in another phone.`);
    if (number === 'used_up')
      throw refused(`The token ${id} has had all the keys that there are: take another.`);
    record(b, tx, who, 'token.key_given', id, { key: number });
    const limitedUse = { number, uses: USES_OF_A_KEY };
    // Tokens have first digits of their own, and the same master keys.
    const issuer = { ...keys.issuer(profile.control.cipher), identifier: token.number.slice(0, 6) };
    return { groupings: await make({ token, link, keys, issuer, profile, limitedUse }), limitedUse };
  });
}

/** The token, where this device may have it and it pays. */
async function payingToken(tx: LedgerTx, who: Principal, id: string): Promise<TokenWithLink> {
  const { token, link } = await tokenPath(tx, who, id);
  if (who.kind !== 'device' || !mayAct(who, await accountOwner(tx, link.account)))
    throw new Problem('forbidden', 'A token goes into a phone of its holder, which asks for it itself.');
  if (tokenStateOf(token.life) !== 'active' || link.status !== 'active')
    throw refused(`The token ${id} does not pay now.`);
  if (!token.domain.needsCryptogram)
    throw refused(`The token ${id} pays without a cryptogram: it was not made for a phone.`);
  return { token, link };
}

const refused = (says: string): Problem => new Problem('phone_card_refused', says);

/** YYMM: the last month that is over by then. */
function lastMonthBefore(milliseconds: number): string {
  const month = new Date(milliseconds);
  month.setUTCDate(0);
  return month.toISOString().slice(2, 7).replace('-', '');
}
