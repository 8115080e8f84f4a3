/**
 * A storm: lines are cut at any moment and the server is killed under load. Terminals do what terminals do: what got no answer is taken
 * back, and said again until it is answered.
 *
 * What must hold: at the end the ledger has exactly what the terminals hold as paid, account by account.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { IsoLink } from '@sokkin/node';
import { netOf, totalsOf, waiting } from '@sokkin/terminal';
import { afterEach, expect, test } from 'vitest';
import { type ServerChild, serverChild } from '../server-child.ts';
import { askOver, type OpenShop, openShop, openTerminal, type ShopCard, tapOf } from './shop.ts';

const TERMINALS = 12;
const ACTS = 14;
const KILLS = 2;
const SEED = 7;

let shop: OpenShop | undefined;
afterEach(async () => {
  await shop?.close();
  shop = undefined;
});

/** The same storm with the same seed, as far as the machine lets it. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** Between terminals and host: passes everything on, and cuts a line now and then. */
async function openStorm(to: () => number, roll: () => number) {
  const sockets = new Set<Socket>();
  let isCalm = false;
  const server: Server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: to() });
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', end).on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    near.pipe(far);
    far.pipe(near);
    // After some octets in one of the directions, or none at all: before the question, within it, before or within the answer
    let left = isCalm ? Number.POSITIVE_INFINITY : Math.floor(roll() * 4000);
    const count = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left < 0 && !isCalm) end();
    };
    near.on('data', count);
    far.on('data', count);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    calm: () => {
      isCalm = true;
    },
    close: () =>
      new Promise<void>((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => done());
      }),
  };
}

/** A terminal's day: sales, holds with captures, refunds, cancellations; and it is switched off and on in between. */
async function day(open: OpenShop, card: ShopCard, link: IsoLink, roll: () => number, onAct: () => void) {
  let now = openTerminal(open.profile, askOver(link, 1500));
  for (let i = 0; i < ACTS; ) {
    if (roll() < 0.1) now = openTerminal(open.profile, askOver(link, 1500), now.saved.at(-1), now.name);
    const amount = BigInt(1 + Math.floor(roll() * 50));
    try {
      await act(now, card, amount, roll());
      i += 1;
      onAct();
    } catch {
      // Nothing new while something old is not taken back: a terminal waits
      await sleep(100);
    }
  }
  return now;
}

type Terminal = ReturnType<typeof openTerminal>;

async function act({ till }: Terminal, card: ShopCard, amount: bigint, what: number): Promise<void> {
  const stands = till.state.entries.filter((e) => e.standing === 'approved' && e.stands > 0n);
  const paid = stands.find((e) => e.kind === 'pay');
  const held = stands.find((e) => e.kind === 'hold' && e.of === undefined);
  if (what < 0.2 && paid !== undefined) await till.cancel(paid.reference, paid.stands / 2n);
  else if (what < 0.3 && paid !== undefined) await till.refund(paid.reference, 1n);
  else if (what < 0.4 && held !== undefined) await till.capture(held.reference, held.stands);
  else await till.sell(what < 0.55 ? 'hold' : 'pay', tapOf(card, amount));
}

test('lines cut and a server killed under load: the ledger is what the terminals hold', async () => {
  shop = await openShop({ cards: TERMINALS, balance: 10_000n, link: { timeout_ms: 4000 } });
  const { rig, cards, line, profile, merchantAccount } = shop;
  const { port } = line;
  const env = {
    SOKKIN_DATA: rig.dataFolder,
    DATABASE_URL: rig.databaseUrl,
    SOKKIN_ISO_PORT: String(port),
  };
  await rig.server.close();
  let child: ServerChild = await serverChild(env);
  const roll = dice(SEED);
  const storm = await openStorm(() => port, roll);
  const links = Array.from({ length: 4 }, () => new IsoLink({ ...line, profile, port: storm.port }));
  const ask = (i: number): IsoLink => links[i % links.length] as IsoLink;
  let acts = 0;
  const count = (): void => {
    acts += 1;
  };
  const days = Promise.all(
    cards.map((card, i) => day(shop as OpenShop, card, ask(i), dice(SEED + i), count)),
  );
  for (let kill = 1; kill <= KILLS; kill++) {
    while (acts < (kill * TERMINALS * ACTS) / (KILLS + 1)) await sleep(10);
    await child.kill('SIGKILL');
    child = await serverChild(env);
  }
  const terminals = await days;
  storm.calm();
  for (const link of links) link.destroy();
  for (const { till } of terminals)
    for (let i = 0; i < 20 && (await till.upload()) > 0; i++) await sleep(200);
  let sum = 0n;
  for (const [i, { till }] of terminals.entries()) {
    expect(waiting(till.state)).toEqual([]);
    expect(till.state.entries.filter((e) => e.standing === 'refused')).toEqual([]);
    const net = netOf(totalsOf(till.state));
    sum += net;
    const held = till.state.entries.filter(
      (e) => e.kind === 'hold' && e.standing === 'approved' && e.of === undefined,
    );
    const books = await shop.pool.query('SELECT balance::text, held::text FROM accounts WHERE id = $1', [
      cards[i]?.account,
    ]);
    expect(books.rows, `terminal ${i}`).toEqual([
      { balance: (10_000n - net).toString(), held: held.reduce((a, e) => a + e.stands, 0n).toString() },
    ]);
  }
  const shopBooks = await shop.pool.query('SELECT balance::text FROM accounts WHERE id = $1', [
    merchantAccount,
  ]);
  expect(shopBooks.rows).toEqual([{ balance: sum.toString() }]);
  const entries = terminals.flatMap(({ till }) => till.state.entries);
  expect(entries.filter((e) => e.standing === 'reversed' && e.wasApproved === 0n).length).toBeGreaterThan(5);
  expect(entries.filter((e) => e.standing === 'approved').length).toBeGreaterThan(5);
  for (const link of links) link.close();
  await storm.close();
  await child.kill('SIGKILL');
}, 300_000);
