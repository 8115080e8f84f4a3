/** Light, dark, or as the device has it. */
import { useCallback, useEffect, useState } from 'react';
import { keep, kept } from './kept.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'sokkin.theme';
const isTheme = (value: string | undefined): value is Theme => THEMES.some((theme) => theme === value);

export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => {
    const before = kept(KEY);
    return isTheme(before) ? before : 'system';
  });
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  const choose = useCallback((next: Theme) => {
    keep(KEY, next === 'system' ? undefined : next);
    setTheme(next);
  }, []);
  return [theme, choose];
}
