/** What is bought, line by line, and what it comes to. What must hold: it adds nothing up: the figures are given, and shown as they are. */
import type { ReactNode } from 'react';
import { Money } from './money.tsx';
import { Stepper } from './stepper.tsx';

export interface BasketLine {
  readonly id: string;
  readonly name: string;
  readonly quantity: number;
  /** Of the whole line. */
  readonly amount: bigint;
  readonly detail?: ReactNode;
}

export interface BasketListProps {
  readonly name: string;
  readonly lines: readonly BasketLine[];
  readonly most: number;
  readonly onQuantity: (id: string, quantity: number) => void;
}

export function BasketList({ name, lines, most, onQuantity }: BasketListProps) {
  return (
    <ul className="sk-basket" aria-label={name}>
      {lines.map((line) => (
        <li key={line.id}>
          <span>{line.name}</span>
          <Money amount={line.amount} />
          <span className="sk-soft">{line.detail}</span>
          <Stepper
            name={line.name}
            value={line.quantity}
            most={most}
            onChange={(quantity) => onQuantity(line.id, quantity)}
          />
        </li>
      ))}
    </ul>
  );
}

export interface SumLine {
  readonly label: string;
  readonly amount: bigint;
  /** What all comes to. */
  readonly isTotal?: boolean;
}

export function Sums({ lines }: { readonly lines: readonly SumLine[] }) {
  return (
    <dl className="sk-sums">
      {lines.map(({ label, amount, isTotal = false }) => (
        <div key={label} data-total={isTotal || undefined}>
          <dt>{label}</dt>
          <dd>
            <Money amount={amount} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
