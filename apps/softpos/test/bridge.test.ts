/** The shop at a real reader of this machine: `sokkin bridge`, pcscd, and a card that the back-end has made on a virtual slot of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AttachedCard, attachVirtualCard, CARD_ATR, openPcsc, type PcscService } from '@sokkin/pcsc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { attachable } from '../../../adapters/pcsc/test/field-reader.ts';
import { type House, openHouse } from '../../../adapters/pcsc/test/house.ts';
import { openStage, type Stage, type TestCard, type Till } from './stage.ts';

const BIN = join(import.meta.dirname, '../../cli/bin/sokkin.js');
const opened = await openHouse();
const skipped = typeof opened === 'string' ? `: skipped, ${opened}` : '';

describe.skipIf(skipped !== '')(`at a reader${skipped}`, () => {
  const house = opened as House;
  let stage: Stage;
  let till: Till;
  let pcsc: PcscService;
  let bridge: ChildProcess;
  let attached: AttachedCard | undefined;
  let said = '';
  const match = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(said)) await sleep(50);
    return pattern.exec(said)?.[1] ?? '';
  };
  const lay = async (card: TestCard): Promise<void> => {
    attached = await attachVirtualCard({
      card: attachable(() => card.tap()),
      atr: CARD_ATR,
      dial: () => house.dial(0),
    });
  };
  const remove = async (): Promise<void> => {
    attached?.tear();
    attached = undefined;
    await pcsc.until(house.slots[0] ?? '', 'empty');
  };

  const stop = async (): Promise<void> => {
    if (bridge.exitCode !== null) return;
    const ended = once(bridge, 'exit');
    bridge.kill('SIGINT');
    await ended;
  };

  beforeAll(async () => {
    pcsc = openPcsc();
    stage = await openStage();
    bridge = spawn(process.execPath, [BIN, 'bridge', '--origin', stage.url, '--port', '0'], {
      env: house.env,
    });
    for (const stream of [bridge.stdout, bridge.stderr])
      stream?.on('data', (chunk) => (said += String(chunk)));
    const address = await match(/waits at (ws:\S+)/);
    // The app knows the bridge at its own port; several tests may have one.
    await stage.context.routeWebSocket('ws://127.0.0.1:8789', (page) => {
      const real = new WebSocket(address, page.protocols(), { origin: stage.url });
      const waiting: (string | Buffer)[] = [];
      const isOpen = () => real.readyState === WebSocket.OPEN;
      page.onMessage((message) => void (isOpen() ? real.send(message) : waiting.push(message)));
      real.on('open', () => waiting.forEach((message) => void real.send(message)));
      // Nobody listens there any more: the page sees the end that follows.
      real.on('error', () => undefined);
      real.on('message', (message) => page.send(String(message)));
      real.on('close', () => void page.close());
      page.onClose(() => real.close());
    });
    till = await stage.till('bridge');
  });
  afterAll(async () => {
    await stop();
    await remove().finally(() => pcsc.close());
    await stage?.close();
    await house.close();
  });

  test('a purse and a card on the reader pay; a reload keeps the reader', async () => {
    const [purse, card] = [
      await stage.card({ purse: 3_000n }),
      await stage.card({ purse: 3_000n, emvOnly: true }),
    ];
    const paired = await till.run(`till.pair('${await match(/page: (\d{6})/)}')`);
    expect(paired).toMatchObject({ status: 'ok' });
    expect((await till.view()).reader).toMatchObject({ kind: 'bridge', state: 'ready' });
    await till.charge(800n);
    await lay(purse);
    expect(await till.result()).toMatchObject({ status: 'approved', way: 'purse' });
    await remove();
    await till.reload();
    await till.charge(900n);
    await lay(card);
    expect(await till.result()).toMatchObject({ status: 'approved', way: 'emv_offline' });
    await remove();
    expect([await purse.purse(), await card.purse()]).toEqual([2_200n, 2_100n]);
  });

  test('a bridge that is gone is said, and the shop goes on with its other reader', async () => {
    await stop();
    await expect.poll(async () => (await till.view()).reader.state).toBe('missing');
    await till.charge(100n);
    expect(await till.result()).toMatchObject({ status: 'declined', reason: 'reader_failed' });
    await till.run('till.useField()');
    const purse = await stage.card({ purse: 500n });
    expect(await till.sell(100n, purse)).toMatchObject({ status: 'approved' });
  });
});
