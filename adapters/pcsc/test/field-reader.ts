/**
 * A card with a memory that outlives its power, in a slot of a house's virtual reader; to be tapped, and torn out.
 *
 * What must hold: every power-on opens the card anew from its memory, as a real one does, so nothing volatile
 * survives by accident.
 */

import type { Bytes } from '@sokkin/codec';
import type { ApduTransport } from '@sokkin/terminal';
import type { FieldCard, Tear } from '@sokkin/testkit';
import {
  type AttachableCard,
  type AttachedCard,
  attachVirtualCard,
  CARD_ATR,
  type PcscService,
  type PcscTransport,
} from '../src/index.ts';
import type { House } from './house.ts';

const MOST_TRIES = 8;
/** pcscd looks every 400 ms. */
const SEEN_MS = 5_000;

export interface FieldReader {
  /** As `FieldCard.tap`, but over pcscd. */
  tap(tear?: Tear): Promise<PcscTransport>;
  /** Another card is laid on for the next tap. */
  change(card: FieldCard): Promise<void>;
  /** Takes the card out, at once. */
  pull(): Promise<void>;
}

export function fieldReader(
  house: House,
  pcsc: PcscService,
  slot: number,
  first: FieldCard,
  atr: Bytes = CARD_ATR,
): FieldReader {
  const name = house.slots[slot] ?? '';
  let field = first;
  let tear: Tear | undefined;
  let attached: AttachedCard | undefined;

  function powered(): AttachableCard {
    let on: Promise<ApduTransport> | undefined;
    return {
      reset() {
        on = undefined;
      },
      async transmit(command) {
        on ??= field.tap(tear);
        return (await on).transmit(command);
      },
    };
  }

  /**
   * vpcd sometimes still holds the line of a card that was torn out, and then drops the new one without a word; a
   * person would lay the card on again.
   */
  async function insert(): Promise<void> {
    for (let left = MOST_TRIES; ; left--) {
      await pcsc.until(name, 'empty');
      const made = await attachVirtualCard({ card: powered(), atr, dial: () => house.dial(slot) });
      attached = made;
      void made.out.then(() => {
        if (attached === made) attached = undefined;
      });
      try {
        return await pcsc.until(name, 'card', SEEN_MS);
      } catch (error) {
        if (left === 0) throw error;
        made.tear();
        attached = undefined;
      }
    }
  }

  async function pull(): Promise<void> {
    attached?.tear();
    attached = undefined;
    await pcsc.until(name, 'empty');
  }

  return {
    pull,
    async change(card) {
      await pull();
      field = card;
    },
    async tap(next) {
      if (attached === undefined) await insert();
      tear = next;
      return pcsc.tap({ reader: name, waitMs: 30_000 });
    },
  };
}
