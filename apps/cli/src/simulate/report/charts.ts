/**
 * The pictures of a study, in panels of one size: a page puts them side by side or one below the other, a file of its own
 * into a grid.
 *
 * What must hold: every panel says its unit on both axes; what was never found is not drawn as found.
 */
import type { AttackRow, RunResult } from '../result.ts';
import type { SummaryRow } from './summary.ts';
import {
  acrossAxis,
  type Box,
  dashOf,
  dot,
  namesAxis,
  px,
  SERIES,
  shortNumber,
  standalone,
  text,
  ticks,
  upAxis,
} from './svg.ts';

export const PANEL = { width: 340, height: 250 } as const;
const BOX: Box = { left: 46, top: 58, width: 280, height: 140 };

export interface Panel {
  readonly title: string;
  readonly content: string;
}

export interface Figure {
  /** Of the file. */
  readonly name: string;
  readonly title: string;
  /** Whose colours stand for what. */
  readonly legend: readonly string[];
  readonly panels: readonly Panel[];
}

const inOrder = <T>(of: Iterable<T>): T[] => [...new Set(of)];
const KINDS: Readonly<Record<string, string>> = {
  clone: 'Cloned element',
  rollback: 'Element turned back',
  mint: 'Element that invents money',
  collude: 'Pair that invents money',
};
export const kindName = (kind: string): string => KINDS[kind] ?? kind;

interface Case {
  readonly run: RunResult;
  readonly row: AttackRow;
}

export function figuresOf(runs: readonly RunResult[], summary: readonly SummaryRow[]): Figure[] {
  const cases = runs.flatMap((run) => run.attacks.map((row) => ({ run, row })));
  const kinds = inOrder(cases.map((c) => c.row.attack));
  const [limits, sync] = [inOrder(runs.map((r) => r.limits)), inOrder(runs.map((r) => r.sync))];
  const attacked: Figure[] = [
    {
      name: 'blocked.svg',
      title: 'How soon broken elements are blocked, by how often people sync',
      legend: sync.map((s) => `sync ${s}`),
      panels: kinds.map((kind) => blockedPanel(kind, cases, sync)),
    },
    {
      name: 'made.svg',
      title: 'What one attack makes before it is stopped, by limits and sync',
      legend: sync.map((s) => `sync ${s}`),
      panels: kinds.map((kind) => madePanel(kind, cases, limits, sync)),
    },
  ];
  return [...(kinds.length === 0 ? [] : attacked), honestFigure(summary, limits, sync)];
}

/** Steps up with each attack that is blocked; the line ends where the simulation does. */
function blockedPanel(kind: string, cases: readonly Case[], sync: readonly string[]): Panel {
  const own = cases.filter((c) => c.row.attack === kind);
  const most = Math.max(1, ...own.map(({ run, row }) => run.days.length - row.from_day));
  const marks = ticks(most, 6);
  const across = (days: number) => BOX.left + (days / (marks.at(-1) ?? 1)) * BOX.width;
  const lines = sync.map((name, series) => {
    const of = own.filter((c) => c.run.sync === name);
    const days = of.flatMap(({ row }) => row.blocked_days ?? []).sort((a, b) => a - b);
    const up = (count: number) => BOX.top + BOX.height * (1 - count / Math.max(1, of.length));
    const steps = days.map((d, i) => `H${px(across(d))}V${px(up(i + 1))}`);
    const path = `M${px(BOX.left)} ${px(up(0))}${steps.join('')}H${px(across(most))}`;
    return of.length === 0 ? '' : `<path class="l s${series % SERIES}"${dashOf(series)} d="${path}"/>`;
  });
  const axes =
    upAxis(BOX, [0, 25, 50, 75, 100], '% of the attacks blocked', String) +
    acrossAxis(BOX, marks, 'days since the attack began');
  return { title: kindName(kind), content: heading(kind) + axes + lines.join('') };
}

const heading = (kind: string): string => text(4, 20, kindName(kind), { as: 't' });

