/** What is typed and chosen. What must hold: every field has a name that is seen, and its fault stands beside it. */
import { type InputHTMLAttributes, useId } from 'react';

export interface FieldProps
  extends Pick<
    InputHTMLAttributes<HTMLInputElement>,
    'type' | 'inputMode' | 'autoComplete' | 'maxLength' | 'placeholder'
  > {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string;
  readonly error?: string | undefined;
}

export function Field({ label, value, onChange, hint, error, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className="sk-field" data-wrong={error === undefined ? undefined : true}>
      <label htmlFor={id}>{label}</label>
      <input
        {...rest}
        id={id}
        value={value}
        aria-describedby={`${id}-says`}
        aria-invalid={error === undefined ? undefined : true}
        onChange={(event) => onChange(event.target.value)}
      />
      <p id={`${id}-says`} className={error === undefined ? 'sk-soft' : 'sk-field-error'}>
        {error ?? hint ?? ''}
      </p>
    </div>
  );
}

export interface Choice<V extends string> {
  readonly value: V;
  readonly label: string;
}
export interface SelectProps<V extends string> {
  readonly label: string;
  readonly choices: readonly Choice<V>[];
  readonly value: V;
  readonly onChange: (value: V) => void;
}

/** One of many: the device's own list. */
export function Select<V extends string>({ label, choices, value, onChange }: SelectProps<V>) {
  const id = useId();
  return (
    <div className="sk-field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={({ target }) => {
          const chosen = choices[target.selectedIndex];
          if (chosen !== undefined) onChange(chosen.value);
        }}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}

export interface SegmentsProps<V extends string> {
  readonly name: string;
  readonly choices: readonly Choice<V>[];
  readonly value: V;
  readonly onChange: (value: V) => void;
}

/** One of a few, all of them seen. */
export function Segments<V extends string>({ name, choices, value, onChange }: SegmentsProps<V>) {
  const id = useId();
  return (
    <fieldset className="sk-segments">
      <legend className="sk-unseen">{name}</legend>
      {choices.map((choice) => (
        <label key={choice.value}>
          <input
            type="radio"
            name={id}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </fieldset>
  );
}

export interface SwitchProps {
  readonly label: string;
  readonly detail?: string;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}

export function Switch({ label, detail, on, onChange }: SwitchProps) {
  return (
    <label className="sk-switch">
      <span>
        <span>{label}</span>
        {detail !== undefined && <span className="sk-soft">{detail}</span>}
      </span>
      <input
        type="checkbox"
        role="switch"
        aria-checked={on}
        checked={on}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  );
}
