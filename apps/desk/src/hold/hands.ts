/**
 * Which card is in the visitor's hand, and which lies on which device.
 *
 * What must hold: a card is in one place; one that lies on a device is held to that device's reader and to no other, until its tap is over
 * or it is taken away.
 */
import { type HeldCard, near, placed, type VirtualCard } from '@sokkin/web';
import { useCallback, useEffect, useRef, useState } from 'react';
import { FIELD } from '../field/field.ts';
import type { NewsRoom } from '../news.ts';
import { type CardId, idOfPlace, placeOf } from '../set.ts';
import { balanceOn, readyCard } from './deck.ts';

export interface CardState {
  readonly id: CardId;
  readonly status: 'coming' | 'ready' | 'broken';
  readonly fault?: string | undefined;
  /** As it was last read. */
  readonly balance?: bigint | undefined;
  /** Id of the device that it lies on. */
  readonly on?: string | undefined;
}

export interface Hands {
  readonly cards: readonly CardState[];
  readonly inHand: CardId | undefined;
  pick(card: CardId): void;
  putBack(): void;
  holdTo(card: CardId, device: string): void;
  takeAway(card: CardId): void;
}

export const CARDS: readonly CardId[] = ['aoi', 'kenji', 'bank'];

/** Put on a card when it is made. The bank's card pays from its holder's account alone. */
const FIRST: Readonly<Record<CardId, bigint>> = { aoi: 5_000n, kenji: 5_000n, bank: 0n };

/** A back-end that has just started has much to do. */
const ATTEMPTS = 3;

/** For one set of cards: a new set is a new call of this. */
export function useHands(set: string, news: NewsRoom, nameOf: (card: CardId) => string): Hands {
  const { states, opened, change, readAgain } = useDeck(set, nameOf);
  const [inHand, setInHand] = useState<CardId>();
  const held = useRef(new Map<CardId, HeldCard>());
  // What a phone brought a card, or took from it, shows when the tap is over.
  useEffect(
    () =>
      news.hear((one) => {
        if (one.kind !== 'gone') return;
        const id = CARDS.find((card) => card === idOfPlace(set, one.holder));
        if (id !== undefined) void readAgain(id);
      }),
    [news, set, readAgain],
  );
  useEffect(() => {
    const all = held.current;
    return () => {
      for (const one of all.values()) one.remove();
    };
  }, []);
  const holdTo = (id: CardId, device: string) => {
    setInHand(undefined);
    const card = opened.get(id);
    if (card === undefined || held.current.has(id)) return;
    const field = new BroadcastChannel(FIELD);
    const one = card.hold(near(placed(field, placeOf(set, id)), placeOf(set, device)));
    held.current.set(id, one);
    change(id, { on: device });
    news.tell({ kind: 'held', card: id, device });
    void one.over.then(() => {
      field.close();
      held.current.delete(id);
      change(id, { on: undefined });
    });
  };
  return {
    cards: states,
    inHand,
    pick: setInHand,
    putBack: () => setInHand(undefined),
    holdTo,
    takeAway: (id) => held.current.get(id)?.remove(),
  };
}

function useDeck(set: string, nameOf: (card: CardId) => string) {
  const [states, setStates] = useState<readonly CardState[]>(coming);
  const opened = useRef(new Map<CardId, VirtualCard>());
  const change = useCallback(
    (id: CardId, what: Partial<CardState>) =>
      setStates((all) => all.map((one) => (one.id === id ? { ...one, ...what } : one))),
    [],
  );
  const readAgain = useCallback(
    async (id: CardId) => {
      const card = opened.current.get(id);
      // What a bank's card is good for stands in the account, not on the card.
      if (card === undefined || id === 'bank') return;
      change(id, { balance: await balanceOn(card).catch(() => undefined) });
    },
    [change],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: a card's holder is named once, when it is made
  useEffect(() => {
    let isOn = true;
    const cards = opened.current;
    const open = async (id: CardId, attempt = 1) => {
      try {
        const card = await readyCard(placeOf(set, id), nameOf(id), FIRST[id]);
        if (!isOn) return card.close();
        cards.set(id, card);
        await readAgain(id);
        if (isOn) change(id, { status: 'ready' });
      } catch (error) {
        if (isOn && attempt < ATTEMPTS) return open(id, attempt + 1);
        if (isOn) change(id, { status: 'broken', fault: error instanceof Error ? error.message : '' });
      }
    };
    for (const id of CARDS) void open(id);
    return () => {
      isOn = false;
      for (const card of cards.values()) card.close();
      cards.clear();
    };
  }, [set]);
  return { states, opened: opened.current, change, readAgain };
}

const coming = (): CardState[] => CARDS.map((id) => ({ id, status: 'coming' }));
