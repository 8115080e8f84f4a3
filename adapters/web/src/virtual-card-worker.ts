/**
 * A card of software in a worker of its own, as `packages/card` makes it for any chip. Of every card: whether it has a payment application, and who may
 * personalise it, stands in its memory. What must hold: a tap starts with nothing verified.
 */
import { type Build, type Card, createCard, type FactoryKeys, openCard } from '@sokkin/card';
import { SokkinError } from '@sokkin/codec';
import { portableSymmetric } from '@sokkin/crypto';
import { Chip, type Making } from './chip.ts';
import { webCrypto } from './crypto.ts';
import { shelfInDatabase } from './keys.ts';
import { webRsa } from './rsa.ts';
import type { CardAsked, CardTold } from './virtual-card-words.ts';
import { answerWith } from './worker-talk.ts';

const card = new Chip<Card>();
const memoryOf = (name: string): string => `sokkin-card-${name}`;

async function making(name: string, chip?: FactoryKeys): Promise<Making<Card>> {
  const crypto = webCrypto(await shelfInDatabase(`sokkin-card-keys-${name}`));
  const build: Build = { crypto, emv: { symmetric: portableSymmetric(crypto.randomBytes), rsa: webRsa() } };
  return {
    open: (nvm) => openCard({ ...build, nvm }),
    make: (nvm) => createCard({ ...build, nvm }, undefined, chip),
  };
}

answerWith('card_broken', async (asked: CardAsked): Promise<CardTold> => {
  switch (asked.do) {
    case 'transmit':
      return card.use((one) => one.transmit(asked.apdu));
    case 'power':
      await card.reset();
      return undefined;
    case 'open':
      await card.findOrMake(memoryOf(asked.name), await making(asked.name));
      return undefined;
    case 'open_made':
      if (await card.find(memoryOf(asked.name), await making(asked.name))) return undefined;
      throw new SokkinError('card_unmade', `The card "${asked.name}" is not made yet: make it of a chip.`);
    case 'make':
      await card.make(memoryOf(asked.name), await making(asked.name, asked.chip));
      return undefined;
  }
});
