/** Putting a card together: memory, cryptography, applets. */
import { SokkinError } from '@sokkin/codec';
import { CARD_PROFILE, type Profile } from '@sokkin/purse';
import { type Card, createEngine } from './engine.ts';
import { nvmSize } from './memory/layout.ts';
import type { CryptoPort, Nvm } from './ports.ts';
import { purseApplet } from './purse/applet.ts';
import type { Command } from './purse/context.ts';
import { geometryOf } from './record.ts';
import { createStore, openStore, type PurseStore } from './store.ts';
import { tagApplet } from './tag/applet.ts';
import type { TagOptions } from './tag/messages.ts';

export interface CardParts {
  readonly nvm: Nvm;
  readonly crypto: CryptoPort;
  /** Also a Type 4 tag (docs/spec/card-application.md, section 9); left out, it is none. */
  readonly tag?: TagOptions;
}

/** Bytes of non-volatile memory that a card with this profile needs. */
export const cardMemorySize = (profile: Profile = CARD_PROFILE): number => nvmSize(geometryOf(profile));

/** Makes a blank card in erased memory. Throws `memory_not_blank`. */
export async function createCard(parts: CardParts, profile: Profile = CARD_PROFILE): Promise<Card> {
  return cardOver(await createStore(parts.nvm, profile), parts.crypto, undefined, parts.tag);
}

/** Powers up a card that exists. Throws `memory_damaged` with what is damaged; never starts afresh. */
export async function openCard(parts: CardParts): Promise<Card> {
  const store = await openStore(parts.nvm);
  if (store === undefined) {
    throw new SokkinError(
      'card_unfinished',
      'The card was never finished: its creation was cut off. Create it anew.',
    );
  }
  return cardOver(store, parts.crypto, undefined, parts.tag);
}

export const cardOver = (
  store: PurseStore,
  crypto: CryptoPort,
  commands?: readonly Command[],
  tag?: TagOptions,
): Card =>
  createEngine([
    purseApplet(store, crypto, commands),
    ...(tag === undefined ? [] : [tagApplet(store, crypto, tag)]),
  ]);
