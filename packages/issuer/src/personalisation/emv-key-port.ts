/**
 * The keys with which payment cards are made, behind a port: a file today, an HSM later.
 *
 * What must hold: the issuer's keys are handles of the port; only what is derived for one card comes out of it.
 */
import type { Bytes } from '@sokkin/codec';
import type { CaPublicKey, Diversification, EmvCipher, Scp03Keys } from '@sokkin/crypto';
import type { PreparationPorts } from '../ports.ts';
import type { EmvIssuer } from './emv-issuer.ts';

export interface EmvKeyPort {
  readonly preparation: PreparationPorts;
  /** The authority's public key; terminals hold it under the RID of each scheme. */
  readonly ca: CaPublicKey;
  readonly issuer: (cipher: EmvCipher) => EmvIssuer;
  /** SCP03 keys of one chip. */
  readonly chipKeys: (chip: Diversification) => Scp03Keys;
  /** A PAN can be looked up by it, and not be read from it. */
  readonly panHash: (pan: string) => Bytes;
  /** Other for any other keys; tells nothing of them. */
  readonly fingerprint: Bytes;
}
