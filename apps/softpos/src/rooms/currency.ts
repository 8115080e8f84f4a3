/** Which currency the till is in, as screens name it. What must hold: what has no letters here is shown by its number, never as another one. */
import { type Currency, JPY } from '@sokkin/ui';
import type { ConfigurationShown } from '../shop/view.ts';

/** ISO 4217: numbers to letters, of those that a sandbox is made for. */
const LETTERS: Readonly<Record<string, string>> = {
  '156': 'CNY',
  '344': 'HKD',
  '356': 'INR',
  '392': 'JPY',
  '410': 'KRW',
  '702': 'SGD',
  '764': 'THB',
  '826': 'GBP',
  '840': 'USD',
  '978': 'EUR',
};

export const currencyOf = (configuration: ConfigurationShown | undefined): Currency =>
  configuration === undefined
    ? JPY
    : { code: LETTERS[configuration.currency] ?? configuration.currency, decimals: configuration.exponent };
