/**
 * The payment card of this phone, in a worker of its own: the payment application of `packages/card`, with limited-use keys alone.
 *
 * What must hold: one command is worked off before the next. The keys are in IndexedDB as they came: whoever can run code in this origin can use them up,
 * and no more.
 */
import { openPhoneCard, type PhoneCard } from '@sokkin/card';
import { SokkinError } from '@sokkin/codec';
import { portableSymmetric } from '@sokkin/crypto';
import { answerWith, Chip } from '@sokkin/web';
import type { PhoneAsked, PhoneTold } from './words.ts';

/** Tokens sign nothing: what would need a key of that kind is refused when it is loaded. */
const NO_RSA = {
  importRsaKey: () => undefined,
  privateOperation: () => {
    throw new SokkinError('unknown_key', 'This phone has no key for signatures.');
  },
};
const PORTS = {
  symmetric: portableSymmetric((length) => crypto.getRandomValues(new Uint8Array(length))),
  rsa: NO_RSA,
};

const chip = new Chip<PhoneCard>();

answerWith('card_broken', async (wish: PhoneAsked): Promise<PhoneTold> => {
  if (wish.do === 'open')
    await chip.findOrMake(`sokkin-phone-card-${wish.name}`, {
      open: (nvm) => openPhoneCard(nvm, PORTS, 'kept'),
      make: (nvm) => openPhoneCard(nvm, PORTS, 'new'),
    });
  return chip.use(async (card) => {
    switch (wish.do) {
      case 'transmit':
        return { apdu: await card.transmit(wish.apdu) };
      case 'load':
        return { isLoaded: await card.load(wish.groupings), standing: card.standing() };
      case 'agree': {
        const asked = card.asked();
        card.agree(wish.agreement);
        card.reset();
        return { asked, standing: card.standing() };
      }
      case 'open':
        return { standing: card.standing() };
    }
  });
});
