/** Puts a wallet together: its memory, its purse in a worker, and what the screens look at. */
import { SokkinError } from '@sokkin/codec';
import { shelfInMemory, webCrypto } from '@sokkin/web';
import { openOwnPurse } from '@sokkin/web/purse';
import { WalletStore } from '../keep/store.ts';
import { isConnected } from './network.ts';
import { Showing } from './view.ts';
import { Wallet } from './wallet.ts';

/** Several wallets may live in one browser: `?wallet=NAME` says which, so that two windows can pay each other. */
export function walletName(query: string): string {
  const wanted = new URLSearchParams(query).get('wallet') ?? '';
  return /^[a-z0-9]{1,20}$/.test(wanted) ? wanted : 'main';
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

async function open(name: string, showing: Showing): Promise<Wallet | undefined> {
  try {
    const purse = await openOwnPurse(name);
    const store = await WalletStore.open(name);
    const wallet = new Wallet({ store, purse, showing, crypto: webCrypto(shelfInMemory()) });
    await wallet.open();
    // So that the browser does not clear it when its disk is full. Some ask, some decide by themselves.
    void navigator.storage?.persist?.();
    return wallet;
  } catch (error) {
    const isElsewhere = error instanceof SokkinError && error.code === 'purse_in_use';
    const fault = error instanceof Error ? error.message : String(error);
    showing.change({ stage: isElsewhere ? 'elsewhere' : 'broken', fault });
    return undefined;
  }
}
