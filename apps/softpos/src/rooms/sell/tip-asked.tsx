/** The payer is asked for a tip before the tap. What must hold: giving none is as easy as giving one, and every choice shows what is paid in all. */
import { Button, catalogue, Money, useTexts } from '@sokkin/ui';
import { ArrowLeft } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { priceOf, type Share } from '../../shop/basket.ts';
import { useNow } from '../shop-context.tsx';

const TEXTS = catalogue(
  { ask: 'Would you like to add a tip?', none: 'No tip', all: 'In all', back: 'Back' },
  { ask: 'チップを追加しますか', none: 'チップなし', all: '合計', back: '戻る' },
);

export interface TipAskedProps {
  /** undefined: none. */
  readonly onDone: (tip: Share | undefined) => void;
  readonly onBack: () => void;
}

export function TipAsked({ onDone, onBack }: TipAskedProps) {
  const t = useTexts(TEXTS);
  const { basket, configuration } = useNow();
  const start = useRef<HTMLHeadingElement>(null);
  useEffect(() => start.current?.focus(), []);
  const bare = priceOf({ ...basket, tip: undefined }).total;
  return (
    <section className="t-tip">
      <h1 ref={start} tabIndex={-1}>
        {t.ask}
      </h1>
      <Money amount={bare} size="large" />
      <ul className="t-tips">
        {(configuration?.tips ?? []).map((percent) => {
          const priced = priceOf({ ...basket, tip: { percent } });
          return (
            <li key={percent}>
              <button type="button" onClick={() => onDone({ percent })}>
                <span className="t-tip-share">{percent}%</span>
                <Money amount={priced.tip} />
                <span className="sk-soft">
                  {t.all} <Money amount={priced.total} />
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      <div className="sk-actions">
        <Button wide onPress={() => onDone(undefined)}>
          {t.none}
        </Button>
        <Button wide tone="quiet" icon={ArrowLeft} onPress={onBack}>
          {t.back}
        </Button>
      </div>
    </section>
  );
}
