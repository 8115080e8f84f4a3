/** What a page and the worker with its purse say to each other. */
import type { Bytes } from '@sokkin/codec';

/** Where the purse of this name keeps what it holds. */
export const memoryOf = (name: string): string => `sokkin-purse-${name}`;

export type Asked =
  /** `purse_in_use`: another tab has it. */
  { readonly do: 'open'; readonly name: string } | { readonly do: 'transmit'; readonly apdu: Bytes };

/** What the purse answered; nothing, when it was opened. */
export type Told = Bytes | undefined;
