/**
 * An ordinary payment card for a customer of a sandbox: a chip that the customer's program plays, and the issuer's session that personalises
 * it. In live mode a chip maker delivers chips, and institutions personalise them.
 *
 * What must hold: only in a sandbox; the card is the customer's own account's; its keys are shown to that customer alone, and are those of a
 * chip that nobody holds but this program.
 */
import { FIRST_ISSUER } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { actingAccount } from '../access/owned.ts';
import { ALL_SCOPES, type Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { beginPersonalisation, type CardSessions } from '../personalisation/begin.ts';
import type { Personalised } from '../personalisation/order.ts';
import type { Begun } from '../personalisation/sessions.ts';
import { type Chip, makeChips } from './cards.ts';

const COUNTER: Principal = {
  kind: 'operator',
  id: 'sandbox',
  institution: FIRST_ISSUER,
  reach: 'own',
  scopes: ALL_SCOPES,
};
/** As EMV's own common core: an ARQC for every question. */
const PROFILE = 'white-label';
/** It protects nothing but what the sandbox gave. */
const PIN = '1234';

export interface PaymentCardBegun {
  readonly chip: Chip;
  readonly begun: Begun<Personalised>;
}

export async function openSandboxPaymentCard(
  b: Backend,
  sessions: CardSessions,
  who: Principal,
  account: string,
): Promise<PaymentCardBegun> {
  await b.store.read((tx) => actingAccount(tx, who, account));
  sessions.assertRoom();
  const [chip] = await makeChips(b, COUNTER, 1);
  if (chip === undefined) throw new Error('Bug: one chip was asked for');
  await b.store.write(async (tx) => {
    record(b, tx, who, 'sandbox.payment_card_opened', chip.serial, { account });
  });
  const begun = await beginPersonalisation(b, sessions, COUNTER, {
    ...{ serial: chip.serial, account, assurance: 'secure_element', tier: undefined, device: undefined },
    ...{ profile: PROFILE, pin: PIN },
  });
  return { chip, begun };
}
