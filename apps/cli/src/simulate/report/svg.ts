/**
 * Parts of a chart as SVG text: frame, axes, marks.
 *
 * What must hold: colours are names of the stylesheet (`STYLE`), so one drawing serves light, dark and paper; numbers are
 * written with one decimal, so the same data gives the same bytes; whatever is text is escaped.
 */

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export const px = (n: number): string => (Math.round(n * 10) / 10).toString();

/** As many series as can be told apart. */
export const SERIES = 6;

const LIGHT = ['#0b6bb8', '#c4540a', '#0a7f5c', '#8a4fb5', '#7a6a00', '#a33259'];
const DARK = ['#6bb6f2', '#f39a5b', '#4fcf9f', '#c79af0', '#d8c24a', '#f08bae'];
const colours = (of: readonly string[]): string => of.map((c, i) => `--s${i}:${c}`).join(';');

/** For the page and for each drawing alone. */
export const VARIABLES = `--ink:#1b1f24;--soft:#57606a;--line:#d5dae0;--paper:#ffffff;--card:#f6f8fa;${colours(LIGHT)}`;
export const VARIABLES_DARK = `--ink:#e8ecf0;--soft:#a3adb8;--line:#3a424c;--paper:#14181d;--card:#1c2229;${colours(DARK)}`;

const SERIES_STYLE = Array.from(
  { length: SERIES },
  (_, i) => `.s${i}{stroke:var(--s${i});fill:none}.f${i}{fill:var(--s${i});stroke:none}`,
).join('');
export const STYLE = `.t{font:600 13px system-ui,sans-serif;fill:var(--ink)}.a{font:11px system-ui,sans-serif;fill:var(--soft)}.g{stroke:var(--line);stroke-width:1}.l{stroke-width:2;stroke-linejoin:round}.m{stroke-width:3}${SERIES_STYLE}`;

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** About `count` round steps from 0 that reach `most`. */
export function ticks(most: number, count: number): number[] {
  if (!(most > 0)) return [0, 1];
  const rough = most / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough;
  const last = Math.ceil(most / step - 1e-9);
  return Array.from({ length: last + 1 }, (_, i) => Math.round(i * step * 1000) / 1000);
}

export function shortNumber(n: number): string {
  if (n >= 1_000_000) return `${px(n / 1_000_000)}M`;
  if (n >= 1000) return `${px(n / 1000)}k`;
  return px(n);
}

export const text = (
  x: number,
  y: number,
  words: string,
  { as = 'a', anchor = 'start', extra = '' }: { as?: string; anchor?: string; extra?: string } = {},
): string =>
  `<text class="${as}" x="${px(x)}" y="${px(y)}" text-anchor="${anchor}"${extra}>${escaped(words)}</text>`;

const rule = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="g" x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}"/>`;

/** Lines across, their figures to the left, and what they count above them. */
export function upAxis(
  { left, top, width, height }: Box,
  marks: readonly number[],
  unit: string,
  show: (n: number) => string,
): string {
  const most = marks.at(-1) ?? 1;
  const lines = marks.map((n) => {
    const y = top + height - (n / most) * height;
    return rule(left, y, left + width, y) + text(left - 6, y + 4, show(n), { anchor: 'end' });
  });
  return lines.join('') + text(4, top - 10, unit);
}

export function acrossAxis(box: Box, marks: readonly number[], unit: string): string {
  const most = marks.at(-1) ?? 1;
  const below = box.top + box.height;
  const figures = marks.map((n) =>
    text(box.left + (n / most) * box.width, below + 16, px(n), { anchor: 'middle' }),
  );
  return figures.join('') + text(box.left + box.width / 2, below + 33, unit, { anchor: 'middle' });
}

/** Names in equal places. */
export function namesAxis(box: Box, names: readonly string[], unit: string): string {
  const each = box.width / names.length;
  const below = box.top + box.height;
  const words = names.map((n, i) => text(box.left + (i + 0.5) * each, below + 16, n, { anchor: 'middle' }));
  return words.join('') + text(box.left + box.width / 2, below + 33, unit, { anchor: 'middle' });
}

const DASHES = ['', '6 3', '2 3', '8 3 2 3', '1 2', '10 4'];
export const dashOf = (series: number): string => {
  const dash = DASHES[series % SERIES] ?? '';
  return dash === '' ? '' : ` stroke-dasharray="${dash}"`;
};

/** Told apart by form as well as by colour. */
export function dot(x: number, y: number, series: number, hint: string): string {
  const [a, b] = [px(x), px(y)];
  const shape = `class="f${series % SERIES}" opacity="0.75"`;
  const title = `<title>${escaped(hint)}</title>`;
  switch (series % 3) {
    case 0:
      return `<circle ${shape} cx="${a}" cy="${b}" r="3.2">${title}</circle>`;
    case 1:
      return `<rect ${shape} x="${px(x - 2.9)}" y="${px(y - 2.9)}" width="5.8" height="5.8">${title}</rect>`;
    default:
      return `<path ${shape} d="M${a} ${px(y - 3.8)}L${px(x + 3.6)} ${px(y + 2.8)}L${px(x - 3.6)} ${px(y + 2.8)}Z">${title}</path>`;
  }
}

/** A drawing of its own, with its colours. */
export function standalone(width: number, height: number, title: string, content: string): string {
  const style = `svg{${VARIABLES}}@media (prefers-color-scheme:dark){svg{${VARIABLES_DARK}}}@media print{svg{${VARIABLES}}}${STYLE}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${px(width)} ${px(height)}" width="${px(width)}" height="${px(height)}" role="img" aria-label="${escaped(title)}"><style>${style}</style><rect width="100%" height="100%" fill="var(--paper)"/>${content}</svg>\n`;
}

/** The same within a page, whose stylesheet it uses. */
export const inline = (width: number, height: number, title: string, content: string): string =>
  `<svg viewBox="0 0 ${px(width)} ${px(height)}" role="img" aria-label="${escaped(title)}">${content}</svg>`;
