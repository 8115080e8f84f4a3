/** A purse of its own for a page (a wallet's, a shop's): a card of software in a worker, reached through APDUs only. */
import { type Card, createCard, openCard } from '@sokkin/card';
import { Chip } from '../chip.ts';
import { webCrypto } from '../crypto.ts';
import { shelfInDatabase } from '../keys.ts';
import { answerWith } from '../worker-talk.ts';
import { type Asked, memoryOf, type Told } from './words.ts';

const chip = new Chip<Card>();

answerWith('purse_broken', async (asked: Asked): Promise<Told> => {
  if (asked.do === 'transmit') return chip.use((card) => card.transmit(asked.apdu));
  const crypto = webCrypto(await shelfInDatabase(`sokkin-keys-${asked.name}`));
  await chip.findOrMake(memoryOf(asked.name), {
    open: (nvm) => openCard({ nvm, crypto }),
    make: (nvm) => createCard({ nvm, crypto }),
  });
  return undefined;
});
