/** Entry of a PIN. What must hold: no digit is shown, spoken or kept longer than until it is handed on. */
import { Check, Delete } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { catalogue, useTexts } from '../language/language.tsx';
import { useKeys } from './use-keys.ts';

const TEXTS = catalogue(
  {
    digits: (n: number, of: number) => `${n} of ${of} digits entered`,
    entered: (n: number) => `${n} digits entered`,
    done: 'Done',
    back: 'Delete last digit',
    pad: 'PIN',
  },
  {
    digits: (n: number, of: number) => `${of}桁中${n}桁入力済み`,
    entered: (n: number) => `${n}桁入力済み`,
    done: '決定',
    back: '1桁消す',
    pad: '暗証番号',
  },
);
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'done', '0', 'back'] as const;

const PICTURE: Readonly<Record<string, ReactNode>> = {
  back: <Delete aria-hidden size={24} />,
  done: <Check aria-hidden size={26} />,
};

export interface PinPadProps {
  readonly label: string;
  /** At most. */
  readonly length?: number;
  /** Left out: exactly `length`, handed on with the last digit. Else from so many on, and a key hands it on. */
  readonly least?: number;
  /** Why the last one was not taken. */
  readonly error?: string | undefined;
  readonly onDone: (pin: string) => void;
}

export function PinPad({ label, length = 4, least = length, error, onDone }: PinPadProps) {
  const isFixed = least === length;
  const texts = useTexts(TEXTS);
  const part = useRef<HTMLElement>(null);
  const [pin, setPin] = useState('');
  const hand = (whole: string) => {
    if (whole.length < least) return;
    setPin('');
    onDone(whole);
  };
  const give = (key: string) => {
    if (key === 'done') return hand(pin);
    const next = key === 'back' ? pin.slice(0, -1) : (pin + key).slice(0, length);
    if (isFixed && next.length === length) return hand(next);
    setPin(next);
  };
  useKeys(part, ({ key, target }) => {
    if (/^[0-9]$/.test(key)) give(key);
    if (key === 'Backspace') give('back');
    if (key === 'Enter' && !isFixed && !(target instanceof HTMLButtonElement)) give('done');
  });
  return (
    <section className="sk-pin" aria-label={label} ref={part}>
      <h1>{label}</h1>
      <p className="sk-pin-dots" role="status">
        <span className="sk-unseen">
          {isFixed ? texts.digits(pin.length, length) : texts.entered(pin.length)}
        </span>
        {Array.from({ length: Math.max(least, pin.length) }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: dots have nothing else, and never move
          <span key={i} aria-hidden data-on={i < pin.length || undefined} />
        ))}
      </p>
      <p className="sk-pin-error" role="alert">
        {error ?? ''}
      </p>
      <fieldset className="sk-keypad">
        <legend className="sk-unseen">{texts.pad}</legend>
        {KEYS.map((key) =>
          key === 'done' && isFixed ? (
            <span key={key} />
          ) : (
            <button
              type="button"
              key={key}
              aria-label={key === 'back' || key === 'done' ? texts[key] : undefined}
              disabled={key === 'done' && pin.length < least}
              onClick={() => give(key)}
            >
              {PICTURE[key] ?? key}
            </button>
          ),
        )}
      </fieldset>
    </section>
  );
}
