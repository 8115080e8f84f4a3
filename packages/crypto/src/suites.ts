/**
 * Algorithm suites: what a suite identifier in a certificate or message stands for.
 *
 * What must hold: an identifier never changes its meaning; lengths are a function of the suite alone;
 * an identifier that is not in this table is refused, never guessed. A post-quantum or hybrid suite
 * joins as a further row.
 */
import { type Bytes, equal, fromHex, hex, SokkinError } from '@sokkin/codec';

/** ECDSA over NIST P-256 with SHA-256. */
export const SUITE_P256 = 0x01;

export interface Suite {
  readonly id: number;
  readonly name: 'ECDSA-P256-SHA256';
  /** Bytes of a public key: 04 || X || Y. */
  readonly publicKeyLength: 65;
  /** Bytes of a signature: r || s. */
  readonly signatureLength: 64;
  /** Content octets of the object identifier in a certificate's public key template. */
  readonly keyOid: Bytes;
}

const SUITES: readonly Suite[] = [
  {
    id: SUITE_P256,
    name: 'ECDSA-P256-SHA256',
    publicKeyLength: 65,
    signatureLength: 64,
    // id-TA-ECDSA-SHA-256, 0.4.0.127.0.7.2.2.2.2.3 (BSI TR-03110-3, A.6.4)
    keyOid: fromHex('04007f00070202020203'),
  },
];

/** The suite with this identifier; SokkinError `unknown_suite` when there is none. */
export function suiteById(id: number): Suite {
  return known(
    SUITES.find((suite) => suite.id === id),
    `identifier ${id}`,
  );
}

/** The suite with this key OID (content octets); SokkinError `unknown_suite` when there is none. */
export function suiteByOid(oid: Bytes): Suite {
  return known(
    SUITES.find((suite) => equal(suite.keyOid, oid)),
    `key OID ${hex(oid)}`,
  );
}

function known(suite: Suite | undefined, what: string): Suite {
  if (suite === undefined) throw new SokkinError('unknown_suite', `No algorithm suite has the ${what}`);
  return suite;
}
