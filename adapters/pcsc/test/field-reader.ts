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

/** pcscd looks every 400 ms. */
const SEEN_MS = 10_000;

export interface FieldReader {
  /** As `FieldCard.tap`, but over pcscd. */
  tap(tear?: Tear): Promise<PcscTransport>;
  /** Another card is laid on for the next tap. */
  change(card: FieldCard): Promise<void>;
  /** Takes the card out, at once. */
  pull(): Promise<void>;
}

/** Every power-on opens the card anew. */
export function attachable(open: () => Promise<ApduTransport>): AttachableCard {
  let on: Promise<ApduTransport> | undefined;
  return {
    reset() {
      on = undefined;
    },
    async transmit(command) {
      on ??= open();
      return (await on).transmit(command);
    },
  };
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

  async function insert(): Promise<void> {
    await stands('empty');
    const made = await attachVirtualCard({
      card: attachable(() => field.tap(tear)),
      atr,
      dial: () => house.dial(slot),
    });
    attached = made;
    void made.out.then(() => {
      if (attached === made) attached = undefined;
    });
    await stands('card');
  }

  /** What pcscd wrote says more than a state that did not come. */
  async function stands(state: 'empty' | 'card'): Promise<void> {
    await pcsc.until(name, state, SEEN_MS).catch((cause: unknown) => {
      throw new Error(`${String(cause)}\npcscd wrote last:\n${house.log()}`, { cause });
    });
  }

  async function pull(): Promise<void> {
    attached?.tear();
    attached = undefined;
    await stands('empty');
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
      return pcsc.tap({ reader: name, waitMs: SEEN_MS });
    },
  };
}
