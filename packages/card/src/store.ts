/**
 * The card's state in tear-safe memory. A commit is the only way it changes, and an answer goes out only
 * after it returned.
 */
import { assert, type Bytes, SokkinError } from '@sokkin/codec';
import { assertChain, assertPurse, blankPurse, type Profile, type PurseState } from '@sokkin/purse';
import { formatMemory, openMemory, type TearSafeMemory } from './memory/memory.ts';
import type { Nvm } from './memory/nvm.ts';
import {
  type CardState,
  CELL_SIZE,
  changedCells,
  decodeState,
  encodeHead,
  geometryOf,
  IDENTITY_CELLS,
  type SectionName,
  type Sections,
} from './record.ts';

/** What the purse's commands see of the store. */
export interface PurseStore {
  readonly state: PurseState;
  commit(next: PurseState): Promise<void>;
}

/** What one commit changes; what is left out stays as it is. */
export interface Change {
  readonly purse?: PurseState;
  readonly sections?: Sections;
  /** Once in a card's life. */
  readonly files?: Bytes;
}

export interface CardStore extends PurseStore {
  section(name: SectionName): Bytes | undefined;
  readonly files: Bytes;
  /** The most bytes of files that this memory has cells for. */
  readonly fileRoom: number;
  /** All of the change in one atomic write. */
  commitAll(change: Change): Promise<void>;
}

/** Formats erased memory and stores a blank card in it. */
export async function createStore(nvm: Nvm, profile: Profile, sections: Sections = {}): Promise<CardStore> {
  assertProfile(profile);
  const memory = await formatMemory(nvm, geometryOf(profile));
  const blank: CardState = { purse: blankPurse(profile), sections, files: new Uint8Array(0) };
  await memory.commit(encodeHead(blank), []);
  return storeOver(memory, blank);
}

/**
 * Reads what the memory holds. Damage is an error that names its place, never a fresh start.
 * `undefined`: formatting was cut off before the blank card was stored, so nothing was ever acknowledged.
 */
export async function openStore(nvm: Nvm): Promise<CardStore | undefined> {
  const memory = await openMemory(nvm);
  const head = memory.head;
  if (head === undefined) return undefined;
  const state = decodeState(head, (i) => memory.cell(i));
  assertPurse(state.purse);
  assertChain(state.purse);
  return storeOver(memory, state);
}

function storeOver(memory: TearSafeMemory, initial: CardState): CardStore {
  let state = initial;
  const { cellCount } = memory.geometry;
  const fileCells = Math.max(0, cellCount - IDENTITY_CELLS - initial.purse.profile.cells);
  const store: CardStore = {
    get state() {
      return state.purse;
    },
    section: (name) => state.sections[name],
    get files() {
      return state.files;
    },
    fileRoom: fileCells * CELL_SIZE,
    async commitAll({ purse = state.purse, sections, files = state.files }) {
      const next: CardState = { purse, sections: { ...state.sections, ...sections }, files };
      const head = encodeHead(next);
      // A card of the first format has a shorter head, and no room for other applications.
      if (head.length > memory.geometry.headSize || files.length > store.fileRoom) {
        throw new SokkinError('memory_too_small', 'The memory of this card has no room for that.');
      }
      await memory.commit(head, changedCells(state, next));
      state = next;
    },
    async commit(next) {
      if (next !== state.purse) await store.commitAll({ purse: next });
    },
  };
  return store;
}

/** A full window must never leave too little room for a Grant to free some: see docs/spec/protocol.md, 5.3. */
export function assertProfile({ cells, tickets, outgoing, pinTries, history }: Profile): void {
  assert(tickets >= 1 && tickets <= 32, 'a purse remembers 1 to 32 tickets');
  assert(outgoing >= 1 && outgoing <= 255, 'a purse has 1 to 255 open payments');
  const least = 2 * outgoing + 3 * tickets + history + 3;
  assert(cells >= least, () => `${cells} cells are too few: both windows and the history need ${least}`);
  assert(history >= 0 && history <= 255, 'a purse keeps at most 255 past transactions');
  assert(pinTries >= 1 && pinTries <= 15, 'a PIN has 1 to 15 tries');
}
