/** One figure of `npm run bench`, and how it is printed. */

export interface Row {
  readonly area: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, measured or computed in the same run. */
  readonly reference: string;
  /** value against the reference; above 1 is better than it. Absent where there is nothing to compare. */
  readonly ratio: number | null;
  /** The goal in words, or null if the figure is only reported. */
  readonly goal: string | null;
  readonly met: boolean | null;
}

const figure = (n: number): string =>
  n.toLocaleString('en-US', { maximumFractionDigits: n >= 100 ? 0 : n >= 10 ? 1 : 2 });

export function printRows(rows: readonly Row[]): void {
  const table = rows.map((r) => [
    r.area,
    r.name,
    `${figure(r.value)} ${r.unit}`,
    r.ratio === null ? '' : figure(r.ratio),
    r.goal === null ? '' : `${r.goal} ${r.met ? 'met' : 'NOT MET'}`,
    r.reference,
  ]);
  const head = ['area', 'what', 'value', 'ratio', 'goal', 'reference'];
  const widths = head.map((h, i) => Math.max(h.length, ...table.map((line) => line[i]?.length ?? 0)));
  for (const line of [head, widths.map((w) => '-'.repeat(w)), ...table]) {
    console.log(
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** Median seconds of one call, over rounds that alternate between the subjects so that noise hits all alike. */
export async function alternate(
  subjects: Readonly<Record<string, () => Promise<void> | void>>,
  rounds: number,
  warmups = 10,
): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {};
  for (let round = -warmups; round < rounds; round++) {
    for (const [name, run] of Object.entries(subjects)) {
      const start = performance.now();
      await run();
      const seconds = (performance.now() - start) / 1000;
      if (round >= 0) times[name] = [...(times[name] ?? []), seconds];
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
}

export function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
