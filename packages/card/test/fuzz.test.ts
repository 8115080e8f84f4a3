/**
 * A slice of the fuzzer; SOKKIN_FUZZ=5000000 makes it as long as one likes, and so does
 * `node --import tsx packages/testkit/src/checker/fuzz-main.ts --commands 5000000 --seed 1`.
 */
import { fuzz } from '@sokkin/testkit';
import { expect, it } from 'vitest';

const commands = Number(process.env.SOKKIN_FUZZ ?? 20_000);

it(`${commands} random and mutated commands: no crash, no value, no status outside the table`, async () => {
  const { words, approvals } = await fuzz({ seed: 1, commands });
  // It got past the parsers: things were done, and refused for many reasons.
  expect(words.get(0x9000)).toBeGreaterThan(commands / 50);
  expect(words.size).toBeGreaterThan(25);
  // So did a terminal.
  expect(approvals.open).toBeGreaterThan(commands / 1000);
  expect(Math.min(approvals.credited, approvals.cancelled)).toBeGreaterThan(0);
}, 3_600_000);
