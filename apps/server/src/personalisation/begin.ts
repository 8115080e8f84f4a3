/**
 * Beginning a session with a card, for one of the two things that a session can do.
 *
 * What must hold: what can be refused is refused before the card is asked anything; beginning anew takes the right to write
 * from every session of this card before.
 */
import { type CardRow, drawDigits, type LedgerTx, type Owner } from '@sokkin/issuer';
import { actingAccount, assertDevice, cardOwner, cardPath } from '../access/owned.ts';
import type { Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { type ItemOfOrder, takeItem } from '../operations/card-orders.ts';
import { profileOf } from '../operations/cards.ts';
import { tierFor } from '../operations/tiers.ts';
import { Problem } from '../problems.ts';
import type { Order, Personalised } from './order.ts';
import { personaliseCard } from './personalise.ts';
import { replenishCard } from './replenish.ts';
import type { Begun, Sessions } from './sessions.ts';

export type CardSessions = Sessions<Personalised>;

export interface PersonalisationRequest extends Omit<Order, 'profile' | 'pin' | 'tier'> {
  readonly serial: string;
  /** undefined: the lowest that the account has. */
  readonly tier: number | undefined;
  readonly profile: string;
  /** Left out: one that nobody knows, until the issuer sets another by a script. */
  readonly pin: string | undefined;
  /** The item of an order that this card is for. */
  readonly wanted?: ItemOfOrder | undefined;
}

const SECRET_PIN_DIGITS = 12;

export async function beginPersonalisation(
  b: Backend,
  sessions: CardSessions,
  who: Principal,
  { serial, profile: name, pin: given, wanted, ...order }: PersonalisationRequest,
): Promise<Begun<Personalised>> {
  sessions.assertRoom();
  const profile = profileOf(b, name);
  let tier = 0;
  const { row, owner } = await beginAttempt(b, async (tx) => {
    const card = await cardPath(tx, who, serial, 'act', 'serial');
    if (card.state === 'personalised')
      throw new Problem('card_personalised', `The card ${serial} is personalised.`, 'serial');
    const account = await actingAccount(tx, who, order.account);
    await assertDevice(tx, account, order.device);
    tier = tierFor(account, order.tier);
    if (wanted !== undefined) await takeItem(b, tx, who, wanted, { ...order, tier, serial, profile: name });
    const { institution, party } = account;
    return { card, owner: { institution, party } };
  });
  const pin = given ?? drawDigits((n) => b.crypto.randomBytes(n), SECRET_PIN_DIGITS);
  return sessions.begin({ serial, owner }, (card) =>
    personaliseCard(b, card, row, { ...order, tier, profile, pin }),
  );
}

export async function beginReplenishment(
  b: Backend,
  sessions: CardSessions,
  who: Principal,
  serial: string,
): Promise<Begun<Personalised>> {
  sessions.assertRoom();
  const { row, owner } = await beginAttempt(b, async (tx) => {
    const card = await cardPath(tx, who, serial, 'act');
    if (card.state !== 'personalised')
      throw new Problem('card_not_personalised', `The card ${serial} is not personalised yet.`);
    return { card, owner: await cardOwner(tx, card) };
  });
  const profile = profileOf(b, row.application?.profile ?? '');
  if (!profile.control.limitedUseOnly)
    throw new Problem(
      'card_without_limited_keys',
      `Cards of the profile "${profile.name}" have keys of their own.`,
    );
  return sessions.begin({ serial, owner }, (card) => replenishCard(b, card, row, profile));
}

async function beginAttempt(
  b: Backend,
  check: (tx: LedgerTx) => Promise<{ readonly card: CardRow; readonly owner: Owner }>,
): Promise<{ readonly row: CardRow; readonly owner: Owner }> {
  return b.store.write(async (tx) => {
    const { card, owner } = await check(tx);
    const row = await tx.cards.begin(card.serial);
    if (row === undefined) throw new Error('Bug: a card that is there has a row');
    return { row, owner };
  });
}
