/** Entry of a PIN. What must hold: no digit is shown, spoken or kept longer than until it is handed on. */
import { Delete } from 'lucide-react';
import { useState } from 'react';
import { catalogue, useTexts } from '../language/language.tsx';

const TEXTS = catalogue(
  {
    digits: (n: number, of: number) => `${n} of ${of} digits entered`,
    back: 'Delete last digit',
    pad: 'PIN',
  },
  { digits: (n: number, of: number) => `${of}桁中${n}桁入力済み`, back: '1桁消す', pad: '暗証番号' },
);
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '', '0', 'back'] as const;

export interface PinPadProps {
  readonly label: string;
  readonly length?: number;
  /** Why the last one was not taken. */
  readonly error?: string | undefined;
  readonly onDone: (pin: string) => void;
}

export function PinPad({ label, length = 4, error, onDone }: PinPadProps) {
  const texts = useTexts(TEXTS);
  const [pin, setPin] = useState('');
  const give = (key: string) => {
    const next = key === 'back' ? pin.slice(0, -1) : pin + key;
    if (next.length < length) return setPin(next);
    setPin('');
    onDone(next);
  };
  return (
    <section
      className="sk-pin"
      aria-label={label}
      onKeyDown={({ key, ctrlKey, metaKey }) => {
        if (ctrlKey || metaKey) return;
        if (/^[0-9]$/.test(key)) give(key);
        if (key === 'Backspace') give('back');
      }}
    >
      <h1>{label}</h1>
      <p className="sk-pin-dots" role="status">
        <span className="sk-unseen">{texts.digits(pin.length, length)}</span>
        {Array.from({ length }, (_, i) => (
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
          key === '' ? (
            <span key="gap" />
          ) : (
            <button
              type="button"
              key={key}
              aria-label={key === 'back' ? texts.back : undefined}
              onClick={() => give(key)}
            >
              {key === 'back' ? <Delete aria-hidden size={24} /> : key}
            </button>
          ),
        )}
      </fieldset>
    </section>
  );
}
