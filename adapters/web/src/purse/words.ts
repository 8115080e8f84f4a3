/** What a page and the worker with its purse say to each other. */
import type { Bytes } from '@sokkin/codec';

/** Where the purse of this name keeps what it holds. */
export const memoryOf = (name: string): string => `sokkin-purse-${name}`;

export type Asked =
  | { readonly no: number; readonly do: 'open'; readonly name: string }
  | { readonly no: number; readonly do: 'transmit'; readonly apdu: Bytes };

export interface Fault {
  /** Of a SokkinError; `purse_in_use`: another tab has it. */
  readonly code: string;
  readonly message: string;
}

export type Told =
  | { readonly no: number; readonly state: 'found' | 'made' }
  | { readonly no: number; readonly apdu: Bytes }
  | { readonly no: number; readonly fault: Fault };
