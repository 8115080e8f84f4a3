/**
 * The payment card of this phone, in a worker of its own: the payment application of `packages/card`, with limited-use keys alone.
 *
 * What must hold: its memory is open in one place at a time; blank memory is made only where there is none, or one whose making was cut off; one command
 * is worked off before the next. The keys are in IndexedDB as they came: whoever can run code in this origin can use them up, and no more.
 */
import { cardMemorySize, openPhoneCard, type PhoneCard } from '@sokkin/card';
import { SokkinError } from '@sokkin/codec';
import { portableSymmetric } from '@sokkin/crypto';
import { databaseNvm } from '@sokkin/web';
import { deleteDB } from 'idb';
import type { PhoneAsked, PhoneTold } from './words.ts';

/** Nothing was ever acknowledged by such a memory. */
const NEVER_FINISHED: readonly string[] = ['memory_not_formatted', 'card_unfinished'];
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

let card: PhoneCard | undefined;

async function open(name: string): Promise<void> {
  const memory = `sokkin-phone-card-${name}`;
  const nvm = await databaseNvm(memory, cardMemorySize());
  try {
    card = await openPhoneCard(nvm, PORTS, 'kept');
    return;
  } catch (error) {
    await nvm.close();
    if (!(error instanceof SokkinError) || !NEVER_FINISHED.includes(error.code)) throw error;
  }
  await deleteDB(memory);
  card = await openPhoneCard(await databaseNvm(memory, cardMemorySize()), PORTS, 'new');
}

async function answer(wish: PhoneAsked): Promise<PhoneTold> {
  const { no } = wish;
  try {
    if (wish.do === 'open') await open(wish.name);
    if (card === undefined) throw new SokkinError('no_card', 'The card is not open: open it first.');
    switch (wish.do) {
      case 'transmit':
        return { no, apdu: await card.transmit(wish.apdu) };
      case 'load':
        return { no, isLoaded: await card.load(wish.groupings), standing: card.standing() };
      case 'agree': {
        const asked = card.asked();
        card.agree(wish.agreement);
        card.reset();
        return { no, asked, standing: card.standing() };
      }
      case 'open':
        return { no, standing: card.standing() };
    }
  } catch (error) {
    return { no, fault: faultOf(error) };
  }
}

const faultOf = (error: unknown): { readonly code: string; readonly message: string } =>
  error instanceof SokkinError
    ? { code: error.code, message: error.message }
    : { code: 'card_broken', message: String(error) };

let last: Promise<void> = Promise.resolve();
self.addEventListener('message', ({ data }: MessageEvent<PhoneAsked>) => {
  last = last.then(async () => {
    self.postMessage(await answer(data));
  });
});
