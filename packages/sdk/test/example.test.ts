/** The example of docs/sdk-acceptance.md, run as it is written there. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

test('the example takes every way of paying, and both torn taps come to the right end', async () => {
  const words = ['--import', 'tsx', 'packages/sdk/examples/terminal.ts'];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: ROOT });
  expect(stdout.match(/tap again/g)).toHaveLength(2);
  expect(stdout).toContain('The day: 2 by purse, 2 by card offline, 1 online: 35300 yen');
  expect(stdout).toContain('Waiting for the network: 4 items, 4300 yen');
  expect(stdout).toContain('Sent: 2; journals of the own purse that its sync takes: 2');
});
