/**
 * A card of software over a memory in IndexedDB, for workers.
 *
 * What must hold: the memory is open in one place at a time; a blank one is made only where there is none, or one whose making was cut off, or where that
 * is asked for: never over one that holds something otherwise; a card whose memory failed (a full disk) is put under power anew for the next command,
 * and what its memory holds then decides.
 */
import { cardMemorySize } from '@sokkin/card';
import { SokkinError } from '@sokkin/codec';
import { deleteDB } from 'idb';
import { type DatabaseNvm, databaseNvm } from './nvm.ts';

/** Nothing was ever acknowledged by such a memory. */
const NEVER_FINISHED: readonly string[] = ['memory_not_formatted', 'card_unfinished'];

export interface Making<C> {
  /** Under power, from what its memory holds. */
  open(nvm: DatabaseNvm): Promise<C>;
  /** In blank memory. */
  make(nvm: DatabaseNvm): Promise<C>;
}

export class Chip<C> {
  #card: C | undefined;
  #power: (() => Promise<C>) | undefined;

  /** False: there is none that was ever finished. */
  async find(memory: string, { open }: Pick<Making<C>, 'open'>): Promise<boolean> {
    const nvm = await databaseNvm(memory, cardMemorySize());
    try {
      this.#card = await open(nvm);
      this.#power = () => open(nvm);
      return true;
    } catch (error) {
      await nvm.close();
      if (!(error instanceof SokkinError) || !NEVER_FINISHED.includes(error.code)) throw error;
      return false;
    }
  }

  /** In place of whatever is there. */
  async make(memory: string, { open, make }: Making<C>): Promise<void> {
    await deleteDB(memory);
    const nvm = await databaseNvm(memory, cardMemorySize());
    this.#power = () => open(nvm);
    this.#card = await make(nvm);
  }

  async findOrMake(memory: string, making: Making<C>): Promise<void> {
    if (!(await this.find(memory, making))) await this.make(memory, making);
  }

  /** A tap begins: what it held in its working memory is gone. */
  async reset(): Promise<void> {
    this.#card = undefined;
    await this.#under();
  }

  async use<T>(run: (card: C) => T | Promise<T>): Promise<T> {
    const card = await this.#under();
    try {
      return await run(card);
    } catch (error) {
      this.#card = undefined;
      throw error;
    }
  }

  async #under(): Promise<C> {
    this.#card ??= await this.#power?.();
    if (this.#card === undefined) throw new SokkinError('no_card', 'The card is not open: open it first.');
    return this.#card;
  }
}