/** One mark for each attack, and a bar at their median. */
function madePanel(
  kind: string,
  cases: readonly Case[],
  limits: readonly string[],
  sync: readonly string[],
): Panel {
  const own = cases.filter((c) => c.row.attack === kind);
  const marks = ticks(Math.max(1000, ...own.map((c) => c.row.made)), 5);
  const up = (made: number) => BOX.top + BOX.height * (1 - made / (marks.at(-1) ?? 1));
  const slot = BOX.width / limits.length;
  const lane = slot / (sync.length + 1);
  const dots = limits.flatMap((limit, i) =>
    sync.flatMap((name, series) => {
      const at = BOX.left + i * slot + (series + 1) * lane;
      const made = own
        .filter((c) => c.run.limits === limit && c.run.sync === name)
        .map((c) => c.row.made)
        .sort((a, b) => a - b);
      const median = made[Math.max(0, Math.ceil(made.length / 2) - 1)];
      if (median === undefined) return [];
      const half = Math.min(9, lane * 0.4);
      const bar = `<line class="m s${series % SERIES}" x1="${px(at - half)}" y1="${px(up(median))}" x2="${px(at + half)}" y2="${px(up(median))}"/>`;
      return [...made.map((m) => dot(at, up(m), series, `${m} yen, limits ${limit}, sync ${name}`)), bar];
    }),
  );
  const axes = upAxis(BOX, marks, 'yen made by one attack', shortNumber) + namesAxis(BOX, limits, 'limits');
  return { title: kindName(kind), content: heading(kind) + axes + dots.join('') };
}

/** Steps of a smaller one are less than a tenth, and marks are written in tenths. */
const LEAST_AXIS = 0.3;

/** What the same limits and habits cost those who attack nobody. */
function honestFigure(
  summary: readonly SummaryRow[],
  limits: readonly string[],
  sync: readonly string[],
): Figure {
  const of = (limit: string, name: string) => summary.find((r) => r.limits === limit && r.sync === name);
  const bars = (title: string, unit: string, value: (row: SummaryRow) => number): Panel => {
    const marks = ticks(Math.max(LEAST_AXIS, ...summary.map(value)), 5);
    const slot = BOX.width / limits.length;
    const width = Math.min(28, (slot * 0.8) / sync.length);
    const drawn = limits.flatMap((limit, i) =>
      sync.map((name, series) => {
        const row = of(limit, name);
        const n = row === undefined ? 0 : value(row);
        const height = (n / (marks.at(-1) ?? 1)) * BOX.height;
        const x = BOX.left + (i + 0.5) * slot + (series - sync.length / 2) * width;
        const y = BOX.top + BOX.height - height;
        return `<rect class="f${series % SERIES}" x="${px(x + 1)}" y="${px(y)}" width="${px(width - 2)}" height="${px(height)}"><title>${px(n)} ${unit}</title></rect>`;
      }),
    );
    const axes = upAxis(BOX, marks, unit, shortNumber) + namesAxis(BOX, limits, 'limits');
    return { title, content: text(4, 20, title, { as: 't' }) + axes + drawn.join('') };
  };
  return {
    name: 'honest.svg',
    title: 'What the same limits and habits cost honest people',
    legend: sync.map((s) => `sync ${s}`),
    panels: [
      bars('Payments refused by a limit', '% of all tries', (r) => r.refused_by_limits * 100),
      bars('Payments refused for any reason', '% of all tries', (r) => r.refused * 100),
      bars(
        'Purses under suspicion at a time',
        'of a thousand honest purses',
        (r) => r.suspected_per_thousand,
      ),
    ],
  };
}

export const swatch = (series: number): string =>
  `<line class="l s${series % SERIES}"${dashOf(series)} x1="0" y1="7" x2="22" y2="7"/>${dot(11, 7, series, '')}`;

/** All panels of a figure in one drawing, with its title and legend. */
export function figureSvg({ title, legend, panels }: Figure): string {
  const columns = Math.min(2, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const [gap, top] = [16, 64];
  const width = columns * PANEL.width + (columns + 1) * gap;
  const words = legend.map((name, i) => {
    const x = gap + i * 150;
    return `<g transform="translate(${x},36)">${swatch(i)}</g>${text(x + 28, 47, name)}`;
  });
  const placed = panels.map((p, i) => {
    const x = gap + (i % columns) * (PANEL.width + gap);
    const y = top + Math.floor(i / columns) * (PANEL.height + gap);
    return `<g transform="translate(${x},${y})">${p.content}</g>`;
  });
  const content = text(gap, 24, title, { as: 't' }) + words.join('') + placed.join('');
  return standalone(width, top + rows * (PANEL.height + gap), title, content);
}
