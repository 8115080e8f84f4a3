/**
 * The engine under test: how a card comes up over a memory, and what that memory holds after a power cut.
 *
 * The real one is packages/card, untouched. The tests of broken engines (packages/card/test) make others.
 */
import {
  type Card,
  cardMemorySize,
  cardOver,
  createCard,
  IDENTITY_CELLS,
  type Nvm,
  openMemory,
  openStore,
  type PurseStore,
} from '@sokkin/card';
import { type Bytes, concat } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import type { Profile } from '@sokkin/purse';
import { CHECKER_EMV } from './payment-card.ts';
import { fingerprintText } from './symbolic-crypto.ts';

/** What the checker reads of a card's memory. */
export interface PoweredStore extends PurseStore {
  /** What the application beside the purse remembers; undefined: it is not there. */
  section(name: 'emv'): Bytes | undefined;
}

export interface PoweredCard {
  readonly card: Card;
  readonly store: PoweredStore;
}

export interface Machinery {
  readonly name: string;
  memorySize(profile: Profile): number;
  create(nvm: Nvm, crypto: CryptoPort, profile: Profile): Promise<Card>;
  /** Power on: recovery, then a card. */
  open(nvm: Nvm, crypto: CryptoPort): Promise<PoweredCard>;
  /** Power on, and what the memory then says, as a text that is equal exactly when the purse's state is. */
  recover(nvm: Nvm): Promise<string>;
}

export const realMachinery: Machinery = {
  name: 'packages/card',
  memorySize: cardMemorySize,
  create: (nvm, crypto, profile) => createCard({ nvm, crypto }, profile),
  async open(nvm, crypto) {
    const store = await openStore(nvm);
    if (store === undefined) throw new Error('The card was never finished');
    return { card: cardOver(store, { crypto, emv: CHECKER_EMV }), store };
  },
  async recover(nvm) {
    const memory = await openMemory(nvm);
    if (memory.head === undefined) return 'unfinished';
    return contentsText(memory.head, (i) => memory.cell(i));
  },
};

/**
 * The state is a function of the head and of the cells that it refers to, so these stand for it: decoding all of
 * it after each of a million power cuts would say no more. The head ends in its table of cells.
 */
export function contentsText(head: Bytes, cell: (index: number) => Bytes | undefined): string {
  const count = ((head[1] ?? 0) << 8) | (head[2] ?? 0);
  const table = head.length - 5 * count;
  const parts: Bytes[] = [head];
  for (let i = 0; i < IDENTITY_CELLS + count; i++) {
    const used = i < IDENTITY_CELLS || head[table + 5 * (i - IDENTITY_CELLS)] !== 0;
    if (used) parts.push(cell(i) ?? new Uint8Array(0), Uint8Array.of(i));
  }
  return fingerprintText(concat(...parts));
}
