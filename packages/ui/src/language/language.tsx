/**
 * Languages of the screens. What must hold: every text is there in every language, with the same arguments; the compiler sees to it. Texts
 * stand beside the screen that says them, not in one file for all.
 */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { keep, kept } from '../theme/kept.ts';

export const LANGUAGES = ['ja', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What is said, or how it is made of what is told. */
export type Text = string | ((...told: never[]) => string);
export type Texts = Readonly<Record<string, Text>>;
/** The same texts in another language. */
export type Like<T extends Texts> = {
  readonly [K in keyof T]: T[K] extends (...told: infer A) => string ? (...told: A) => string : string;
};

export interface Catalogue<T extends Texts> {
  readonly en: T;
  readonly ja: Like<T>;
}

/** `en` says which texts there are, `ja` says the same. */
export const catalogue = <const T extends Texts>(en: T, ja: Like<T>): Catalogue<T> => ({ en, ja });

interface Spoken {
  readonly language: Language;
  readonly choose: (language: Language) => void;
}
const Context = createContext<Spoken>({ language: 'ja', choose: () => undefined });

const KEY = 'sokkin.language';
const isLanguage = (value: string | undefined): value is Language =>
  LANGUAGES.some((language) => language === value);

/** What was chosen before; else the first of the browser's languages that is here; else Japanese. */
export function firstLanguage(chosen: string | undefined, browsers: readonly string[]): Language {
  if (isLanguage(chosen)) return chosen;
  const wanted = browsers.map((tag) => tag.toLowerCase().split('-')[0]).find(isLanguage);
  return wanted ?? 'ja';
}

export function LanguageProvider({
  children,
  first,
}: {
  readonly children: ReactNode;
  readonly first?: Language;
}) {
  const [language, setLanguage] = useState<Language>(
    () => first ?? firstLanguage(kept(KEY), navigator.languages),
  );
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const spoken = useMemo(
    () => ({
      language,
      choose: (next: Language) => {
        keep(KEY, next);
        setLanguage(next);
      },
    }),
    [language],
  );
  return <Context value={spoken}>{children}</Context>;
}

export const useLanguage = (): Spoken => useContext(Context);

/** The texts of a screen in the language that is spoken. */
export function useTexts<T extends Texts>(texts: Catalogue<T>): T | Like<T> {
  return texts[useLanguage().language];
}
