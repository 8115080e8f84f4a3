/** What is ordered for a card, and what came of it. */
import type { Bytes } from '@sokkin/codec';
import type { CardApplication, CardProfile, PurseAssurance } from '@sokkin/issuer';

export interface Order {
  readonly account: string;
  readonly assurance: PurseAssurance;
  readonly tier: number;
  /** The wallet that it lives on. */
  readonly device: string | undefined;
  readonly profile: CardProfile;
  /** 4 to 12 digits. */
  readonly pin: string;
}

export interface LimitedUse {
  readonly number: number;
  readonly uses: number;
}

export interface Personalised {
  readonly serial: string;
  readonly purse: string;
  readonly certificate: Bytes;
  readonly application: CardApplication;
  /** The key that it was given now. */
  readonly limitedUse: LimitedUse | undefined;
}

/** Transactions that a phone can make with one key: what a stolen key is worth at most. */
export const USES_OF_A_KEY = 20;
