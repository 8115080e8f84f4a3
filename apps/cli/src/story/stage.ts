/** How the story looks: numbered scenes, a line a tap with its exchanges, bytes and time, calm. */
import { money } from '../commands/common.ts';
import type { TapCost } from '../flows/tap.ts';
import type { Context } from '../io/context.ts';

const WHO_WIDTH = 22;
const WHAT_WIDTH = 23;

export class Stage {
  readonly #context: Context;
  #scene = 0;
  #tap = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  scene(title: string): void {
    this.#scene += 1;
    this.#say('');
    this.#say(`  ${this.#context.style.bold(`${String(this.#scene).padStart(2)}  ${title}`)}`);
  }

  /** One tap, or (`same`) the other side of it. */
  tap(who: string, cost: TapCost, what: string, same: 'new' | 'same' = 'new'): void {
    if (same === 'new') this.#tap += 1;
    const { style } = this.#context;
    const { exchanges, bytesSent, bytesReceived, milliseconds } = cost;
    const bytes = `${bytesSent} + ${bytesReceived} bytes`;
    const figures = `${String(exchanges).padStart(2)} exchanges  ${bytes.padStart(17)}  ${milliseconds.toFixed(1).padStart(6)} ms`;
    const label = (same === 'new' ? `tap ${this.#tap}` : '').padEnd(7);
    this.says(`${label} ${who.padEnd(WHO_WIDTH)} ${what.padEnd(WHAT_WIDTH)} ${style.dim(figures)}`);
  }

  says(line: string): void {
    this.#say(`      ${line}`);
  }
  good(line: string): void {
    this.says(`${this.#context.style.good('✓')} ${line}`);
  }
  bad(line: string): void {
    this.says(`${this.#context.style.bad('✕')} ${line}`);
  }

  balances(rows: readonly (readonly [name: string, balance: bigint])[]): void {
    const { style } = this.#context;
    this.says(style.dim(rows.map(([name, balance]) => `${name} ${money(balance)}`).join('   ')));
  }

  #say(line: string): void {
    this.#context.say(line);
  }
}
