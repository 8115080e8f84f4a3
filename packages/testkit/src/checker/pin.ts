/**
 * The PIN under power cuts. Whoever guesses may watch the card write and cut power at any byte.
 *
 * What must hold: for a right PIN as for a wrong one, the first change that memory ever shows is a try less. So
 * nobody learns whether a guess was right before it has cost a try.
 */
import { inMemoryNvm } from '@sokkin/card';
import { command, encodeCommand } from '@sokkin/codec';
import { CLA, INS } from '@sokkin/purse';
import { blockOf, PIN, selectPurse } from '../world.ts';
import type { Machinery } from './machinery.ts';
import { prepare, SETUPS } from './setups.ts';
import { memoryOf } from './situation.ts';
import { cutImages, recordingNvm, type WriteOf } from './tears.ts';
import { Violation } from './violation.ts';

/** Tries left as recovery finds them after a cut at each byte, repetitions left out. */
export async function pinTriesUnderCuts(machinery: Machinery, digits: string): Promise<readonly number[]> {
  const { table, start } = await prepare(SETUPS.payAndReturn, { machinery });
  const { crypto } = table.world;
  const { image } = memoryOf(start, 0);
  const writes: WriteOf[] = [];
  const nvm = inMemoryNvm(image.length);
  nvm.restore(image);
  const { card } = await machinery.open(recordingNvm(nvm, writes), crypto);
  await selectPurse(card);
  await card.transmit(encodeCommand(command(CLA.interindustry, INS.verify, 0, 0x80, blockOf(digits))));
  const seen: number[] = [];
  for (const cut of cutImages(image, writes)) {
    const after = inMemoryNvm(cut.length);
    after.restore(cut);
    const { store } = await machinery.open(after, crypto);
    const tries = store.state.pin?.triesLeft ?? 0;
    if (seen[seen.length - 1] !== tries) seen.push(tries);
  }
  return seen;
}

export async function assertPinBurnsFirst(machinery: Machinery): Promise<void> {
  for (const digits of [PIN, '9999']) {
    const [full = 0, ...then] = await pinTriesUnderCuts(machinery, digits);
    const expected = digits === PIN ? [full - 1, full] : [full - 1];
    if (then.join() !== expected.join()) {
      const what = digits === PIN ? 'right' : 'wrong';
      throw new Violation('pin', `a ${what} PIN makes the tries go ${[full, ...then].join(', ')}`);
    }
  }
}
