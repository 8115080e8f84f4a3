/**
 * The long run of the checker:
 *
 *     node --import tsx packages/testkit/src/checker/main.ts --purses 3 --minutes 10 --seed 1
 *
 * First every setup with so many purses is explored within its wider bounds (half of the time at most), then
 * random lives are walked until the time is up. Prints what was seen; ends with exit code 1 and a trace in words
 * when something does not hold.
 */
import { explore, told } from './explore.ts';
import { realMachinery } from './machinery.ts';
import { prepare, SETUPS, type Setup } from './setups.ts';
import { Violation } from './violation.ts';
import { walk } from './walk.ts';

/** The one thing of the outside world that this needs: the rest of testkit runs anywhere. */
declare const process: { argv: readonly string[]; exitCode?: number };
declare const console: { log(line: string): void };

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? otherwise : Number(process.argv[at + 1]);
  if (!Number.isFinite(value)) throw new Error(`--${name} needs a number`);
  return value;
}

async function run(): Promise<void> {
  const purses = option('purses', 2) === 3 ? 3 : 2;
  const minutes = option('minutes', 5);
  const seed = option('seed', Date.now() % 1_000_000);
  const started = Date.now();
  const spent = () => (Date.now() - started) / 60_000;
  console.log(`${purses} purses, ${minutes} minutes, seed ${seed}`);
  const setups: Setup[] = Object.values(SETUPS).filter((s) => (purses === 3) === (s.balances.length === 3));
  for (const [i, setup] of setups.entries()) {
    const until = (minutes / 2) * ((i + 1) / setups.length);
    const { table, start } = await prepare(setup, { machinery: realMachinery });
    const report = await explore(table, start, { bounds: setup.wider, enough: () => spent() > until });
    console.log(told(setup.name, report, table.rig.count));
  }
  let [lives, moves, cuts, payments, approvals] = [0, 0, 0, 0, 0];
  while (spent() < minutes) {
    const life = await walk({
      machinery: realMachinery,
      purses,
      shop: lives % 2 === 1,
      seed: seed + lives,
      length: 150,
    });
    lives++;
    moves += life.moves;
    cuts += life.powerCuts;
    payments += life.payments;
    approvals += life.approvals;
  }
  console.log(
    `random walk: ${lives} lives, ${moves} moves, ${payments} payments, ${approvals} approvals, ${cuts} power cuts, nothing broke`,
  );
}

try {
  await run();
} catch (error) {
  if (!(error instanceof Violation)) throw error;
  console.log(error.message);
  process.exitCode = 1;
}
