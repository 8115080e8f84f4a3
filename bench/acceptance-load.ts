/**
 * The terminals of area `acceptance`, in a process of their own: cards with real cryptograms, questions made before anything is
 * measured. Told what to do by its argument; answers over the IPC channel.
 */
import { readFileSync } from 'node:fs';
import { fromHex, parseIsoProfile } from '@sokkin/codec';
import { readCryptogramProfile } from '@sokkin/issuer';
import { IsoLine, type IsoMacKey, nodeSymmetric } from '@sokkin/node';
import { LoadCard, panOf } from '../apps/cli/src/pos/load/cards.ts';
import type { LoadResult } from '../apps/cli/src/pos/load/tally.ts';
import { LoadTerminal } from '../apps/cli/src/pos/load/terminals.ts';
import { runTraffic } from '../apps/cli/src/pos/load/traffic.ts';

export interface AcceptanceLoad {
  readonly port: number;
  /** Paths of the dialect and of the cryptogram version. */
  readonly profile: string;
  readonly version: string;
  readonly mac: string;
  readonly masterKey: string;
  readonly keyIndex: number;
  readonly prefix: string;
  readonly merchant: string;
  /** Cards of this run: numbers from here on; nobody else uses them. */
  readonly firstCard: number;
  readonly cards: number;
  readonly terminals: number;
  /** The first terminal of this run: its questions are nobody else's. */
  readonly firstTerminal: number;
  readonly connections: number;
  readonly rate?: number;
  readonly seconds: number;
  readonly warmSeconds: number;
  /** Questions that are made beforehand, of all terminals together. */
  readonly prepared: number;
}

async function run(load: AcceptanceLoad): Promise<LoadResult> {
  const port = nodeSymmetric();
  const profile = parseIsoProfile(JSON.parse(readFileSync(load.profile, 'utf8')));
  const version = readCryptogramProfile(readFileSync(load.version, 'utf8'));
  const mac: IsoMacKey = { algorithm: 'retail-80', key: fromHex(load.mac) };
  const issuer = { port, profile: version, keyIndex: load.keyIndex, masterKey: fromHex(load.masterKey) };
  const line = new IsoLine(profile, port, mac);
  const shop = { merchant: load.merchant, category: '5411', acquirer: undefined };
  const parts = { profile, shop, kind: 'pay', sent: 0, amount: () => 1n, now: () => new Date() } as const;
  const cards: LoadCard[][] = Array.from({ length: load.terminals }, () => []);
  for (let i = 0; i < load.cards; i++) {
    const card = new LoadCard(issuer, panOf(load.prefix, load.firstCard + i, 16), 1);
    cards[i % load.terminals]?.push(card);
  }
  const terminals = cards.map((own, i) => {
    const number = load.firstTerminal + i;
    return new LoadTerminal({ ...parts, number, cards: own, write: (message) => line.write(message) });
  });
  const each = Math.ceil(load.prepared / load.terminals);
  for (const terminal of terminals) terminal.prepare(each);
  const { connections, rate, seconds, warmSeconds } = load;
  return runTraffic(
    {
      ...{ host: '127.0.0.1', port: load.port, profile, mac, tls: undefined, signOn: undefined },
      ...{ connections, rate, seconds, warmSeconds, timeoutMs: 20_000 },
    },
    terminals,
  );
}

if (process.send !== undefined && process.argv[2] !== undefined) {
  process.send(await run(JSON.parse(process.argv[2]) as AcceptanceLoad));
  process.disconnect();
}
