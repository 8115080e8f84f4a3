/**
 * Two people with two browsers: the virtual field over the sandbox's relay. Torn at every exchange, and with a relay that goes away in the middle:
 * I1, I2, I4 as in torn.test.ts.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { FIELD_PATH, FIELD_PROTOCOL } from '@sokkin/terminal';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { balanceOf, begin, openStage, openWallet, type Stage, type } from './stage.ts';

const CODE = 'lunch7';
let stage: Stage;
let way: Way;
let payer: Page;
let payee: Page;
beforeAll(async () => {
  stage = await openStage();
  way = await openWay(Number(new URL(stage.url).port));
  const [one, two] = await Promise.all([stage.profile(), stage.profile()]);
  payer = await openWallet(one, way.url, 'main');
  payee = await openWallet(two, way.url, 'main');
  await begin(payer, 'Payer');
  await begin(payee, 'Payee', { first: 'Later' });
});
afterAll(async () => {
  way?.server.close();
  await stage?.close();
});
afterEach(() => way.open());

/** What lies between the browsers and the server. */
interface Way {
  readonly url: string;
  readonly server: Server;
  /** Is cut at the nth time that the relay passes this on, before it arrives. */
  cutAt(text: string, n: number): void;
  open(): void;
}
async function openWay(to: number): Promise<Way> {
  const sockets = new Set<Socket>();
  let isOpen = true;
  let isTime = (_chunk: Buffer): boolean => false;
  const cut = () => {
    isOpen = false;
    isTime = () => false;
    for (const socket of sockets) socket.destroy();
  };
  const join = (from: Socket, into: Socket) => {
    sockets.add(from);
    from.on('data', (chunk) => (isTime(chunk) ? cut() : into.write(chunk)));
    from.on('error', () => from.destroy());
    from.on('close', () => {
      sockets.delete(from);
      into.destroy();
    });
  };
  const server = createServer((near) => {
    if (!isOpen) return void near.destroy();
    const far = connect(to, '127.0.0.1');
    join(near, far);
    join(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = Object(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    cutAt(text, n) {
      let count = 0;
      isTime = (chunk) => chunk.includes(text) && ++count === n;
    },
    open() {
      isOpen = true;
    },
  };
}

interface Said {
  readonly sokkin: string;
  readonly card: string;
}

/** A program in the same room; `onNth` when a card is sent, or has answered, its nth command. Answers how to leave. */
async function listenFor(
  { n, when }: { readonly n: number; readonly when: string },
  onNth: (said: Said, say: (message: object) => void) => void,
): Promise<() => void> {
  const socket = new WebSocket(
    `${stage.url.replace('http', 'ws')}${FIELD_PATH}?code=${CODE}`,
    FIELD_PROTOCOL,
  );
  let count = 0;
  socket.on('message', (data) => {
    const said: Said = JSON.parse(String(data));
    if (said.sokkin === when && ++count === n) onNth(said, (message) => socket.send(JSON.stringify(message)));
  });
  await new Promise((resolve) => socket.once('open', resolve));
  return () => socket.terminate();
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
async function ask(amount: string): Promise<void> {
  await press(payee, 'Receive');
  await type(payee, amount);
  await press(payee, 'Receive');
}
async function hold(amount: string): Promise<void> {
  await press(payer, 'Pay');
  await type(payer, amount);
  await press(payer, 'Pay');
}
async function bothDone(): Promise<void> {
  await payer.getByRole('heading', { name: 'Paid', exact: true }).waitFor();
  await payee.getByRole('heading', { name: 'Received', exact: true }).waitFor();
  await Promise.all([press(payer, 'Done'), press(payee, 'Done')]);
}
const balances = async () => [await balanceOf(payer), await balanceOf(payee)];

test('both type the same code in the settings, and one pays the other', async () => {
  for (const page of [payer, payee]) {
    await press(page, 'Settings');
    await page.getByLabel('Code').fill(CODE);
    await press(page, 'Meet there');
    await page.waitForURL(/field=lunch7/);
    await page.getByRole('heading', { name: 'Balance' }).waitFor();
  }
  await ask('1200');
  await hold('1200');
  await bothDone();
  expect(await balances()).toEqual([8_800n, 1_200n]);
});

test('the code is remembered, without the address too', async () => {
  await payee.goto(`${way.url}/wallet/?wallet=main`);
  await press(payee, 'Settings');
  await payee.getByText('Phones with the code lunch7 find each other, in any browser.').waitFor();
  await press(payee, 'Home');
});

const CUTS = [1, 2, 3, 4].map((n) => ({ n, when: n % 2 === 0 ? 'command' : 'response' }));
describe('I1, I2, I4: torn in the room, and held there again', () => {
  test.each(CUTS)('cut at $when $n', async (cut) => {
    const before = await balances();
    const leave = await listenFor(cut, ({ card }, say) => say({ sokkin: 'gone', card }));
    await ask('100');
    await hold('100');
    await bothDone();
    leave();
    expect(await balances()).toEqual([(before[0] ?? 0n) - 100n, (before[1] ?? 0n) + 100n]);
  });
});

test('I2, I4: the relay goes away when the money has left the payer, and comes back: paid once', async () => {
  const before = await balances();
  way.cutAt('"sokkin":"response"', 2);
  await ask('300');
  await hold('300');
  await payee.getByRole('heading', { name: 'Hold the same one here again' }).waitFor();
  await payee.getByText('The meeting place cannot be reached').waitFor();
  way.open();
  await bothDone();
  expect(await balances()).toEqual([(before[0] ?? 0n) - 300n, (before[1] ?? 0n) + 300n]);
});

test('with another code they do not meet', async () => {
  await payer.goto(`${way.url}/wallet/?wallet=main&field=elsewhere`);
  await ask('10');
  await hold('10');
  await press(payer, 'Cancel');
  await press(payee, 'Cancel');
  expect(await balances()).toEqual([8_100n, 1_900n]);
});
