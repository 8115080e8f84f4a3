/** All that the card application needs of the outside world: cryptography, non-volatile memory, its holder. */
import type { RsaPort, SymmetricPort } from '@sokkin/crypto';

export type { CryptoPort, RsaPort, SymmetricPort } from '@sokkin/crypto';
export type { Nvm } from './memory/nvm.ts';

/** What security domain and payment application need besides. */
export interface EmvPorts {
  readonly symmetric: SymmetricPort;
  readonly rsa: Pick<RsaPort, 'importRsaKey' | 'privateOperation'>;
  /** Only in a device that verifies its holder itself (a phone); left out: PIN only. */
  readonly holder?: HolderPort;
}

/** Consumer device cardholder verification: fingerprint, face or passcode of the phone. */
export interface HolderPort {
  /** Whether the holder was verified for the payment that is being made; asked once a transaction. */
  isVerified(): boolean;
}
