/**
 * What every CardReader has to do (docs/readers.md). An implementation runs it in a few lines:
 *
 *     readerConformance('virtual field', async () => ({ reader, lay, remove, dispose }));
 */
import { command, encodeCommand } from '@sokkin/codec';
import { type CardInField, type CardReader, type StopSignal, select } from '@sokkin/terminal';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A reader, and a hand that lays a card on it (any purse, blank or not) and takes it away. */
export interface ReaderUnderTest {
  readonly reader: CardReader;
  /** The card comes, powered anew. Nothing lies there. */
  lay(): Promise<void> | void;
  /** It is taken away, if it is still there. */
  remove(): Promise<void> | void;
  dispose(): Promise<void> | void;
}

/** Long enough for a reader that would give a wrong card to give it. */
const PATIENCE_MS = 700;
const ANY_COMMAND = encodeCommand(command(0x80, 0x01, 0, 0));

export function readerConformance(name: string, make: () => Promise<ReaderUnderTest>): void {
  describe(`reader: ${name}`, () => {
    let made: ReaderUnderTest;
    beforeEach(async () => {
      made = await make();
    });
    afterEach(() => made.dispose());

    const asked = async (): Promise<CardInField> => {
      const next = made.reader.next();
      await made.lay();
      return next;
    };
    const nobodyComes = async (): Promise<void> => {
      const stop = stopper();
      const next = made.reader.next(stop.signal);
      const settled = next.then(
        () => 'a card',
        (error: unknown) => Object(error).code,
      );
      const first = await Promise.race([settled, later('still waiting')]);
      stop.stop();
      expect([first, await settled]).toEqual(['still waiting', 'no_card']);
    };

    it('waits for a card, and gives it when it comes', async () => {
      expect((await select(await asked())).status).toBe('ok');
    });

    it('gives a card that lay there before anybody asked', async () => {
      await made.lay();
      expect((await select(await made.reader.next())).status).toBe('ok');
    });

    it('ends with no_card when it is told to stop, at once or while it waits; and takes a card after that', async () => {
      const stop = stopper();
      const next = made.reader.next(stop.signal);
      stop.stop();
      await expect(next).rejects.toMatchObject({ code: 'no_card' });
      await expect(made.reader.next(stop.signal)).rejects.toMatchObject({ code: 'no_card' });
      expect((await select(await asked())).status).toBe('ok');
    });

    it('a card that is taken away is lost then and ever after, and gone', async () => {
      const card = await asked();
      expect((await select(card)).status).toBe('ok');
      await made.remove();
      for (let i = 0; i < 2; i++)
        await expect(card.transmit(ANY_COMMAND)).rejects.toMatchObject({ code: 'card_lost' });
      await card.gone;
    });

    it('a card that was let go of answers no more, and is gone when it was taken away', async () => {
      const card = await asked();
      await card.close();
      await expect(card.transmit(ANY_COMMAND)).rejects.toMatchObject({ code: 'card_lost' });
      await made.remove();
      await card.gone;
      await card.close();
    });

    it('a card that was let go of is given again only after it left and came again', async () => {
      const card = await asked();
      await card.close();
      await nobodyComes();
      await made.remove();
      await card.gone;
      expect((await select(await asked())).status).toBe('ok');
    });

    it('one card after the other', async () => {
      for (let tap = 0; tap < 3; tap++) {
        const card = await asked();
        expect((await select(card)).status).toBe('ok');
        await made.remove();
        await card.gone;
        await card.close();
      }
    });
  });
}

function stopper(): { readonly signal: StopSignal; stop(): void } {
  const listeners = new Set<() => void>();
  let aborted = false;
  return {
    signal: {
      get aborted() {
        return aborted;
      },
      addEventListener: (_, listener) => void listeners.add(listener),
      removeEventListener: (_, listener) => void listeners.delete(listener),
    },
    stop() {
      aborted = true;
      for (const listener of [...listeners]) listener();
    },
  };
}

declare function setTimeout(work: () => void, ms: number): unknown;
const later = <T>(value: T): Promise<T> =>
  new Promise((resolve) => setTimeout(() => resolve(value), PATIENCE_MS));
