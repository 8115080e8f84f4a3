/** How many of something. What must hold: each button says of what it takes or adds one; nothing goes below the least nor above the most. */
import { Minus, Plus, Trash2 } from 'lucide-react';
import { catalogue, useTexts } from '../language/language.tsx';

const TEXTS = catalogue(
  {
    less: (name: string) => `One less: ${name}`,
    more: (name: string) => `One more: ${name}`,
    remove: (name: string) => `Remove: ${name}`,
  },
  {
    less: (name: string) => `${name}を1つ減らす`,
    more: (name: string) => `${name}を1つ増やす`,
    remove: (name: string) => `${name}を消す`,
  },
);

export interface StepperProps {
  /** Of what. */
  readonly name: string;
  readonly value: number;
  readonly most: number;
  /** 0 when the last one was taken away. */
  readonly onChange: (value: number) => void;
}

export function Stepper({ name, value, most, onChange }: StepperProps) {
  const t = useTexts(TEXTS);
  const isLast = value <= 1;
  const Less = isLast ? Trash2 : Minus;
  return (
    <span className="sk-stepper">
      <button
        type="button"
        aria-label={isLast ? t.remove(name) : t.less(name)}
        onClick={() => onChange(value - 1)}
      >
        <Less aria-hidden size={18} />
      </button>
      <output className="sk-number">{value}</output>
      <button
        type="button"
        aria-label={t.more(name)}
        disabled={value >= most}
        onClick={() => onChange(value + 1)}
      >
        <Plus aria-hidden size={18} />
      </button>
    </span>
  );
}
