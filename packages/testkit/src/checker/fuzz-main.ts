/**
 * The long run of the fuzzer:
 *
 *     node --import tsx packages/testkit/src/checker/fuzz-main.ts --commands 5000000 --seed 1
 *
 * Prints how often each status word came; a failure names its seed and the bytes of the command.
 */
import { fuzz } from './fuzz.ts';

declare const process: { argv: readonly string[] };
declare const console: { log(line: string): void };

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};

const SLICE = 100_000;
const [commands, first] = [option('commands', 1_000_000), option('seed', 1)];
const words = new Map<number, number>();
for (let done = 0; done < commands; done += SLICE) {
  const seed = first + done / SLICE;
  const report = await fuzz({ seed, commands: Math.min(SLICE, commands - done) });
  for (const [sw, n] of report.words) {
    // 61xx says how much more there is: all the same here.
    const word = sw >> 8 === 0x61 ? 0x6100 : sw;
    words.set(word, (words.get(word) ?? 0) + n);
  }
  console.log(
    `${done + report.commands} commands, seed ${seed}: no crash, no value, no status outside the table`,
  );
}
for (const [sw, n] of [...words].sort((a, b) => b[1] - a[1])) console.log(`${sw.toString(16)} ${n}`);
