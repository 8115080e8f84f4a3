/** What `npm run contract` writes, by path: all of it follows from the server's routes and tables. */
import openapiTs, { astToString } from 'openapi-typescript';
import { contractDocument, problemCatalogue } from '../apps/server/src/index.ts';

const TYPES_HEAD = `/**
 * The types of the API, made from docs/api/openapi.json by \`npm run contract\`. Not to be edited by hand.
 */
`;

export async function contractFiles(): Promise<Map<string, string>> {
  const document = await contractDocument();
  const openapi = `${JSON.stringify(document, null, 2)}\n`;
  const types = astToString(await openapiTs(openapi, { alphabetize: false, immutable: true }));
  return new Map([
    ['docs/api/openapi.json', openapi],
    ['docs/api/errors.md', problemCatalogue()],
    ['packages/sdk/src/contract.ts', `${TYPES_HEAD}${types}`],
  ]);
}
