/** An amount on a screen. What must hold: what is hidden is hidden from voices, too. */

import { catalogue, useLanguage, useTexts } from '../language/language.tsx';
import { moneySpoken, moneyText } from '../money/money.ts';

const TEXTS = catalogue({ hidden: 'hidden' }, { hidden: '非表示' });

export interface MoneyProps {
  readonly amount: bigint;
  readonly size?: 'text' | 'large';
  readonly hidden?: boolean;
  /** With a plus where it is above zero. */
  readonly signed?: boolean;
}

export function Money({ amount, size = 'text', hidden = false, signed = false }: MoneyProps) {
  const { language } = useLanguage();
  const texts = useTexts(TEXTS);
  const plus = signed && amount > 0n ? '+' : '';
  return (
    <span className="sk-money sk-number" data-size={size}>
      <span aria-hidden>{hidden ? '••••' : `${plus}${moneyText(amount, language)}`}</span>
      <span className="sk-unseen">{hidden ? texts.hidden : moneySpoken(amount, language)}</span>
    </span>
  );
}
