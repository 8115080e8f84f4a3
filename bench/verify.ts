/** A process of its own for `sync.ts`: how many P-256 verifications one core does, with cached keys. */
import { nodeCrypto } from '@sokkin/node';

const seconds = Number(process.argv[2]);
const crypto = nodeCrypto();
const cases = Array.from({ length: 16 }, () => {
  const key = crypto.generateKey();
  const message = crypto.randomBytes(140);
  return { key, message, signature: crypto.sign(key.handle, message) };
});
let done = 0;
const start = performance.now();
while (performance.now() - start < seconds * 1000) {
  for (const { key, message, signature } of cases) {
    if (!crypto.verify(key.publicKey, message, signature)) throw new Error('A good signature was refused');
    done++;
  }
}
process.send?.(done / ((performance.now() - start) / 1000));
