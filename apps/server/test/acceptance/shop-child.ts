/** A server with host and desk in a process of its own, so that it can be killed. Told what to serve over its IPC channel. */
import { createServer } from '../../src/index.ts';
import { Numbers, realDesk } from './desk.ts';

export interface ShopChildOrder {
  readonly databaseUrl: string;
  readonly dataFolder: string;
  /** The same after each start: terminals know no other. */
  readonly port: number;
  /** Card numbers and their accounts. */
  readonly cards: readonly (readonly [pan: string, account: string])[];
}

process.once('message', (order: ShopChildOrder) => void serve(order));

async function serve({ databaseUrl, dataFolder, port, cards }: ShopChildOrder): Promise<void> {
  const numbers = new Numbers();
  for (const [pan, account] of cards)
    numbers.rows.set(pan, { kind: 'pan', id: `lnk_${pan}`, account, domain: undefined, refusal: undefined });
  await createServer({
    ...{ databaseUrl, dataFolder, isoPort: port, isoHost: '127.0.0.1', logLevel: 'silent' },
    keyStore: { kind: 'file', passphrase: undefined, isLive: false, scryptCost: 1 << 10 },
    desk: realDesk(databaseUrl, numbers),
  });
  process.send?.('serving');
}
