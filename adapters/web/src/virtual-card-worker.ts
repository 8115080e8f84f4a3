/**
 * A card of software in a worker of its own, as `packages/card` makes it for any chip.
 *
 * What must hold: its memory is open in one place at a time; a blank card is made only where there is none, or one whose making was cut
 * off, unless the page says to make one anew; a tap starts with nothing verified; one command is worked off before the next.
 */
import { type Build, type Card, cardMemorySize, createCard, type FactoryKeys, openCard } from '@sokkin/card';
import { SokkinError } from '@sokkin/codec';
import { portableSymmetric } from '@sokkin/crypto';
import { deleteDB } from 'idb';
import { webCrypto } from './crypto.ts';
import { shelfInDatabase } from './keys.ts';
import { databaseNvm } from './nvm.ts';
import { webRsa } from './rsa.ts';
import type { CardAsked, CardTold } from './virtual-card-words.ts';

/** Nothing was ever acknowledged by such a memory. */
const NEVER_FINISHED: readonly string[] = ['memory_not_formatted', 'card_unfinished'];

type Nvm = Awaited<ReturnType<typeof databaseNvm>>;

/** Puts the card under power. */
let power: (() => Promise<Card>) | undefined;
let card: Card | undefined;

const memoryOf = (name: string): string => `sokkin-card-${name}`;

/** Of every card: whether it has a payment application, and who may personalise it, stands in its memory. */
async function buildOf(name: string): Promise<Build> {
  const crypto = webCrypto(await shelfInDatabase(`sokkin-card-keys-${name}`));
  return { crypto, emv: { symmetric: portableSymmetric(crypto.randomBytes), rsa: webRsa() } };
}

/** False: there is none that was ever finished. */
async function found(nvm: Nvm, build: Build): Promise<boolean> {
  const open = () => openCard({ ...build, nvm });
  try {
    card = await open();
    power = open;
    return true;
  } catch (error) {
    await nvm.close();
    if (!(error instanceof SokkinError) || !NEVER_FINISHED.includes(error.code)) throw error;
    return false;
  }
}

async function make(name: string, build: Build, chip?: FactoryKeys): Promise<void> {
  await deleteDB(memoryOf(name));
  const nvm = await databaseNvm(memoryOf(name), cardMemorySize());
  power = () => openCard({ ...build, nvm });
  card = await createCard({ ...build, nvm }, undefined, chip);
}

async function open(name: string): Promise<boolean> {
  const build = await buildOf(name);
  return found(await databaseNvm(memoryOf(name), cardMemorySize()), build);
}

async function answer(asked: CardAsked): Promise<CardTold> {
  const { no } = asked;
  try {
    if (asked.do === 'open' && !(await open(asked.name))) await make(asked.name, await buildOf(asked.name));
    if (asked.do === 'open_made' && !(await open(asked.name)))
      throw new SokkinError('card_unmade', `The card "${asked.name}" is not made yet: make it of a chip.`);
    if (asked.do === 'make') await make(asked.name, await buildOf(asked.name), asked.chip);
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
