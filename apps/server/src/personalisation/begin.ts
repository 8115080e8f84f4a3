/**
 * Beginning a session with a card, for one of the two things that a session can do.
 *
 * What must hold: what can be refused is refused before the card is asked anything; beginning anew takes the right to write
 * from every session of this card before.
 */
import { type CardRow, drawDigits, type LedgerTx } from '@sokkin/issuer';
import type { Backend } from '../backend.ts';
import { assertOnline } from '../operations/accounts.ts';
import { getCard, profileOf } from '../operations/cards.ts';
import { Problem } from '../problems.ts';
import type { Order, Personalised } from './order.ts';
import { personaliseCard } from './personalise.ts';
import { replenishCard } from './replenish.ts';
import type { Begun, Sessions } from './sessions.ts';

export type CardSessions = Sessions<Personalised>;

export interface PersonalisationRequest extends Omit<Order, 'profile' | 'pin'> {
  readonly serial: string;
  readonly profile: string;
  /** Left out: one that nobody knows, until the issuer sets another by a script. */
  readonly pin: string | undefined;
}

const SECRET_PIN_DIGITS = 12;

export async function beginPersonalisation(
  b: Backend,
  sessions: CardSessions,
  { serial, profile: name, pin: given, ...order }: PersonalisationRequest,
): Promise<Begun<Personalised>> {
  sessions.assertRoom();
  const profile = profileOf(b, name);
  const row = await beginAttempt(b, async (tx) => {
    const card = await tx.cards.bySerial(serial);
    if (card === undefined) throw new Problem('not_found', `There is no card ${serial}.`, 'serial');
    if (card.state === 'personalised')
      throw new Problem('card_personalised', `The card ${serial} is personalised.`, 'serial');
    await assertOnline(tx, order.account);
    return card;
  });
  const pin = given ?? drawDigits((n) => b.crypto.randomBytes(n), SECRET_PIN_DIGITS);
  return sessions.begin(serial, (card) => personaliseCard(b, card, row, { ...order, profile, pin }));
}

export async function beginReplenishment(
  b: Backend,
  sessions: CardSessions,
  serial: string,
): Promise<Begun<Personalised>> {
  sessions.assertRoom();
  const row = await beginAttempt(b, async (tx) => {
    const card = await getCard(tx, serial);
    if (card.state !== 'personalised')
      throw new Problem('card_not_personalised', `The card ${serial} is not personalised yet.`);
    return card;
  });
  const profile = profileOf(b, row.application?.profile ?? '');
  if (!profile.control.limitedUseOnly)
    throw new Problem(
      'card_without_limited_keys',
      `Cards of the profile "${profile.name}" have keys of their own.`,
    );
  return sessions.begin(serial, (card) => replenishCard(b, card, row, profile));
}

async function beginAttempt(b: Backend, check: (tx: LedgerTx) => Promise<CardRow>): Promise<CardRow> {
  return b.store.write(async (tx) => {
    const { serial } = await check(tx);
    const row = await tx.cards.begin(serial);
    if (row === undefined) throw new Error('Bug: a card that is there has a row');
    return row;
  });
}
