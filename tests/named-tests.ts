/** Tests that a page of the docs names, as `file` "title": whether they are there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

export interface NamedTest {
  readonly file: string;
  readonly title: string;
}

export const pageOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export const namedIn = (text: string): NamedTest[] =>
  [...text.matchAll(/`([a-z0-9/-]+(?:\.[a-z]+)*\.test\.ts)` "([^"]+)"/g)].map(
    ([, file = '', title = '']) => ({ file, title }),
  );

export const missingOf = (named: readonly NamedTest[]): NamedTest[] =>
  named.filter(({ file, title }) => {
    try {
      return !hasTest(pageOf(file), title);
    } catch {
      return true;
    }
  });

/** Whether a test of this name is called, whatever quotes it has and whatever `each` or `skipIf` stands before it. */
export function hasTest(source: string, title: string): boolean {
  const quoted = [`'${title.replaceAll("'", "\\'")}'`, `"${title}"`, `\`${title}\``];
  return quoted.some((text) => {
    const at = source.indexOf(text);
    return at >= 0 && /\b(?:test|it)\b[^;]{0,200}\(\s*$/.test(source.slice(Math.max(0, at - 220), at));
  });
}
