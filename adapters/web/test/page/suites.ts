/** The suites, in a page of a real browser. */
import { formatMemory, openMemory } from '@sokkin/card';
import { cryptoConformance } from '@sokkin/testkit/crypto-conformance';
import { memoryConformance, nvmConformance } from '@sokkin/testkit/nvm-conformance';
import { databaseNvm, shelfInDatabase, shelfInMemory, webCrypto } from '../../src/index.ts';
import { runAll } from '../in-browser.ts';

let made = 0;
async function fresh(size: number) {
  const name = `nvm-${made++}`;
  let nvm = await databaseNvm(name, size);
  return {
    nvm,
    async reopen() {
      await nvm.close();
      nvm = await databaseNvm(name, size);
      return nvm;
    },
    dispose: () => nvm.close(),
  };
}
const shelf = await shelfInDatabase('keys-under-test');
cryptoConformance('WebCrypto, keys in memory', () => webCrypto(shelfInMemory()));
cryptoConformance('WebCrypto, keys in IndexedDB', () => webCrypto(shelf));
nvmConformance('IndexedDB', () => fresh(8192));
memoryConformance('over IndexedDB', { format: formatMemory, open: openMemory }, () => fresh(65_536));

Object.assign(globalThis, { outcomes: runAll(), sokkin: { databaseNvm, shelfInDatabase, webCrypto } });
