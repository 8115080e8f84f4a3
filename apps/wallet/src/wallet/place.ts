/**
 * Where this wallet's purse is: in a worker of this browser, or a card on a reader that `sokkin bridge` lends (docs/readers.md, 4).
 *
 * What must hold: what was kept is looked at before it is believed; a wallet remembers which card is its purse, and takes no other for it.
 */
import { BRIDGE_PORT } from '@sokkin/terminal';
import { keep, kept } from '@sokkin/ui';

export interface ReaderPlace {
  /** Of the bridge. */
  readonly url: string;
  /** Good while the bridge runs; after that it has a new code to be typed. */
  readonly key: string;
  /** As the bridge calls it. */
  readonly reader: string;
  /** The purse on the card, hexadecimal; undefined: no card with one was there yet. */
  readonly purse?: string | undefined;
}

const keyOf = (wallet: string): string => `sokkin.purse.${wallet}`;

/** undefined: in this browser. */
export function placeOf(wallet: string): ReaderPlace | undefined {
  const text = kept(keyOf(wallet));
  if (text === undefined) return undefined;
  try {
    const { url, key, reader, purse } = Object(JSON.parse(text));
    if (![url, key, reader].every((one) => typeof one === 'string')) return undefined;
    return { url, key, reader, ...(typeof purse === 'string' ? { purse } : {}) };
  } catch {
    return undefined;
  }
}

export const keepPlace = (wallet: string, place: ReaderPlace | undefined): void =>
  keep(keyOf(wallet), place === undefined ? undefined : JSON.stringify(place));

/** Another one, in a browser where somebody put it: for tests and for who runs two bridges. Pages may ask none but the first (their policy). */
export const bridgeAddress = (): string => kept('sokkin.bridge') ?? `ws://127.0.0.1:${BRIDGE_PORT}`;
