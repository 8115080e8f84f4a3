/** What the tests of faults share: a load that remembers what was acknowledged, and a wire that can be cut. */
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { type Answer, type Api, freshKey, newPurse, type Purse } from './kit.ts';

/** A wire to a database, whose far end may be moved or cut. */
export async function wire(target: string) {
  let port = Number(new URL(target).port);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  const url = new URL(target);
  url.port = String(typeof address === 'object' && address !== null ? address.port : 0);
  return {
    url: url.href,
    moveTo(next: string) {
      port = Number(new URL(next).port);
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

export interface Load {
  /** Key of a request, and the id that was answered. */
  readonly acknowledged: ReadonlyMap<string, string>;
  /** Keys of which the last answer was none, or a refusal. */
  readonly open: ReadonlySet<string>;
  /** Every answer that was not 201. */
  readonly refused: readonly Answer[];
  end(): Promise<void>;
  /** Every acknowledged call is there once, with its answer; what was open takes effect once; the audit holds. */
  verify(api: Api): Promise<void>;
}

const body = (purse: Purse) => ({ account: purse.account, purse: purse.id, max_amount: '7' });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Tickets of the issuer's purse: signatures in a journal where no number may be left out or given twice. */
export async function startLoad(api: Api, workers = 4): Promise<Load> {
  const purse = await newPurse(api);
  const acknowledged = new Map<string, string>();
  const open = new Set<string>();
  const refused: Answer[] = [];
  let isOver = false;
  const ask = async (with_: Api, key: string): Promise<Answer> => {
    open.add(key);
    const answer = await with_.post('/v1/redemptions', body(purse), { 'idempotency-key': key });
    if (answer.status === 201) {
      acknowledged.set(key, answer.body.id);
      open.delete(key);
    } else refused.push(answer);
    return answer;
  };
  const work = async () => {
    while (!isOver) {
      const answer = await ask(api, freshKey()).catch(() => undefined);
      if (answer?.status !== 201) await pause(50);
    }
  };
  const running = Array.from({ length: workers }, work);
  return {
    ...{ acknowledged, open, refused },
    async end() {
      isOver = true;
      await Promise.all(running);
    },
    async verify(after) {
      for (const [key, id] of [...acknowledged]) {
        const again = await after.post('/v1/redemptions', body(purse), { 'idempotency-key': key });
        expect([again.status, again.body.id, again.headers['idempotent-replayed']]).toEqual([
          201,
          id,
          'true',
        ]);
      }
      for (const key of [...open]) expect((await ask(after, key)).status).toBe(201);
      expect(new Set(acknowledged.values()).size).toBe(acknowledged.size);
      expect((await after.get('/v1/audit')).body).toMatchObject({ holds: true });
      // The journal of the issuer's purse has no gap: the next ticket fits.
      expect(
        (await after.post('/v1/redemptions', body(purse), { 'idempotency-key': freshKey() })).status,
      ).toBe(201);
    },
  };
}

/** Until this many more were acknowledged. */
export const moreAcknowledged = async (load: Load, more: number): Promise<void> => {
  const target = load.acknowledged.size + more;
  await expect
    .poll(() => load.acknowledged.size, { timeout: 120_000, interval: 20 })
    .toBeGreaterThanOrEqual(target);
};
