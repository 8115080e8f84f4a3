/** What `npm run contract` writes, by path: all of it follows from the server's routes and tables. */
import openapiTs, { astToString } from 'openapi-typescript';
import { contractDocument, problemCatalogue, sandboxGuide } from '../apps/server/src/index.ts';

const TYPES_HEAD = `/**
 * The types of the API, made from docs/api/openapi.json by \`npm run contract\`. Not to be edited by hand.
 */
`;

interface Parameter {
  readonly name: string;
  required?: boolean;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const keyOf = (operation: Operation): Parameter | undefined =>
  operation.parameters?.find((p) => p.name === 'idempotency-key');

/** The client makes the key of a call by itself, so that its caller need not; this is where. */
function withOptionalKeys(openapi: string): { readonly document: string; readonly keyed: readonly string[] } {
  const document: Document = JSON.parse(openapi);
  const keyed: string[] = [];
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const key = keyOf(operation);
      if (key === undefined) continue;
      key.required = false;
      keyed.push(`${method.toUpperCase()} ${path}`);
    }
  }
  return { document: JSON.stringify(document), keyed };
}

async function clientTypes(openapi: string): Promise<string> {
  const { document, keyed } = withOptionalKeys(openapi);
  const types = astToString(await openapiTs(document, { alphabetize: false, immutable: true }));
  const list = keyed.map((name) => `    ${JSON.stringify(name)},\n`).join('');
  return `${TYPES_HEAD}/** Operations that take an Idempotency-Key. */
export const KEYED: ReadonlySet<string> = new Set([
${list}]);
${types}`;
}

export async function contractFiles(): Promise<Map<string, string>> {
  const openapi = `${JSON.stringify(await contractDocument(), null, 2)}\n`;
  return new Map([
    ['docs/api/openapi.json', openapi],
    ['docs/api/errors.md', problemCatalogue()],
    ['docs/api/sandbox.md', sandboxGuide()],
    ['packages/sdk/src/contract.ts', await clientTypes(openapi)],
  ]);
}
