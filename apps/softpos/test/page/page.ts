/** The shop's engine without its screens, and a hand that holds the cards of the test to its reader. */
import { fromHex, hex } from '@sokkin/codec';
import { holdCard, type Wire } from '@sokkin/web';
import { openShopDatabase } from '../../src/keep/database.ts';
import { databaseStore } from '../../src/keep/sales.ts';
import { shopName, startShop } from '../../src/shop/start.ts';

const name = shopName(location.search);
/** Channels of this page alone: each shop of a test has a field of its own. */
const field = (): Wire => new BroadcastChannel(`field-${name}`);

/** Of the test: a card under power, its answers, its end. */
interface Hand {
  cardPower(card: string): Promise<void>;
  cardTransmit(card: string, apdu: string): Promise<string>;
}
const hand = (): Hand => Object(globalThis);

interface Held {
  /** Counted from 1 within this tap; taken away before or after that answer. */
  readonly tear?: number;
  readonly when?: 'before' | 'after';
}

/** Resolves when the tap is over, with how many commands there were. */
async function hold(card: string, { tear, when = 'after' }: Held = {}): Promise<number> {
  let count = 0;
  const held = holdCard(field(), async () => {
    await hand().cardPower(card);
    return {
      async transmit(apdu) {
        count += 1;
        const isLast = count === tear;
        if (isLast && when === 'before') {
          held.remove();
          return new Promise<never>(() => undefined);
        }
        const answer = fromHex(await hand().cardTransmit(card, hex(apdu)));
        if (isLast) {
          held.remove();
          return new Promise<never>(() => undefined);
        }
        return answer;
      },
    };
  });
  await held.over;
  return count;
}

Object.assign(globalThis, {
  till: startShop(name, field()),
  hold,
  /** The store that its sales are in. */
  async records() {
    const database = await openShopDatabase(name);
    const store = databaseStore(database);
    return { unfinished: await store.unfinished(), queue: await store.queue() };
  },
});
