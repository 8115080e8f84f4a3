/** In which currency a screen speaks. What must hold: every amount under one provider is shown and spoken in the same one; without a provider it is yen. */
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { useLanguage } from '../language/language.tsx';
import { type Currency, JPY, moneySpoken, moneyText } from './money.ts';

const Context = createContext<Currency>(JPY);

export function CurrencyProvider({
  currency,
  children,
}: {
  readonly currency: Currency;
  readonly children: ReactNode;
}) {
  return <Context value={currency}>{children}</Context>;
}

export const useCurrency = (): Currency => useContext(Context);

export interface MoneyWords {
  readonly text: (amount: bigint) => string;
  readonly spoken: (amount: bigint) => string;
}

/** Amounts for sentences, in the language and the currency of the screen. */
export function useMoneyWords(): MoneyWords {
  const { language } = useLanguage();
  const currency = useCurrency();
  return useMemo(
    () => ({
      text: (amount) => moneyText(amount, language, currency),
      spoken: (amount) => moneySpoken(amount, language, currency),
    }),
    [language, currency],
  );
}
