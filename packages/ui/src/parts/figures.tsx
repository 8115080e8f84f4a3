/** A few figures that are read at one glance. */
import type { ReactNode } from 'react';

export interface Figure {
  readonly label: string;
  readonly value: ReactNode;
  readonly detail?: ReactNode;
}

export function Figures({ figures }: { readonly figures: readonly Figure[] }) {
  return (
    <dl className="sk-figures">
      {figures.map(({ label, value, detail }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className="sk-figure">{value}</dd>
          {detail !== undefined && <dd className="sk-soft">{detail}</dd>}
        </div>
      ))}
    </dl>
  );
}

export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
}

/** What is known of one thing, one fact a line. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className="sk-facts">
      {facts.map(({ label, value }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
