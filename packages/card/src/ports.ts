/** All that the card application needs of the outside world: cryptography and non-volatile memory. */
export type { CryptoPort } from '@sokkin/crypto';
export type { Nvm } from './memory/nvm.ts';
