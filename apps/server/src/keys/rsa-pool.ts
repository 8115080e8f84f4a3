/**
 * RSA keys made ahead: half of what a card's personalisation takes is its RSA key, and the time between two cards
 * makes the next one's.
 *
 * What must hold: no key is given twice; of a kind at most one is made ahead at a time, so that whoever needs the processor
 * now gets it; never more wait than `READY`.
 */
import type { Awaitable, RsaKeyPair, RsaPort } from '@sokkin/crypto';

const READY = 4;

export interface RsaKind {
  readonly bits: number;
  readonly exponent: 3 | 65537;
}

interface Stock {
  /** Done or under way; undefined: it could not be made. */
  readonly ahead: Promise<RsaKeyPair | undefined>[];
  isMaking: boolean;
  /** How many of them there shall be. */
  wanted: number;
}

export interface RsaPool extends RsaPort {
  /** Makes a key of this kind before anybody asked; of a kind that is kept in stock, some. */
  warm(kind: RsaKind): void;
}

/** `kept`: kinds of which there shall always be some, once one was asked for. */
export function rsaPool(inner: RsaPort, kept: readonly RsaKind[]): RsaPool {
  const stocks = new Map<string, Stock>();
  const isKept = ({ bits, exponent }: RsaKind): boolean =>
    kept.some((k) => k.bits === bits && k.exponent === exponent);

  function stockOf({ bits, exponent }: RsaKind): Stock {
    const name = `${bits}/${exponent}`;
    const stock = stocks.get(name) ?? { ahead: [], isMaking: false, wanted: 0 };
    stocks.set(name, stock);
    return stock;
  }

  const make = async ({ bits, exponent }: RsaKind): Promise<RsaKeyPair> =>
    inner.generateRsaKey(bits, exponent);

  function fill(kind: RsaKind, stock: Stock): void {
    if (stock.isMaking || stock.ahead.length >= stock.wanted) return;
    stock.isMaking = true;
    const ended = (key: RsaKeyPair | undefined) => {
      stock.isMaking = false;
      // One that failed is not tried again ahead: whoever needs it makes it, and hears why not.
      if (key !== undefined) fill(kind, stock);
      return key;
    };
    stock.ahead.push(make(kind).then(ended, () => ended(undefined)));
  }

  return {
    ...inner,
    warm(kind) {
      const stock = stockOf(kind);
      stock.wanted = isKept(kind) ? READY : 1;
      fill(kind, stock);
    },
    generateRsaKey(bits, exponent): Awaitable<RsaKeyPair> {
      const kind = { bits, exponent };
      const stock = stockOf(kind);
      stock.wanted = isKept(kind) ? READY : 0;
      const first = stock.ahead.shift();
      fill(kind, stock);
      return first === undefined ? make(kind) : first.then((key) => key ?? make(kind));
    },
  };
}
