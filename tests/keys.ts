/** Keys for tests that are no purse's. */
import { generateKeyPairSync } from 'node:crypto';

/** As text, and not as keys to be exported: on Node 20, a garbage collection while a key that was just made is exported waits for ever. */
export const newP256Pem = (): { readonly publicKey: string; readonly privateKey: string } =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { format: 'pem', type: 'spki' },
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
  });
