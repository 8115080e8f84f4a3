/** What a page and the worker with a virtual card say to each other. */
import type { FactoryKeys } from '@sokkin/card';
import type { Bytes } from '@sokkin/codec';

export type CardAsked =
  | { readonly do: 'open'; readonly name: string }
  /** `card_unmade` where there is none. */
  | { readonly do: 'open_made'; readonly name: string }
  /** In place of whatever is there: with a security domain, through which it is given a purse and a payment application. */
  | { readonly do: 'make'; readonly name: string; readonly chip: FactoryKeys }
  /** A tap begins: what the card held in its working memory is gone. */
  | { readonly do: 'power' }
  | { readonly do: 'transmit'; readonly apdu: Bytes };

/** What the card answered; nothing to everything else. */
export type CardTold = Bytes | undefined;
