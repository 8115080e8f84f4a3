/** What a page and the worker with its payment card say to each other. */
import type { Asked, PhoneAgreement, PhoneCardStanding } from '@sokkin/card';
import type { Bytes, DataGrouping } from '@sokkin/codec';

export type PhoneAsked =
  | { readonly do: 'open'; readonly name: string }
  | { readonly do: 'load'; readonly groupings: readonly DataGrouping[] }
  /** A tap begins, for this; or none is to be answered any more. */
  | { readonly do: 'agree'; readonly agreement: PhoneAgreement | undefined }
  | { readonly do: 'transmit'; readonly apdu: Bytes };

export interface PhoneTold {
  readonly apdu?: Bytes;
  /** Whether what was loaded fits. */
  readonly isLoaded?: boolean;
  readonly standing?: PhoneCardStanding | undefined;
  readonly asked?: Asked | undefined;
}
