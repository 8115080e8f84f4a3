/** How much of a limit is used. What must hold: it is read before something is refused: the last fifth looks and sounds different. */
import { useId } from 'react';
import { catalogue, useLanguage, useTexts } from '../language/language.tsx';
import { useMoneyWords } from '../money/currency.tsx';
import { Money } from './money.tsx';

const TEXTS = catalogue(
  { left: 'left', leftOf: (left: string, of: string) => `${left} left of ${of}` },
  { left: '残り', leftOf: (left: string, of: string) => `${of}のうち残り${left}` },
);

export interface MeterProps {
  readonly label: string;
  /** Minor units. */
  readonly used: bigint;
  readonly most: bigint;
}

export function Meter({ label, used, most }: MeterProps) {
  const id = useId();
  const texts = useTexts(TEXTS);
  const { language } = useLanguage();
  const { spoken } = useMoneyWords();
  const left = used >= most ? 0n : most - used;
  const share = most === 0n ? 1 : Math.min(1, Number((used * 1000n) / most) / 1000);
  return (
    <div className="sk-meter" data-scarce={share >= 0.8 || undefined}>
      <p>
        <span id={id}>{label}</span>
        <span>
          {language === 'ja' && `${texts.left} `}
          <Money amount={left} />
          {language === 'en' && ` ${texts.left}`}
        </span>
      </p>
      <meter
        className="sk-unseen"
        aria-labelledby={id}
        aria-valuetext={texts.leftOf(spoken(left), spoken(most))}
        min={0}
        max={1}
        value={share}
      />
      <span className="sk-meter-bar" aria-hidden>
        <span style={{ inlineSize: `${share * 100}%` }} />
      </span>
    </div>
  );
}
