/**
 * pcsc-mini, loaded when it is first needed: its addon needs libpcsclite, which a machine without readers has not.
 *
 * What must hold: importing this package works everywhere; only using a reader may say what is missing.
 */
import { createRequire } from 'node:module';
import { TransportError } from '@sokkin/terminal';
import type { Card } from 'pcsc-mini';

type PcscMini = typeof import('pcsc-mini');

const require = createRequire(import.meta.url);
let loaded: PcscMini | undefined;

/** Throws TransportError `reader_failed`. */
export function pcscMini(): PcscMini {
  try {
    loaded ??= require('pcsc-mini') as PcscMini;
    return loaded;
  } catch (cause) {
    throw new TransportError(
      'reader_failed',
      'This machine has no PC/SC. On Debian: apt-get install libpcsclite1 pcscd, then start pcscd.',
      { cause },
    );
  }
}

/** Connects to the card on a reader, which others may use, too. */
export type Connector = (reader: string) => Promise<Card>;

/** A card's memory in the addon is its client's, and goes with it: the client must be there as long as the card is. */
const clients = new WeakMap<Card, object>();

/** Connections of a client that watches no readers: it has no thread that would have to be ended. */
export function newConnector(): Connector {
  const { CardMode, Reader } = pcscMini();
  const { newClient } =
    require('pcsc-mini/build/addon.node.js') as typeof import('pcsc-mini/build/addon.node');
  const client = newClient();
  return async (reader) => {
    const card = await new Reader(client, reader).connect(CardMode.SHARED);
    clients.set(card, client);
    return card;
  };
}
