/** An amount on a screen. What must hold: what is hidden is hidden from voices, too. */

import { catalogue, useTexts } from '../language/language.tsx';
import { useMoneyWords } from '../money/currency.tsx';

/** What a large figure may have before it is set smaller, so that a small phone shows all of it. */
const FITS = 9;
const TEXTS = catalogue({ hidden: 'hidden' }, { hidden: '非表示' });

export interface MoneyProps {
  readonly amount: bigint;
  readonly size?: 'text' | 'large';
  readonly hidden?: boolean;
  /** With a plus where it is above zero. */
  readonly signed?: boolean;
}

export function Money({ amount, size = 'text', hidden = false, signed = false }: MoneyProps) {
  const words = useMoneyWords();
  const texts = useTexts(TEXTS);
  const shown = hidden ? '••••' : `${signed && amount > 0n ? '+' : ''}${words.text(amount)}`;
  return (
    <span className="sk-money sk-number" data-size={size} data-long={shown.length > FITS || undefined}>
      <span aria-hidden>{shown}</span>
      <span className="sk-unseen">{hidden ? texts.hidden : words.spoken(amount)}</span>
    </span>
  );
}
