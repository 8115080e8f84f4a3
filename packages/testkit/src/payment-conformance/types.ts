/** What a suite for payment cards needs of whoever holds a card to it. */
import type { CryptoPort } from '@sokkin/crypto';
import type { CardProfile, PreparationPorts } from '@sokkin/issuer';
import type { DomainKeys } from '@sokkin/terminal';
import type { CardUnderTest } from '../card-conformance/tapping.ts';

export interface PaymentCardUnderTest extends CardUnderTest {
  /** Of the blank card's security domain: its own, or how they come from its serial number. */
  readonly domain: DomainKeys;
}

/** What the parties around the card compute with: the issuer of purses, the bank, the terminal. */
export interface PaymentCardConformanceOptions extends PreparationPorts {
  readonly crypto: CryptoPort;
  /**
   * The product that the card becomes. As `white-label` is: it approves offline, signs (DDA and CDA), verifies PINs plain
   * and enciphered, hears its issuer in CDOL2, recovers torn transactions.
   */
  readonly profile: CardProfile;
}
