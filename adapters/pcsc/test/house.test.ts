/** What made the suite fail and hang, each by itself: cards exchanged in a moment, a monitor that is ended, a killed test. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '@sokkin/codec';
import { afterAll, describe, expect, it } from 'vitest';
import { attachVirtualCard, openPcsc } from '../src/index.ts';
import { type House, openHouse } from './house.ts';

const opened = await openHouse();
const skipped = typeof opened === 'string' ? `: skipped, ${opened}` : '';

/** Answers every command with its number. */
const cardNo = (n: number) => ({
  reset: () => undefined,
  transmit: async (): Promise<Bytes> => Uint8Array.of(n, 0x90, 0),
});
const COMMAND = Uint8Array.of(0, 0xa4, 4, 0);

describe.skipIf(skipped !== '')(`a house with readers${skipped}`, () => {
  const house = opened as House;
  afterAll(() => house.close());

  it('a card that is laid on before the reader has looked at the empty slot is taken, and is the one that answers', async () => {
    const reader = house.slots[0] ?? '';
    const pcsc = openPcsc();
    try {
      let card = await attachVirtualCard({ card: cardNo(0), dial: () => house.dial(0) });
      for (let n = 1; n <= 2; n++) {
        const tap = await pcsc.tap({ reader, waitMs: 5_000 });
        expect([...(await tap.transmit(COMMAND))]).toEqual([n - 1, 0x90, 0]);
        card.tear();
        await tap.close();
        card = await attachVirtualCard({ card: cardNo(n), dial: () => house.dial(0) });
        await pcsc.until(reader, 'card', 5_000);
      }
      await card.detach();
      await pcsc.until(reader, 'empty', 5_000);
    } finally {
      pcsc.close();
    }
  });

  it('a service is let go of at once, in whatever its monitor is', async () => {
    for (let n = 0; n < 20; n++) {
      const pcsc = openPcsc();
      await new Promise((resolve) => setTimeout(resolve, n * 8));
      const begun = performance.now();
      pcsc.close();
      expect(performance.now() - begun).toBeLessThan(1_000);
    }
  });

  it('two dials at a time have a socket each', async () => {
    const both = await Promise.all([house.dial(1), house.dial(1)]);
    expect(both[0]).not.toBe(both[1]);
    for (const socket of both) socket.destroy();
  });

  it('pcscd ends with the process that started it, even if that is killed', async () => {
    const words = ['--import', 'tsx', join(import.meta.dirname, 'house-main.ts')];
    const other = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = Number(
      await new Promise((resolve) => other.stdout.once('data', (line) => resolve(String(line)))),
    );
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    other.kill('SIGKILL');
    await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 5_000 }).toBe(false);
  });
});
