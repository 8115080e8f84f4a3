/** A desk whose connections are cut, and whose process ends, while messages are on their way: shops ask again, and the books agree. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { program } from '../../../tests/programs.ts';
import type { ShopAnswer } from '../src/acceptance/desk.ts';
import { cutConnections, openWriterPool } from '../src/store/pool.ts';
import { deskRig, original1987, say } from './desk-kit.ts';

test('connections are cut again and again: each message has one answer, and moved money once', async () => {
  const rig = await deskRig();
  onTestFinished(() => rig.close());
  const pool = openWriterPool(rig.databaseUrl, { connections: 2 });
  const shaky = rig.newDesk({ pool });
  const paid: (ShopAnswer | undefined)[] = Array.from({ length: 60 });
  const asking = Promise.all(
    paid.map(async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * 7));
      paid[i] = await rig.ask(say('0200', i + 1, { 4: 20n }), shaky).catch(() => undefined);
    }),
  );
  for (let cut = 0; cut < 8; cut++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    cutConnections(pool);
  }
  await asking;
  // Whoever heard an answer hears it again; whoever heard none hears what was done, or has it done now.
  const again = await Promise.all(paid.map((_, i) => rig.ask(say('0201', i + 1, { 4: 20n }))));
  for (const [i, before] of paid.entries()) if (before !== undefined) expect(again[i]).toEqual(before);
  expect(again.filter(({ outcome }) => outcome === 'approved').length).toBe(50);
  expect(await rig.money('acc_payer')).toEqual({ balance: 0n, held: 0n });
  expect(await rig.money('acc_shop')).toEqual({ balance: 1000n, held: 0n });
});

test('a desk that is killed in the middle: what it left is whole, and reversals of all that was asked bring all of it back', async () => {
  const rig = await deskRig();
  onTestFinished(() => rig.close());
  const script = fileURLToPath(new URL('./desk-child.ts', import.meta.url));
  const child = spawn(process.execPath, [...program(script), rig.databaseUrl], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let heard = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
    if (heard.split('\n').length > 30) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const approved = heard
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.endsWith(' approved'));
  expect(approved.length).toBeGreaterThan(0);
  // Whatever was answered is there; what was not may be, too, and each at most once.
  const { balance, held } = await rig.money('acc_payer');
  const moved = 1000n - balance + held;
  expect(moved).toBeGreaterThanOrEqual(BigInt(approved.length));
  const { rows } = await rig.pool.query<{ n: bigint }>('SELECT count(*) AS n FROM acceptance_payments');
  expect(rows[0]?.n).toBe(moved);
  const back = await Promise.all(
    Array.from({ length: 900 }, (_, i) =>
      rig.ask(say('0400', 10_000 + i, { 4: 1n, 37: undefined, 90: original1987('0200', i + 1) })),
    ),
  );
  expect(new Set(back.map(({ outcome }) => outcome))).toEqual(new Set(['reversal_accepted']));
  expect(await rig.money('acc_payer')).toEqual({ balance: 1000n, held: 0n });
  expect(await rig.money('acc_shop')).toEqual({ balance: 0n, held: 0n });
});
