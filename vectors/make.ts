/** Writes every vector file: `npm run vectors`. tests/vectors.test.ts holds the committed files to it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { vectorFiles } from './generator/files.ts';

const files = await vectorFiles();
for (const [name, text] of files) {
  const path = join(import.meta.dirname, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
console.log(`${files.size} files written`);
