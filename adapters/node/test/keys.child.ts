/** The other process of keys.test.ts: makes keys, with so little room that garbage is collected all the time, and says how many. */
import { nodeCrypto } from '../src/crypto.ts';
import { nodeRsa } from '../src/rsa.ts';

const [points, moduli] = [20_000, 200];
const crypto = nodeCrypto();
for (let i = 0; i < points; i++) crypto.generateKey();
const rsa = nodeRsa();
for (let i = 0; i < moduli; i++) await rsa.generateRsaKey(512, 3);
process.stdout.write(String(points + moduli));
