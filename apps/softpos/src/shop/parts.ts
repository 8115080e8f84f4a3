/** What a shop is put together of, and what it has once it is open. */
import type { CryptoPort } from '@sokkin/crypto';
import type { Wire } from '@sokkin/web';
import type { OwnPurse } from '@sokkin/web/purse';
import type { ShopDatabase } from '../keep/database.ts';
import type { Registered } from '../keep/rows.ts';
import type { ShopBackend } from './backend.ts';
import type { Book } from './book.ts';
import type { Showing } from './showing.ts';
import type { Terminal } from './terminal.ts';
import type { Believing } from './trust.ts';

export interface EngineParts {
  readonly name: string;
  readonly database: ShopDatabase;
  readonly own: OwnPurse;
  readonly crypto: CryptoPort;
  readonly field: Wire;
  readonly showing: Showing;
  readonly clock: () => number;
}

/** What a shop has once it is open. */
export interface Opened {
  readonly registered: Registered;
  readonly backend: ShopBackend;
  readonly believing: Believing;
  readonly book: Book;
  terminal: Terminal;
}
