/** Writes the contract and what is made from it: `npm run contract`. tests/contract.test.ts holds the files to it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contractFiles } from './contract-files.ts';

const files = await contractFiles();
for (const [name, text] of files) {
  const path = join(import.meta.dirname, '..', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
console.log(`${files.size} files written`);
