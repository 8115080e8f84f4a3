/**
 * The committed contract is what the server's routes say, and everything made from it is made from this one. After a
 * change of the API: `npm run contract`, and look at the difference in review.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { contractDocument, PROBLEMS } from '../apps/server/src/index.ts';
import { contractFiles } from '../scripts/contract-files.ts';

const ROOT = join(import.meta.dirname, '..');
const HINT = 'run `npm run contract`';

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Record<string, readonly string[]>[];
  readonly parameters?: readonly { readonly name: string; readonly required?: boolean }[];
  readonly responses: Record<string, { readonly description: string }>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly schemas: Record<string, unknown>;
    readonly securitySchemes: Record<string, unknown>;
  };
}

let files: Map<string, string>;
let document: Document;
let operations: (readonly [string, Operation])[];
beforeAll(async () => {
  files = await contractFiles();
  document = JSON.parse(files.get('docs/api/openapi.json') ?? '');
  operations = Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]): [string, Operation] => [`${verb} ${path}`, operation]),
  );
});

test('the committed files are what the routes say', () => {
  for (const [name, text] of files) {
    expect(readFileSync(join(ROOT, name), 'utf8') === text, `${name} is out of date: ${HINT}`).toBe(true);
  }
});

test('it is the same every time', async () => {
  expect(JSON.stringify(await contractDocument())).toBe(JSON.stringify(document));
});

describe('every operation', () => {
  test('has a name, a summary and a tag', () => {
    const ids = operations.map(([, o]) => o.operationId);
    expect(new Set(ids).size).toBe(operations.length);
    for (const [name, o] of operations) {
      expect(o.operationId, name).toMatch(/^[a-z][A-Za-z0-9]+$/);
      expect(o.summary, name).toBeTruthy();
      expect(o.tags, name).toHaveLength(1);
    }
  });

  test('says who may call it', () => {
    for (const [name, o] of operations) {
      expect(o.security, name).toBeDefined();
      for (const way of o.security ?? []) {
        for (const scheme of Object.keys(way))
          expect(document.components.securitySchemes).toHaveProperty(scheme);
      }
      if ((o.security ?? []).length > 0) expect(o.responses, name).toHaveProperty('401');
    }
  });

  test('says how it fails, in codes that exist', () => {
    const codes = new Set(Object.keys(PROBLEMS));
    for (const [name, o] of operations) {
      const answers = Object.entries(o.responses).filter(([status]) => Number(status) >= 400);
      expect(answers.map(([status]) => status)).toEqual(expect.arrayContaining(['400', '500', '503']));
      for (const [status, { description }] of answers) {
        for (const [, code = ''] of description.matchAll(/`([a-z_]+)`/g)) {
          expect(codes, `${name} ${status}`).toContain(code);
          expect(PROBLEMS[code as keyof typeof PROBLEMS].status).toBe(Number(status));
        }
      }
    }
  });

  test('says of no request body that it may have other fields', () => {
    const loose = JSON.stringify(operations.map(([name, o]) => [name, Object(o).requestBody]));
    expect(loose).not.toContain('"additionalProperties":{}');
  });
});

test('every problem has its row in the catalogue, and a sentence that says what to do', () => {
  const rows = (files.get('docs/api/errors.md') ?? '').split('\n').filter((line) => /^\| \d/.test(line));
  expect(rows).toHaveLength(Object.keys(PROBLEMS).length);
  for (const row of rows)
    expect(row).toMatch(/^\| [45]\d\d \| `[a-z_]+` \| (yes|no) \| \S.* \| \S.*\.`? \|$/);
});
