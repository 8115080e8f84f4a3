/** What a page and the worker with a virtual card say to each other. */
import type { FactoryKeys } from '@sokkin/card';
import type { Bytes } from '@sokkin/codec';

export type CardAsked =
  | { readonly no: number; readonly do: 'open'; readonly name: string }
  /** `card_unmade` where there is none. */
  | { readonly no: number; readonly do: 'open_made'; readonly name: string }
  /** In place of whatever is there: with a security domain, through which it is given a purse and a payment application. */
  | { readonly no: number; readonly do: 'make'; readonly name: string; readonly chip: FactoryKeys }
  /** A tap begins: what the card held in its working memory is gone. */
  | { readonly no: number; readonly do: 'power' }
  | { readonly no: number; readonly do: 'transmit'; readonly apdu: Bytes };

export type CardTold =
  | { readonly no: number; readonly done: true }
  | { readonly no: number; readonly apdu: Bytes }
  /** `code`: of a SokkinError. */
  | { readonly no: number; readonly fault: { readonly code: string; readonly message: string } };
