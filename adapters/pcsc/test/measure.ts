/**
 * How long an APDU takes over pcscd, here and now: `node --import tsx adapters/pcsc/test/measure.ts`.
 * In the house (quick acknowledgements), and the same card without a reader beside it.
 */
import { nodeCrypto } from '@sokkin/node';
import { type ApduTransport, select, summary } from '@sokkin/terminal';
import { inProcess } from '@sokkin/testkit';
import { makeActiveCard, makeWorld } from '@sokkin/testkit/world';
import { attachVirtualCard, openPcsc } from '../src/index.ts';
import { openHouse } from './house.ts';

const EXCHANGES = 2_000;

async function measure(name: string, transport: ApduTransport): Promise<void> {
  await select(transport);
  for (let i = 0; i < 200; i++) await summary(transport);
  const times: number[] = [];
  for (let i = 0; i < EXCHANGES; i++) {
    const begun = performance.now();
    await summary(transport);
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(3);
  process.stdout.write(
    `${name}: median ${at(0.5)} ms, 90 % within ${at(0.9)} ms, 99 % within ${at(0.99)} ms\n`,
  );
}

const house = await openHouse();
if (typeof house === 'string') throw new Error(house);
const world = await makeWorld(nodeCrypto());
const { card } = await makeActiveCard(world, 1, { balance: 1_000n });
await measure('in process   ', inProcess(card));
const pcsc = openPcsc();
const attached = await attachVirtualCard({ card, dial: () => house.dial(0) });
const tap = await pcsc.tap({ reader: house.slots[0], waitMs: 5_000 });
await measure('over pcscd   ', tap);
const begun = performance.now();
await tap.close();
const again = await pcsc.tap({ reader: house.slots[0], waitMs: 5_000 });
process.stdout.write(`closing a tap and beginning the next: ${(performance.now() - begun).toFixed(1)} ms\n`);
await again.close();
await attached.detach();
pcsc.close();
await house.close();
