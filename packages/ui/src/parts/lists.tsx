/** Lists, rows and what became of something, step by step. */
import { Check, ChevronRight, Circle, Clock, type LucideIcon, X } from 'lucide-react';
import type { ReactNode } from 'react';

export function Rows({ children, name }: { readonly children: ReactNode; readonly name?: string }) {
  return (
    <ul className="sk-rows" aria-label={name}>
      {children}
    </ul>
  );
}

export interface RowProps {
  readonly icon?: LucideIcon;
  readonly title: ReactNode;
  readonly detail?: ReactNode;
  readonly end?: ReactNode;
  readonly onPress?: () => void;
  /** It is what is shown beside the list. */
  readonly current?: boolean;
}

export function Row({ icon: Icon, title, detail, end, onPress, current = false }: RowProps) {
  const inside = (
    <>
      {Icon && (
        <span className="sk-row-icon">
          <Icon aria-hidden size={20} />
        </span>
      )}
      <span className="sk-row-text">
        <span>{title}</span>
        {detail !== undefined && <span className="sk-soft">{detail}</span>}
      </span>
      {end !== undefined && <span className="sk-row-end">{end}</span>}
      {onPress && <ChevronRight aria-hidden size={18} className="sk-row-go" />}
    </>
  );
  return (
    <li className="sk-row">
      {onPress ? (
        <button type="button" onClick={onPress} aria-current={current || undefined}>
          {inside}
        </button>
      ) : (
        <div>{inside}</div>
      )}
    </li>
  );
}

export type StepState = 'done' | 'now' | 'due' | 'failed';
const PICTURE: Readonly<Record<StepState, LucideIcon>> = { done: Check, now: Clock, due: Circle, failed: X };

export interface Step {
  readonly state: StepState;
  readonly title: string;
  readonly detail?: string | undefined;
}

/** Oldest first. */
export function Timeline({ steps, name }: { readonly steps: readonly Step[]; readonly name: string }) {
  return (
    <ol className="sk-timeline" aria-label={name}>
      {steps.map(({ state, title, detail }) => {
        const Picture = PICTURE[state];
        return (
          <li key={title} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>
            <span className="sk-timeline-dot">
              <Picture aria-hidden size={14} strokeWidth={3} />
            </span>
            <span>
              <span>{title}</span>
              {detail !== undefined && <span className="sk-soft">{detail}</span>}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
