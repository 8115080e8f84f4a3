/** Puts a shop together: its purse in a worker, its memory, its field; and what a page does for it. */
import { SokkinError } from '@sokkin/codec';
import { onNetwork, onUpdate } from '@sokkin/ui';
import { placed, shelfInMemory, type Wire, webCrypto } from '@sokkin/web';
import { type OwnPurse, openOwnPurse } from '@sokkin/web/purse';
import { isWhole, openShopDatabase, type ShopDatabase } from '../keep/database.ts';
import { counterOf } from './counter.ts';
import type { Engine } from './engine.ts';
import { Showing } from './showing.ts';
import type { Shop } from './view.ts';

/** Several shops may live in one browser: `?shop=NAME` says which. */
export function shopName(query: string): string {
  const wanted = new URLSearchParams(query).get('shop') ?? '';
  return /^[a-z0-9]{1,20}$/.test(wanted) ? wanted : 'main';
}

/** The field that all windows of this browser share, and where on it this shop is. */
export const sharedField = (name: string): Wire => placed(new BroadcastChannel('sokkin-field'), name);

/** Screens may look at it at once; what it is comes in its stage. */
export function startShop(name: string, field: Wire): Shop {
  const showing = new Showing();
  const startUpdate = onUpdate(() => showing.change({ hasUpdate: true }));
  let engine: Engine | undefined;
  const found = (one: Engine) => {
    engine = one;
  };
  const opened = open({ name, field, showing, found });
  return counterOf({
    ...{ showing, startUpdate },
    opening: async () => (await opened)?.(),
    engine() {
      if (engine === undefined) throw new SokkinError('no_shop', 'The shop is not open yet.');
      return engine;
    },
  });
}

interface Opening {
  readonly name: string;
  readonly field: Wire;
  readonly showing: Showing;
  readonly found: (engine: Engine) => void;
}

/**
 * What sells is not part of a new shop's first screen: it comes when its owner opens it. Gives what brings it; undefined: the shop cannot be opened, and
 * the view says why.
 */
async function open(opening: Opening): Promise<(() => Promise<Engine>) | undefined> {
  const { name, showing } = opening;
  try {
    // First of all: it is what only one tab can have.
    const own = await openOwnPurse(`shop-${name}`);
    const database = await openShopDatabase(name);
    let engine: Promise<Engine> | undefined;
    const bring = () => {
      engine ??= bringEngine(opening, own, database);
      return engine;
    };
    if (await isWhole(database)) await bring();
    else showing.change({ stage: 'new' });
    return bring;
  } catch (error) {
    const isElsewhere = error instanceof SokkinError && error.code === 'purse_in_use';
    const fault = error instanceof Error ? error.message : String(error);
    showing.change({ stage: isElsewhere ? 'elsewhere' : 'broken', fault });
    return undefined;
  }
}

async function bringEngine(
  { name, field, showing, found }: Opening,
  own: OwnPurse,
  database: ShopDatabase,
): Promise<Engine> {
  const { Engine } = await import('./engine.ts');
  const crypto = webCrypto(shelfInMemory());
  const parts = { name, database, own, crypto, field, showing, clock: Date.now };
  const engine = await Engine.open(parts, found);
  onNetwork((isOnline) => showing.change({ network: isOnline ? 'online' : 'offline' }));
  for (const kind of ['pointerdown', 'keydown'] as const) window.addEventListener(kind, () => engine.touch());
  void keepStorage(showing);
  return engine;
}

/** So that the browser does not clear it when its disk is full. Some ask, some decide by themselves. */
async function keepStorage(showing: Showing): Promise<void> {
  showing.change({ isKept: await navigator.storage?.persist?.() });
}
