/**
 * A purse of its own for a page (a wallet's, a shop's): a card of software in a worker, reached through APDUs only.
 *
 * What must hold: its memory is open in one tab at a time; a blank one is made only where there is none, or one whose making was cut
 * off: never over one that holds a purse; one command is worked off before the next.
 */
import { type Card, cardMemorySize, createCard, openCard } from '@sokkin/card';
import { SokkinError } from '@sokkin/codec';
import { deleteDB } from 'idb';
import { webCrypto } from '../crypto.ts';
import { shelfInDatabase } from '../keys.ts';
import { databaseNvm } from '../nvm.ts';
import { type Asked, type Fault, memoryOf, type Told } from './words.ts';

/** Nothing was ever acknowledged by such a memory. */
const NEVER_FINISHED: readonly string[] = ['memory_not_formatted', 'card_unfinished'];

let card: Card | undefined;
/** Puts it under power anew, from what its memory holds. */
let power: (() => Promise<Card>) | undefined;

async function open(name: string): Promise<'found' | 'made'> {
  const memory = memoryOf(name);
  const crypto = webCrypto(await shelfInDatabase(`sokkin-keys-${name}`));
  const nvm = await databaseNvm(memory, cardMemorySize());
  try {
    power = () => openCard({ nvm, crypto });
    card = await power();
    return 'found';
  } catch (error) {
    await nvm.close();
    if (!(error instanceof SokkinError) || !NEVER_FINISHED.includes(error.code)) throw error;
  }
  await deleteDB(memory);
  const made = await databaseNvm(memory, cardMemorySize());
  power = () => openCard({ nvm: made, crypto });
  card = await createCard({ nvm: made, crypto });
  return 'made';
}

/** Under power anew: what was verified in the session before is forgotten. */
async function answer(asked: Asked): Promise<Told> {
  const { no } = asked;
  try {
    if (asked.do === 'open') return { no, state: await open(asked.name) };
    card ??= await power?.();
    if (card === undefined) throw new SokkinError('no_card', 'The purse is not open.');
    return { no, apdu: await card.transmit(asked.apdu) };
  } catch (error) {
    // Its memory failed (a full disk): what is there decides, as soon as it can be written to again.
    if (asked.do === 'transmit') card = undefined;
    return { no, fault: faultOf(error) };
  }
}

const faultOf = (error: unknown): Fault =>
  error instanceof SokkinError
    ? { code: error.code, message: error.message }
    : { code: 'purse_broken', message: String(error) };

let last: Promise<void> = Promise.resolve();
self.addEventListener('message', ({ data }: MessageEvent<Asked>) => {
  last = last.then(async () => {
    self.postMessage(await answer(data));
  });
});
