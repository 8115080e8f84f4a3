/** What a page and the worker with its payment card say to each other. */
import type { Asked, PhoneAgreement, PhoneCardStanding } from '@sokkin/card';
import type { Bytes, DataGrouping } from '@sokkin/codec';

export type PhoneAsked =
  | { readonly no: number; readonly do: 'open'; readonly name: string }
  | { readonly no: number; readonly do: 'load'; readonly groupings: readonly DataGrouping[] }
  /** A tap begins, for this; or none is to be answered any more. */
  | { readonly no: number; readonly do: 'agree'; readonly agreement: PhoneAgreement | undefined }
  | { readonly no: number; readonly do: 'transmit'; readonly apdu: Bytes };

export interface PhoneTold {
  readonly no: number;
  readonly apdu?: Bytes;
  /** Whether what was loaded fits. */
  readonly isLoaded?: boolean;
  readonly standing?: PhoneCardStanding | undefined;
  readonly asked?: Asked | undefined;
  readonly fault?: { readonly code: string; readonly message: string };
}
