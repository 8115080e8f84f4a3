/** What an issuer may order a card. What must hold: nothing of the cards' own coding; respond.ts knows that. */
import type { Bytes } from '@sokkin/codec';

/** Post-issuance commands (Book 3, 6.5). */
export type ScriptAction =
  | { readonly action: 'blockApplication' | 'unblockApplication' | 'blockCard' | 'unblockPin' }
  /** `present`: the PIN that the card has, for profiles that mask the new one with it. */
  | { readonly action: 'changePin'; readonly pin: string; readonly present?: string }
  /** A limit of card risk management (9F14, 9F23), or what the profile's cards take besides. */
  | { readonly action: 'putData'; readonly tag: number; readonly value: Bytes };
