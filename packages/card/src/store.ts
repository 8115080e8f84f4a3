/**
 * The purse's state in tear-safe memory. `commit` is the only way it changes, and an answer goes out only
 * after it returned.
 */
import { assert } from '@sokkin/codec';
import { assertChain, assertPurse, blankPurse, type Profile, type PurseState } from '@sokkin/purse';
import { formatMemory, openMemory, type TearSafeMemory } from './memory/memory.ts';
import type { Nvm } from './memory/nvm.ts';
import { changedCells, decodeState, encodeHead, geometryOf } from './record.ts';

export interface PurseStore {
  readonly state: PurseState;
  commit(next: PurseState): Promise<void>;
}

/** Formats erased memory and stores a blank purse in it. */
export async function createStore(nvm: Nvm, profile: Profile): Promise<PurseStore> {
  assertProfile(profile);
  const memory = await formatMemory(nvm, geometryOf(profile));
  const blank = blankPurse(profile);
  await memory.commit(encodeHead(blank), []);
  return storeOver(memory, blank);
}

/**
 * Reads what the memory holds. Damage is an error that names its place, never a fresh start.
 * `undefined`: formatting was cut off before the blank purse was stored, so nothing was ever acknowledged.
 */
export async function openStore(nvm: Nvm): Promise<PurseStore | undefined> {
  const memory = await openMemory(nvm);
  const head = memory.head;
  if (head === undefined) return undefined;
  const state = decodeState(head, (i) => memory.cell(i));
  assertPurse(state);
  assertChain(state);
  return storeOver(memory, state);
}

function storeOver(memory: TearSafeMemory, initial: PurseState): PurseStore {
  let state = initial;
  return {
    get state() {
      return state;
    },
    async commit(next) {
      if (next === state) return;
      await memory.commit(encodeHead(next), changedCells(state, next));
      state = next;
    },
  };
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
