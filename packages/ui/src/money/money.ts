/**
 * Amounts as people read and hear them. What must hold: an amount is a bigint in minor units and is never rounded; its sign, currency and decimals are
 * always shown, and what is spoken says the same as what is shown.
 */
import type { Language } from '../language/language.tsx';

export interface Currency {
  /** ISO 4217. */
  readonly code: string;
  /** Digits after the point: 0 for yen. */
  readonly decimals: number;
}
export const JPY: Currency = { code: 'JPY', decimals: 0 };

const LOCALE: Readonly<Record<Language, string>> = { ja: 'ja-JP', en: 'en-GB' };

/** Yen as a Japanese writes it (1,234円), as an English page does (¥1,234). */
export function moneyText(amount: bigint, language: Language, currency: Currency = JPY): string {
  const digits = decimalOf(amount < 0n ? -amount : amount, language, currency);
  const sign = amount < 0n ? '−' : '';
  if (currency.code !== 'JPY') return `${sign}${currency.code} ${digits}`;
  return language === 'ja' ? `${sign}${digits}円` : `${sign}¥${digits}`;
}

/** For a voice: without marks that some voices skip. */
export function moneySpoken(amount: bigint, language: Language, currency: Currency = JPY): string {
  const digits = decimalOf(amount < 0n ? -amount : amount, language, currency).replaceAll(',', '');
  const minus = amount >= 0n ? '' : language === 'ja' ? 'マイナス' : 'minus ';
  if (currency.code !== 'JPY') return `${minus}${digits} ${currency.code}`;
  return language === 'ja' ? `${minus}${digits}円` : `${minus}${digits} yen`;
}

/** 123456n with 2 decimals: 1,234.56 */
function decimalOf(amount: bigint, language: Language, { decimals }: Currency): string {
  const scale = 10n ** BigInt(decimals);
  const whole = new Intl.NumberFormat(LOCALE[language]).format(amount / scale);
  return decimals === 0 ? whole : `${whole}.${(amount % scale).toString().padStart(decimals, '0')}`;
}

export const dateText = (at: Date, language: Language): string =>
  new Intl.DateTimeFormat(LOCALE[language], { dateStyle: 'medium' }).format(at);

export const momentText = (at: Date, language: Language): string =>
  new Intl.DateTimeFormat(LOCALE[language], { dateStyle: 'medium', timeStyle: 'short' }).format(at);

/** To the second: of what follows each other closely. */
export const timeText = (at: Date, language: Language): string =>
  new Intl.DateTimeFormat(LOCALE[language], { timeStyle: 'medium' }).format(at);

/** Of what was on this day. */
export const clockText = (at: Date, language: Language): string =>
  new Intl.DateTimeFormat(LOCALE[language], { timeStyle: 'short' }).format(at);
