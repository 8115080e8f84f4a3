/**
 * What fills the whole screen of a till: a tap that is waited for, and how it ended.
 *
 * What must hold: nobody takes one end for another: colour, picture, word and tone differ; it stays until it is dismissed, and the keyboard is on what dismisses
 * it; the payer across the counter reads the amount, too.
 */
import { Ban, Check, CircleHelp, CreditCard, Smartphone, X } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { Lights, type LightsState } from './lights.tsx';
import { Money } from './money.tsx';
import type { ResultKind } from './tap-stage.tsx';

export interface FullTapProps {
  readonly lights: LightsState;
  readonly amount: bigint;
  /** What to do now. */
  readonly says: string;
  readonly detail?: string | undefined;
  /** What the payer reads from the other side. */
  readonly towardsPayer: string;
  /** It left too early, or another one is wanted: looks different. */
  readonly needsCare?: boolean;
  readonly children?: ReactNode;
}

export function FullTap(props: FullTapProps) {
  const { lights, amount, says, detail, towardsPayer, needsCare = false, children } = props;
  const start = useRef<HTMLHeadingElement>(null);
  // What was pressed is gone: a voice goes on here.
  useEffect(() => start.current?.focus(), []);
  return (
    <main className="sk-full" data-kind="tap" data-lights={lights} data-care={needsCare || undefined}>
      <div className="sk-full-payer" aria-hidden>
        <p>{towardsPayer}</p>
        <Money amount={amount} size="large" />
      </div>
      <div className="sk-full-centre">
        <h1 ref={start} tabIndex={-1} className="sk-full-amount">
          <Money amount={amount} size="large" />
        </h1>
        <Lights state={lights} />
        <span className="sk-full-field" aria-hidden>
          <CreditCard size={56} strokeWidth={1.4} />
          <Smartphone size={48} strokeWidth={1.4} />
        </span>
        <div role="status" className="sk-full-says">
          <p>{says}</p>
          {detail !== undefined && <p className="sk-soft">{detail}</p>}
        </div>
      </div>
      {children !== undefined && <div className="sk-actions">{children}</div>}
    </main>
  );
}

/** `stopped`: somebody did not want it any more. */
export type FullResultKind = ResultKind | 'stopped';
const PICTURE = { done: Check, failed: X, unknown: CircleHelp, stopped: Ban } as const;

export interface FullResultProps {
  readonly kind: FullResultKind;
  readonly title: string;
  readonly amount?: bigint | undefined;
  readonly detail?: ReactNode;
  /** Small words under it: by which way, whether offline. */
  readonly notes?: ReactNode;
  readonly children: ReactNode;
}

export function FullResult({ kind, title, amount, detail, notes, children }: FullResultProps) {
  const Picture = PICTURE[kind];
  const actions = useRef<HTMLDivElement>(null);
  useEffect(() => actions.current?.querySelector<HTMLElement>('button')?.focus(), []);
  return (
    <main className="sk-full" data-kind={kind}>
      <div className="sk-full-centre">
        <span className="sk-full-picture" aria-hidden>
          <Picture size={84} strokeWidth={2.5} />
        </span>
        <div role="alert" className="sk-full-title">
          <h1>{title}</h1>
          {amount !== undefined && <Money amount={amount} size="large" />}
          {detail !== undefined && <div className="sk-full-detail">{detail}</div>}
        </div>
        {notes !== undefined && <div className="sk-full-notes">{notes}</div>}
      </div>
      <div className="sk-actions" ref={actions}>
        {children}
      </div>
    </main>
  );
}
