/** How far a long command is: a bar on a terminal, else a line each tenth of the way. */
import type { Context } from './context.ts';

export interface Progress {
  /** One more is over. */
  step(): void;
  /** Takes the bar away. */
  end(): void;
}

const WIDTH = 30;
const REDRAW_MS = 100;
const TENTHS = 10;

/** `what`: what is counted, in the plural. */
export function showProgress(context: Context, total: number, what: string): Progress {
  const { rewrite } = context;
  const begun = performance.now();
  const show = rewrite === undefined ? everyTenth(context, total) : bar(context, total, rewrite);
  let count = 0;
  return {
    step() {
      count += 1;
      const seconds = Math.max((performance.now() - begun) / 1000, 0.001);
      const percent = String(Math.floor((100 * count) / total)).padStart(3);
      const rate = (count / seconds).toFixed(1);
      const left = Math.ceil(((total - count) * seconds) / count);
      show(count, `${percent} %  ${count} of ${total} ${what}, ${rate} per second, ${left} s left`);
    },
    end: () => rewrite?.(''),
  };
}

type Show = (count: number, figures: string) => void;

function bar({ style }: Context, total: number, rewrite: (line: string) => void): Show {
  let drawn = Number.NEGATIVE_INFINITY;
  return (count, figures) => {
    const now = performance.now();
    if (now - drawn < REDRAW_MS && count < total) return;
    drawn = now;
    const full = Math.floor((WIDTH * count) / total);
    rewrite(`  ${style.accent('█'.repeat(full))}${style.dim('░'.repeat(WIDTH - full))} ${figures}`);
  };
}

function everyTenth({ say }: Context, total: number): Show {
  let told = 0;
  return (count, figures) => {
    const tenth = Math.floor((TENTHS * count) / total);
    if (tenth > told) say(figures);
    told = tenth;
  };
}
