/**
 * A tap, as payer and payee see it. What must hold: at any moment the screen says in words what to do with the card or phone, and the end cannot be
 * overlooked; what is not known is called not known.
 */
import { CircleCheck, CircleHelp, CircleX, Nfc } from 'lucide-react';
import type { ReactNode } from 'react';
import { Lights, type LightsState } from './lights.tsx';
import { Money } from './money.tsx';

export type TapState = 'waiting' | 'reading' | 'working' | 'lost';

const LIGHTS_OF: Readonly<Record<TapState, LightsState>> = {
  waiting: 'ready',
  reading: 'reading',
  working: 'read',
  lost: 'idle',
};

export interface TapStageProps {
  readonly state: TapState;
  readonly amount?: bigint | undefined;
  /** What to do now. */
  readonly says: string;
  readonly detail?: string | undefined;
  readonly children?: ReactNode;
}

export function TapStage({ state, amount, says, detail, children }: TapStageProps) {
  return (
    <section className="sk-tap" data-state={state}>
      <Lights state={LIGHTS_OF[state]} />
      {amount !== undefined && <Money amount={amount} size="large" />}
      <span className="sk-tap-field" aria-hidden>
        <Nfc size={56} strokeWidth={1.5} />
      </span>
      <div role="status">
        <h1 className="sk-tap-says">{says}</h1>
        {detail !== undefined && <p className="sk-soft">{detail}</p>}
      </div>
      {children !== undefined && <div className="sk-actions">{children}</div>}
    </section>
  );
}

export type ResultKind = 'done' | 'failed' | 'unknown';
const PICTURE = { done: CircleCheck, failed: CircleX, unknown: CircleHelp } as const;

export interface ResultStageProps {
  readonly kind: ResultKind;
  readonly title: string;
  readonly amount?: bigint | undefined;
  readonly detail?: ReactNode;
  readonly children: ReactNode;
}

/** Stays until somebody dismisses it. */
export function ResultStage({ kind, title, amount, detail, children }: ResultStageProps) {
  const Picture = PICTURE[kind];
  return (
    <section className="sk-result" data-kind={kind}>
      <Picture aria-hidden size={96} strokeWidth={1.75} />
      <div role="alert">
        <h1>{title}</h1>
        {amount !== undefined && <Money amount={amount} size="large" />}
      </div>
      {detail !== undefined && <div className="sk-result-detail">{detail}</div>}
      <div className="sk-actions">{children}</div>
    </section>
  );
}
