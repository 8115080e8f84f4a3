/**
 * A card to try: of software, in this browser, made one of this wallet's customer by the sandbox (docs/wallet.md).
 *
 * What must hold: it is the card application that real cards have, with a purse and a payment application, reached through the same commands; made twice at once, or cut off in the
 * middle, there is one more card in the browser, and never one card for two.
 */
import { SokkinError } from '@sokkin/codec';
import { provision } from '@sokkin/terminal';
import { makePaymentCard } from '@sokkin/web';
import type { Done } from '../wallet.ts';
import type { Cards } from './cards.ts';

const PIN = '1234';

/** In a window of its own: there it can be held to a phone. */
export const cardWindow = (virtual: string): string => `${location.pathname}?card=${virtual}`;

export async function makePracticeCard(
  cards: Cards,
  walletName: string,
  name: string,
): Promise<Done<string>> {
  const { wallet, showing } = cards;
  return wallet.trying(async () => {
    const { account, cards: bank } = await wallet.atBackend();
    const { crypto, trust } = await wallet.verifier();
    const virtual = `${walletName}-${showing.now().cards.length + 1}-${crypto.randomBytes(2).join('')}`;
    const { chip, carry } = await bank.order(account);
    const card = await makePaymentCard(virtual, chip);
    try {
      await card.use(carry);
      const wish = { account, assurance: 'secure_element', pin: PIN, root: trust.root } as const;
      return await card.use(async (t) => {
        const born = await provision(t, crypto, bank.issuer, wish);
        if (born.status !== 'ok') return born;
        const paired = await cards.pair(t, name, virtual);
        if (paired.status === 'ok')
          await cards.store.changeCard(paired.value, (one) => ({ ...one, isMine: true }));
        return paired;
      });
    } catch (error) {
      if (error instanceof SokkinError) throw error;
      throw new SokkinError('card_broken', String(error));
    } finally {
      card.close();
    }
  });
}
