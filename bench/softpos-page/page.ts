/**
 * Sales at a shop's counter in one page: the acceptance of the app over its own store, a purse of its own in IndexedDB, and a payer's purse that is held
 * to the virtual field. What the payer's purse takes for itself is counted apart.
 */
import { type Card, cardMemorySize, createCard } from '@sokkin/card';
import { type AcceptancePorts, createAcceptance } from '@sokkin/sdk/acceptance';
import { parseTerminalConfig } from '@sokkin/terminal';
import { inProcess } from '@sokkin/testkit/transports';
import {
  makeActiveCard,
  makeWorld,
  personaliseCard,
  selectPurse,
  sync,
  TODAY,
  type World,
} from '@sokkin/testkit/world';
import { databaseNvm, fieldReader, holdCard, shelfInMemory, webCrypto } from '@sokkin/web';
import { openShopDatabase } from '../../apps/softpos/src/keep/database.ts';
import { databaseStore } from '../../apps/softpos/src/keep/sales.ts';
import example from '../../packages/terminal/config/example.json';

const crypto = webCrypto(shelfInMemory());
/** Fewer than a purse takes between two meetings with its issuer. */
const BETWEEN_SYNCS = 50;
const field = (): BroadcastChannel => new BroadcastChannel('bench');

interface Tap {
  /** Milliseconds from the card in the field to the result. */
  readonly all: number;
  /** Of it, inside the payer's purse. */
  readonly card: number;
}

async function ownPurse(world: World): Promise<Card> {
  const card = await createCard({ nvm: await databaseNvm('bench-own', cardMemorySize()), crypto });
  await personaliseCard(world, card, 0x200);
  await sync(world, card, { order: 'activate' });
  return card;
}

const sokkin = {
  async open() {
    const world = await makeWorld(crypto);
    const own = await ownPurse(world);
    const { card: payer } = await makeActiveCard(world, 0x100, { balance: 500_000n });
    const trust = { root: world.root.certificate, knownIssuers: [world.issuer.certificate], epoch: TODAY };
    const ports: AcceptancePorts = {
      reader: fieldReader(field()),
      purse: async () => inProcess(own, { extended: true }),
      verifier: { crypto, trust },
      config: parseTerminalConfig({ ...example, caKeys: [] }),
      online: {
        isReachable: () => false,
        authorise: () => Promise.reject(new Error('nobody is asked')),
        send: async () => 'taken',
      },
      store: databaseStore(await openShopDatabase('bench')),
      clock: Date.now,
      random: (length) => crypto.randomBytes(length),
    };
    const acceptance = createAcceptance(ports);
    let sold = 0;
    const meetIssuer = async (): Promise<void> => {
      for (const card of [own, payer]) {
        await selectPurse(card);
        await sync(world, card);
      }
    };
    const sell = async (): Promise<Tap> => {
      if (++sold % BETWEEN_SYNCS === 0) await meetIssuer();
      let [takenAt, inside] = [0, 0];
      const session = acceptance.charge({ amount: 1n, currency: '392' });
      const inner = inProcess(payer, { extended: true });
      const held = holdCard(field(), async () => {
        takenAt = performance.now();
        return {
          async transmit(command) {
            const from = performance.now();
            const answer = await inner.transmit(command);
            inside += performance.now() - from;
            return answer;
          },
        };
      });
      let all = 0;
      for await (const event of session.events) {
        if (event.kind !== 'ended') continue;
        all = performance.now() - takenAt;
        if (event.result.status !== 'approved')
          throw new Error(`Sale ${sold} of the bench was ${JSON.stringify(event.result)}`);
      }
      await session.result;
      await held.over;
      return { all, card: inside };
    };
    return async (count: number): Promise<Tap[]> => {
      const taps: Tap[] = [];
      for (let n = 0; n < count; n++) taps.push(await sell());
      return taps;
    };
  },
};
Object.assign(globalThis, { sokkin: sokkin.open() });
