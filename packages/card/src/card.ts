/** Putting a card together: memory, cryptography, applets. */
import { SokkinError } from '@sokkin/codec';
import { CARD_PROFILE, type Profile } from '@sokkin/purse';
import { securityDomain } from './domain/applet.ts';
import { domainStore, type FactoryKeys, factorySection } from './domain/state.ts';
import { emvApplets } from './emv/applet.ts';
import { type Card, createEngine } from './engine.ts';
import { nvmSize } from './memory/layout.ts';
import type { CryptoPort, EmvPorts, Nvm } from './ports.ts';
import { PURSE_COMMANDS, PURSE_COMMANDS_BESIDE_DOMAIN, purseApplet } from './purse/applet.ts';
import { geometryOf } from './record.ts';
import { type CardStore, createStore, openStore } from './store.ts';
import { tagApplet } from './tag/applet.ts';
import type { TagOptions } from './tag/messages.ts';

/** What a card is built of besides its memory. */
export interface Build {
  readonly crypto: CryptoPort;
  /** Also a payment application, and a security domain to personalise it; left out, it is a purse alone. */
  readonly emv?: EmvPorts;
  /** Also a Type 4 tag (docs/spec/card-application.md, section 9); left out, it is none. */
  readonly tag?: TagOptions;
}

export interface CardParts extends Build {
  readonly nvm: Nvm;
}

/** Bytes of non-volatile memory that a card with this profile needs. */
export const cardMemorySize = (profile: Profile = CARD_PROFILE): number => nvmSize(geometryOf(profile));

/**
 * Makes a blank card in erased memory. Throws `memory_not_blank`. With `keys` it has a security domain for good, and
 * only who holds them can personalise it; without, whoever holds the blank card can.
 */
export async function createCard(
  parts: CardParts,
  profile: Profile = CARD_PROFILE,
  keys?: FactoryKeys,
): Promise<Card> {
  const sections = keys === undefined ? {} : { domain: factorySection(keys) };
  return cardOver(await createStore(parts.nvm, profile, sections), parts);
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
  return cardOver(store, parts);
}

/** What is locked, and how the purse is personalised, is a matter of the memory, whatever is built around it. */
export function cardOver(store: CardStore, { crypto, emv, tag }: Build): Card {
  const domain = domainStore(store);
  const commands = domain === undefined ? PURSE_COMMANDS : PURSE_COMMANDS_BESIDE_DOMAIN;
  const applets = [
    // First, so that a terminal that knows the beginning of a name finds what it can pay with.
    ...(emv === undefined ? [] : emvApplets(store, emv)),
    purseApplet(store, crypto, commands),
    ...(tag === undefined ? [] : [tagApplet(store, crypto, tag)]),
  ];
  if (domain === undefined) return createEngine(applets);
  const isUnlocked = (): boolean => domain.state.lifecycle !== 'locked';
  if (emv === undefined) return createEngine(applets, isUnlocked);
  const management = securityDomain(domain, emv.symmetric, applets);
  return createEngine([...applets, management], (applet) => applet === management || isUnlocked());
}
