/** The cryptogram versions that come with this program (packages/issuer/cryptograms), by name: for ranges that say a name and bring no file. */
import { readdir, readFile } from 'node:fs/promises';
import { parseCryptogramProfile } from '@sokkin/issuer';

export async function loadVersions(): Promise<ReadonlyMap<string, unknown>> {
  const folder = new URL('.', import.meta.resolve('@sokkin/issuer/cryptograms/cvn10.json'));
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const documents = await Promise.all(
    files.map(async (file): Promise<readonly [string, unknown]> => {
      const document: unknown = JSON.parse(await readFile(new URL(file, folder), 'utf8'));
      return [parseCryptogramProfile(document).name, document];
    }),
  );
  return new Map(documents);
}
