import { makeIssuer, payOnce } from './people.ts';
import { u32 } from '@sokkin/codec';
const issuer = await makeIssuer();
const [a, b] = [await issuer.purse(10), await issuer.purse(11)];
await issuer.fund(a, 1000n); await issuer.fund(b, 1000n);
let c = 0; const t=performance.now();
for (let r = 0; r < 100; r++) { for (let i = 0; i < 40; i += 2) { await payOnce(a, b, 1n, Uint8Array.from([0,0,0,0,...u32(++c)])); await payOnce(b, a, 1n, Uint8Array.from([0,0,0,0,...u32(++c)])); } await a.sync(); await b.sync(); }
console.log((performance.now()-t)/4000*1000,'us');
