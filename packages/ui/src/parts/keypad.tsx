/** The keypad for amounts. What must hold: it works by touch and by keyboard alike, and says what it did not take. */
import { Delete } from 'lucide-react';
import { type MouseEvent, useRef, useState } from 'react';
import { catalogue, useTexts } from '../language/language.tsx';
import { useMoneyWords } from '../money/currency.tsx';
import { KEYS, type Key, keyOf, NOTHING_TYPED, press, type Typed } from '../money/keypad.ts';
import { useKeys } from './use-keys.ts';

const TEXTS = catalogue(
  {
    name: 'Keypad',
    back: 'Delete last digit',
    most: (amount: string) => `No more than ${amount}`,
  },
  { name: 'テンキー', back: '1桁消す', most: (amount: string) => `${amount}までです` },
);

export interface KeypadProps {
  readonly typed: Typed;
  readonly onType: (typed: Typed) => void;
  /** Minor units. */
  readonly most: bigint;
}

export function Keypad({ typed, onType, most }: KeypadProps) {
  const texts = useTexts(TEXTS);
  const { spoken } = useMoneyWords();
  const keys = useRef<HTMLFieldSetElement>(null);
  useKeys(keys, (event) => {
    const key = keyOf(event.key);
    if (key === undefined) return;
    event.preventDefault();
    onType(press(typed, key, most));
  });
  const give = (key: Key) => onType(press(typed, key, most));
  /** A long press. */
  const clear = (event: MouseEvent) => {
    event.preventDefault();
    give('clear');
  };
  return (
    <>
      <p className="sk-keypad-says" role="status">
        {typed.refused ? texts.most(spoken(most)) : ''}
      </p>
      <fieldset className="sk-keypad" ref={keys}>
        <legend className="sk-unseen">{texts.name}</legend>
        {KEYS.map((key) => (
          <button
            type="button"
            key={key}
            aria-label={key === 'back' ? texts.back : undefined}
            onClick={() => give(key)}
            onContextMenu={key === 'back' ? clear : undefined}
          >
            {key === 'back' ? <Delete aria-hidden size={24} /> : key}
          </button>
        ))}
      </fieldset>
    </>
  );
}

/** A keypad's state, for a screen that has one. */
export const useTyped = () => useState<Typed>(NOTHING_TYPED);
