/** Puts a wallet together: its memory, its purse in a worker, and what the screens look at. */
import { SokkinError } from '@sokkin/codec';
import { shelfInMemory, webCrypto } from '@sokkin/web';
import { type OwnPurse, openOwnPurse, untilFree } from '@sokkin/web/purse';
import { PeopleStore } from '../keep/people-store.ts';
import { WalletStore } from '../keep/store.ts';
import { isConnected } from './network.ts';
import { People } from './people.ts';
import { keepPlace, placeOf, type ReaderPlace } from './place.ts';
import { Showing } from './view.ts';
import { Wallet } from './wallet.ts';

/** Several wallets may live in one browser: `?wallet=NAME` says which, so that two windows can pay each other. */
export function walletName(query: string): string {
  const wanted = new URLSearchParams(query).get('wallet') ?? '';
  return /^[a-z0-9]{1,20}$/.test(wanted) ? wanted : 'main';
}

/** The same page with a wallet beside this one: 2 is beside the one that has no name, 3 beside 2. */
export function anotherWallet(address: string): string {
  const url = new URL(address);
  const name = walletName(url.search);
  url.searchParams.set('wallet', /^[0-9]{1,5}$/.test(name) ? String(Number(name) + 1) : '2');
  return url.href;
}

/** A purse has one certificate in its life: what follows one whose certificate ends is a purse of its own. */
const purseName = (name: string, generation: number): string =>
  generation === 0 ? name : `${name}.${generation}`;

/** A card has records of its own. It is used by the same customer, on the same device. */
async function storeFor(name: string, place: ReaderPlace | undefined): Promise<WalletStore> {
  const own = await WalletStore.open(name);
  if (place === undefined) return own;
  const store = await WalletStore.open(`${name}.card`);
  if ((await store.get('registered')) !== undefined) return store;
  for (const what of ['device', 'believed', 'blocked', 'online', 'registered'] as const) {
    const known = await own.get(what);
    if (known !== undefined) await store.put(what, known);
  }
  return store;
}

export interface Started {
  readonly showing: Showing;
  /** undefined: it could not be opened; `showing` says why. */
  readonly wallet: Promise<Wallet | undefined>;
}

export function startWallet(name: string): Started {
  const showing = new Showing();
  showing.change({ isOnline: isConnected() });
  return { showing, wallet: open(name, showing) };
}

/** Another tab has it: that is said, and gone on from when that tab is closed. */
async function ownPurse(name: string, store: WalletStore, showing: Showing): Promise<OwnPurse> {
  for (;;) {
    const purse = purseName(name, (await store.get('generation')) ?? 0);
    try {
      return await openOwnPurse(purse);
    } catch (error) {
      if (!(error instanceof SokkinError) || error.code !== 'purse_in_use') throw error;
      showing.change({ stage: 'elsewhere' });
      await untilFree(purse);
      showing.change({ stage: 'opening' });
    }
  }
}

async function open(name: string, showing: Showing): Promise<Wallet | undefined> {
  try {
    const place = placeOf(name);
    const store = await storeFor(name, place);
    let wallet: Wallet | undefined;
    const purse =
      place === undefined
        ? await ownPurse(name, store, showing)
        : await (await import('./reader-purse.ts')).openReaderPurse(place, {
            onPurse: (purse) => keepPlace(name, { ...place, purse }),
            onChange(away) {
              if (away !== undefined) showing.change({ stage: 'away', away });
              // It is back: what became of it meanwhile is read from it.
              else void wallet?.open();
            },
          });
    const people = new People(await PeopleStore.open(name));
    wallet = new Wallet({ store, purse, people, showing, crypto: webCrypto(shelfInMemory()) });
    await people.refresh();
    await wallet.open();
    // So that the browser does not clear it when its disk is full. Some ask, some decide by themselves.
    void navigator.storage?.persist?.();
    return wallet;
  } catch (error) {
    const code = error instanceof SokkinError ? error.code : 'failed';
    const fault = { code, message: error instanceof Error ? error.message : String(error) };
    showing.change({ stage: 'broken', fault });
    return undefined;
  }
}
