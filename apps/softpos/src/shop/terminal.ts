/**
 * The terminal of this shop, under its configuration: kernel, purse acceptance, line, queue.
 *
 * What must hold: one that was made is used until it is replaced between sales; what the network did last says whether the issuer is worth asking,
 * so that a sale does not wait for a line that is known to be down.
 */

import type { CryptoPort } from '@sokkin/crypto';
import { type Acceptance, type AcceptanceStore, createAcceptance, httpsLine } from '@sokkin/sdk/acceptance';
import type { CardReader } from '@sokkin/terminal';
import { isConnected } from '@sokkin/ui';
import type { OwnPurse } from '@sokkin/web/purse';
import type { ShopDatabase } from '../keep/database.ts';
import type { Registered } from '../keep/rows.ts';
import { databaseStore } from '../keep/sales.ts';
import { type Acquirer, openAcquirer } from './acquirer.ts';
import { fetchOn, home, type ShopBackend } from './backend.ts';
import { type Book, watched } from './book.ts';
import type { Configuration } from './configuration.ts';
import { forOneTap, ownPin } from './purse.ts';
import { Selling } from './selling.ts';
import type { Showing } from './showing.ts';
import type { Believing } from './trust.ts';

/** Longer than the back-end takes to decide. */
const PATIENCE_MS = 10_000;
/** After no answer nobody is asked for so long. */
const QUIET_MS = 20_000;

export interface TerminalParts {
  readonly database: ShopDatabase;
  readonly crypto: CryptoPort;
  readonly own: OwnPurse;
  readonly reader: CardReader;
  readonly registered: Registered;
  readonly backend: ShopBackend;
  readonly believing: Believing;
  readonly book: Book;
  readonly showing: Showing;
  readonly clock: () => number;
  readonly onOver: () => void;
}

export interface Terminal {
  readonly configuration: Configuration;
  readonly store: AcceptanceStore;
  readonly acquirer: Acquirer;
  readonly selling: Selling;
  /** `full`: purses and cards; `purses`: only what is final without asking anybody. */
  readonly acceptance: Readonly<Record<'full' | 'purses', Acceptance>>;
  isReachable(): boolean;
  /** Somebody has heard from the back-end. */
  heard(): void;
}

export async function openTerminal(parts: TerminalParts, configuration: Configuration): Promise<Terminal> {
  const { database, own, reader, registered, backend, believing, book, showing, clock, onOver } = parts;
  const { emv, profile, mostListDays } = configuration;
  believing.listDays(mostListDays);
  let quietUntil = 0;
  const isReachable = () => isConnected() && clock() >= quietUntil;
  const heard = () => {
    quietUntil = 0;
  };
  const ask = httpsLine({
    ...{ url: home(), authorize: backend.authorize, profile, fetch: fetchOn, timeoutMs: PATIENCE_MS },
    trouble: () => {
      quietUntil = clock() + QUIET_MS;
    },
  });
  const acquirer = await openAcquirer({
    ...{ database, registered, profile, currency: emv.currency, ask, isReachable, clock },
  });
  const { currency, exponent } = emv;
  const selling = new Selling({ database, book, showing, clock, currency, exponent, onOver });
  const store = watched(databaseStore(database), book);
  const ports = {
    ...{ reader, config: emv, online: acquirer.online, store, clock, backend: backend.taps },
    purse: forOneTap(own),
    verifier: believing.verifier,
    random: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
    pin: selling.pin,
    ownPin: await ownPin(database),
  };
  const acceptance = {
    full: createAcceptance(ports),
    purses: createAcceptance({ ...ports, policy: { order: ['purse'] } }),
  };
  return { configuration, store, acquirer, selling, acceptance, isReachable, heard };
}
