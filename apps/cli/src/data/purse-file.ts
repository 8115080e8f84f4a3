/**
 * A card, or a phone's own purse, in a file: powered up for one tap, and torn on purpose when asked to.
 *
 *     SOKKIN_DATA/cards/NAME.card    a card            SOKKIN_DATA/phones/NAME.purse    a phone's own purse
 *
 * What must hold: one tap opens the file, and no other program has it meanwhile; a damaged file is an error that
 * names it, never a fresh card; a tear is a real one: the memory write is cut off in the middle.
 */
import { unlink } from 'node:fs/promises';
import { type Card, cardMemorySize, createCard, type FactoryKeys, type Nvm, openCard } from '@sokkin/card';
import { SokkinError } from '@sokkin/codec';
import { type FileNvm, openFileNvm } from '@sokkin/node';
import { type ApduTransport, cardLost } from '@sokkin/terminal';
import type { Context } from '../io/context.ts';
import { noHolder, phoneHolder } from './holder.ts';

export interface Tear {
  readonly when: 'before' | 'during' | 'after';
  /** Counted from 1. */
  readonly exchange: number;
}

export interface PurseFile extends ApduTransport {
  close(): Promise<void>;
}

/** Makes a blank card in a file that must not exist yet; with `keys` only who holds them can personalise it. */
export async function createPurseFile(
  { crypto, emv }: Context,
  path: string,
  keys?: FactoryKeys,
): Promise<void> {
  const nvm = await openFileNvm(path, { create: cardMemorySize() });
  try {
    await createCard({ nvm, crypto, emv }, undefined, keys);
  } finally {
    await nvm.close();
  }
}

/** Nothing was ever acknowledged by such a file: its making was cut off. */
const NEVER_FINISHED: readonly string[] = ['memory_not_formatted', 'card_unfinished'];

/** Removes what an interrupted creation left behind; whether it did. Any other file, damaged ones too, is left as it is. */
export async function clearUnfinished(context: Context, path: string): Promise<boolean> {
  try {
    const file = await tapPurseFile(context, path);
    await file.close();
    return false;
  } catch (error) {
    if (!(error instanceof SokkinError) || !NEVER_FINISHED.includes(error.code)) return false;
    await unlink(path);
    return true;
  }
}

export interface PurseTap {
  readonly tear?: Tear | undefined;
  /** `false` plays a reader that knows short length only. */
  readonly extended?: boolean;
  /** A phone: it verifies its holder itself. */
  readonly isPhone?: boolean;
}

/** Power up, into the field. */
export async function tapPurseFile(
  { crypto, emv }: Context,
  path: string,
  { tear, extended = true, isPhone = false }: PurseTap = {},
): Promise<PurseFile> {
  const file = await openFileNvm(path);
  try {
    const power = cuttable(file);
    const holder = isPhone ? phoneHolder() : noHolder;
    const card = await openCard({ nvm: power.nvm, crypto, emv: { ...emv, ...holder.ports } });
    const field = inField(card, file, extended, tear, power);
    return { ...field, transmit: holder.watching(field.transmit) };
  } catch (error) {
    await file.close();
    throw named(error, path);
  }
}

function inField(
  card: Card,
  file: FileNvm,
  extended: boolean,
  tear: Tear | undefined,
  power: Power,
): PurseFile {
  let count = 0;
  let lost = false;
  const lose = (cause?: unknown) => {
    lost = true;
    return cardLost(cause);
  };
  return {
    extended,
    async transmit(command) {
      if (lost) throw cardLost();
      count += 1;
      const torn = tear?.exchange === count ? tear.when : undefined;
      if (torn === 'before') throw lose();
      if (torn === 'during') power.cut();
      try {
        const answer = await card.transmit(command);
        if (torn !== undefined) throw lose();
        return answer;
      } catch (error) {
        if (error instanceof PowerCut) throw lose(error);
        throw error;
      }
    },
    close: () => file.close(),
  };
}

class PowerCut extends Error {}

interface Power {
  readonly nvm: Nvm;
  /** The next write gets half through, and then the power is off. */
  cut(): void;
}

function cuttable(inner: Nvm): Power {
  let cutting = false;
  let off = false;
  const mustBeOn = () => {
    if (off) throw new PowerCut('the power is off');
  };
  return {
    nvm: {
      size: inner.size,
      async read(offset, length) {
        mustBeOn();
        return inner.read(offset, length);
      },
      async write(offset, bytes) {
        mustBeOn();
        if (!cutting) return inner.write(offset, bytes);
        off = true;
        await inner.write(offset, bytes.subarray(0, bytes.length >> 1));
        throw new PowerCut('the power went in the middle of a write');
      },
    },
    cut() {
      cutting = true;
    },
  };
}

/** Says which file it is that is damaged. */
function named(error: unknown, path: string): unknown {
  if (!(error instanceof SokkinError) || error.message.includes(path)) return error;
  return new SokkinError(error.code, `${path}: ${error.message}`, { cause: error });
}
