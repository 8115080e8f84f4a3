/**
 * What came of a load: rate, times, answers by code.
 *
 * What must hold: only what was answered within the measured time counts for the rate, and only what was due within it for times;
 * what got no answer is told, and never taken for a fast one.
 */
export interface LoadResult {
  readonly terminals: number;
  readonly connections: number;
  readonly seconds: number;
  readonly answered: number;
  readonly unanswered: number;
  /** Answers that belong to no question, or whose code is wrong. */
  readonly strange: number;
  /** Answers a second. */
  readonly rate: number;
  /** Milliseconds; NaN where nothing was answered. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
  /** Answers by DE 39. */
  readonly codes: Readonly<Record<string, number>>;
}

export class Tally {
  from = 0;
  until = 0;
  readonly #times: number[] = [];
  readonly #codes = new Map<string, number>();
  #answered = 0;
  #unanswered = 0;
  #strange = 0;

  answered(dueAt: number, now: number, code: string): void {
    if (now >= this.from && now < this.until) {
      this.#answered += 1;
      this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    }
    if (dueAt >= this.from && dueAt < this.until) this.#times.push(now - dueAt);
  }

  unanswered(dueAt: number): void {
    if (dueAt >= this.from) this.#unanswered += 1;
  }

  strange(): void {
    this.#strange += 1;
  }

  result(terminals: number, connections: number): LoadResult {
    const seconds = (this.until - this.from) / 1000;
    const sorted = Float64Array.from(this.#times).sort();
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
    return {
      ...{ terminals, connections, seconds },
      answered: this.#answered,
      unanswered: this.#unanswered,
      strange: this.#strange,
      rate: this.#answered / seconds,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      mostMs: at(1),
      codes: Object.fromEntries([...this.#codes].sort(([, a], [, b]) => b - a)),
    };
  }
}
