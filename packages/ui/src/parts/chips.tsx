/** Chips that narrow a list down: one of each group. What must hold: they are radio buttons, so that arrow keys and voices know them. */
import { useId } from 'react';
import type { Choice } from './fields.tsx';

export interface ChipChoice<V extends string> extends Choice<V> {
  /** How many there are of it. */
  readonly count?: number;
}
export interface ChipsProps<V extends string> {
  readonly name: string;
  readonly choices: readonly ChipChoice<V>[];
  readonly value: V;
  readonly onChange: (value: V) => void;
}

export function Chips<V extends string>({ name, choices, value, onChange }: ChipsProps<V>) {
  const id = useId();
  return (
    <fieldset className="sk-chips">
      <legend className="sk-unseen">{name}</legend>
      {choices.map((choice) => (
        <label key={choice.value}>
          <input
            type="radio"
            name={id}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          <span>
            {choice.label}
            {choice.count !== undefined && <span className="sk-chip-count sk-number">{choice.count}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
