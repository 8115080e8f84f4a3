/**
 * What every Sokkin payment card has to do, whatever it is made of: our engine, one behind a PC/SC reader, a Java Card.
 *
 *     const rig = async () => ({ tap: () => pcscTransport(), dispose: () => {}, domain: { keys } });
 *     paymentCardConformance('applet 0.3', rig, { crypto, rsa, symmetric, profile });
 *
 * The suite is one life of one card, from blank with factory keys to blocked for payments, as
 * docs/spec/card-application.md has it in sections 10 and 11: it plays the issuer that personalises it, the bank that its
 * cryptograms go to, and a terminal that holds it to the EMV books (emv-terminal/). `cardConformance` is the same for the
 * purse alone; a card with a security domain is not personalised in the open, so each suite takes a card of its own.
 *
 * What must hold:
 * - nothing here imports a card, so a card in any technology can be held to it unchanged;
 * - value moves with a TC that says so, once, whatever is lost or torn; with nothing else;
 * - a terminal that sees one bit changed on the way, in what the card signs, approves nothing.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { blankCard } from './payment-conformance/blank.ts';
import { anyBytes } from './payment-conformance/bytes.ts';
import { holder } from './payment-conformance/holder.ts';
import { issuerOrders, lastOrders } from './payment-conformance/issuer.ts';
import { PaymentLife } from './payment-conformance/life.ts';
import { payments } from './payment-conformance/payments.ts';
import { personalisation } from './payment-conformance/personalisation.ts';
import { tampering } from './payment-conformance/tampering.ts';
import { tornPayments } from './payment-conformance/torn.ts';
import type { PaymentCardConformanceOptions, PaymentCardUnderTest } from './payment-conformance/types.ts';

export type { PaymentCardConformanceOptions, PaymentCardUnderTest };

/** `make` gives a blank card with factory keys; it is called once. The card is blocked for payments afterwards. */
export function paymentCardConformance(
  name: string,
  make: () => Promise<PaymentCardUnderTest>,
  options: PaymentCardConformanceOptions,
): void {
  describe(`payment card: ${name}`, () => {
    const life = new PaymentLife(make, options);
    beforeAll(() => life.begin());
    afterAll(() => life.end());
    blankCard(life);
    personalisation(life);
    payments(life);
    tampering(life);
    tornPayments(life);
    holder(life);
    issuerOrders(life);
    anyBytes(life);
    lastOrders(life);
  });
}
