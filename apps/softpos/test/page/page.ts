/** The shop's engine without its screens, and a hand that holds the cards of the test to its reader. */
import type { Wire } from '@sokkin/web';
import { openShopDatabase } from '../../src/keep/database.ts';
import { databaseStore } from '../../src/keep/sales.ts';
import { shopName, startShop } from '../../src/shop/start.ts';
import { type Held, hold } from './hand.ts';

const name = shopName(location.search);
/** Channels of this page alone: each shop of a test has a field of its own. */
const field = (): Wire => new BroadcastChannel(`field-${name}`);

Object.assign(globalThis, {
  till: startShop(name, field()),
  hold: (card: string, how?: Held) => hold(field(), card, how),
  /** The store that its sales are in. */
  async records() {
    const database = await openShopDatabase(name);
    const store = databaseStore(database);
    return { unfinished: await store.unfinished(), queue: await store.queue() };
  },
});
