/** How long ago, in the unit that a cashier thinks in. Pure. */
import type { Language } from '@sokkin/ui';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000] as const;

/** Milliseconds since 1970. */
export function ageText(since: number, now: number, language: Language): string {
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const age = Math.max(0, now - since);
  if (age >= DAY) return words.format(-Math.floor(age / DAY), 'day');
  if (age >= HOUR) return words.format(-Math.floor(age / HOUR), 'hour');
  return words.format(-Math.floor(age / MINUTE), 'minute');
}
