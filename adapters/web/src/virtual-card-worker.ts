/**
 * A card of software in a worker of its own, as `packages/card` makes it for any chip.
 *
 * What must hold: its memory is open in one place at a time; a blank card is made only where there is none, or one whose making was cut
 * off; a tap starts with nothing verified; one command is worked off before the next.
 */
import { type Card, cardMemorySize, createCard, openCard } from '@sokkin/card';
import { SokkinError } from '@sokkin/codec';
import { deleteDB } from 'idb';
import { webCrypto } from './crypto.ts';
import { shelfInDatabase } from './keys.ts';
import { databaseNvm } from './nvm.ts';
import type { CardAsked, CardTold } from './virtual-card-words.ts';

/** Nothing was ever acknowledged by such a memory. */
const NEVER_FINISHED: readonly string[] = ['memory_not_formatted', 'card_unfinished'];

/** Puts the card under power. */
let power: (() => Promise<Card>) | undefined;
let card: Card | undefined;

async function open(name: string): Promise<void> {
  const memory = `sokkin-card-${name}`;
  const crypto = webCrypto(await shelfInDatabase(`sokkin-card-keys-${name}`));
  const nvm = await databaseNvm(memory, cardMemorySize());
  try {
    power = () => openCard({ nvm, crypto });
    card = await power();
    return;
  } catch (error) {
    await nvm.close();
    if (!(error instanceof SokkinError) || !NEVER_FINISHED.includes(error.code)) throw error;
  }
  await deleteDB(memory);
  const blank = await databaseNvm(memory, cardMemorySize());
  power = () => openCard({ nvm: blank, crypto });
  card = await createCard({ nvm: blank, crypto });
}

async function answer(asked: CardAsked): Promise<CardTold> {
  const { no } = asked;
  try {
    if (asked.do === 'open') await open(asked.name);
    if (card === undefined || power === undefined)
      throw new SokkinError('no_card', 'The card is not open: open it first.');
    if (asked.do === 'power') card = await power();
    return asked.do === 'transmit' ? { no, apdu: await card.transmit(asked.apdu) } : { no, done: true };
  } catch (error) {
    return { no, fault: faultOf(error) };
  }
}

const faultOf = (error: unknown): { readonly code: string; readonly message: string } =>
  error instanceof SokkinError
    ? { code: error.code, message: error.message }
    : { code: 'card_broken', message: String(error) };

let last: Promise<void> = Promise.resolve();
self.addEventListener('message', ({ data }: MessageEvent<CardAsked>) => {
  last = last.then(async () => {
    self.postMessage(await answer(data));
  });
});
