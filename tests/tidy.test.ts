/**
 * The house is as ARCHITECTURE.md draws it: imports go downwards only, packages know no platform, nothing is
 * dead or too big, and nothing private to a machine or a person is in the tree.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { APART } from './apart.ts';

const ROOT = join(import.meta.dirname, '..');

/** What each workspace may import of the others, in its sources. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'packages/codec': [],
  'packages/crypto': ['codec'],
  'packages/purse': ['codec', 'crypto'],
  'packages/card': ['codec', 'crypto', 'purse'],
  'packages/terminal': ['codec', 'crypto', 'purse'],
  'packages/issuer': ['codec', 'crypto', 'purse'],
  'packages/sdk': ['codec', 'crypto', 'purse', 'terminal'],
  'packages/ui': [],
  'packages/testkit': ['codec', 'crypto', 'purse', 'card', 'terminal', 'issuer', 'node'],
  'adapters/node': ['codec', 'crypto', 'card'],
  'adapters/web': ['codec', 'crypto', 'card', 'terminal'],
  'adapters/pcsc': ['codec', 'terminal'],
  'apps/desk': ['codec', 'crypto', 'terminal', 'sdk', 'ui', 'web'],
  'apps/softpos': ['codec', 'crypto', 'purse', 'card', 'terminal', 'sdk', 'ui', 'web'],
  'apps/wallet': ['codec', 'crypto', 'purse', 'card', 'terminal', 'sdk', 'ui', 'web'],
  'apps/server': ['codec', 'crypto', 'purse', 'terminal', 'issuer', 'node'],
  'apps/cli': [
    'codec',
    'crypto',
    'purse',
    'card',
    'terminal',
    'issuer',
    'sdk',
    'node',
    'pcsc',
    'server',
    'testkit',
  ],
};
/** Packages from npm that a runtime-agnostic package may use. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  'packages/crypto': ['@noble/ciphers', '@noble/hashes'],
  'packages/sdk': ['openapi-fetch', 'openapi-typescript-helpers'],
  'packages/ui': ['react', 'lucide-react', 'qr'],
  'packages/testkit': ['vitest', 'fast-check', 'node:'],
};
const MOST_LINES = 500;
/** Written by `npm run contract`, and read by nobody. */
const MADE: ReadonlySet<string> = new Set(['packages/sdk/src/contract.ts']);

const NOT_OURS = new Set(['node_modules', '.git', '.cache', '.sokkin', 'dist', 'coverage']);

/** What git would track; or, where there is no git, everything that is not installed or generated. */
function projectFiles(): string[] {
  try {
    const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return list.split('\n').filter((f) => f !== '' && existsSync(join(ROOT, f)));
  } catch {
    return walk('');
  }
}

function walk(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [path];
  });
}

const tracked = projectFiles();
const sources = tracked.filter((f) => /^(packages|adapters|apps)\/[^/]+\/src\/.*\.tsx?$/.test(f));
const workspaceOf = (file: string): string => file.split('/').slice(0, 2).join('/');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

function importsOf(file: string): string[] {
  const code = read(file).replaceAll(/\/\*[\s\S]*?\*\//g, '');
  return [
    ...code.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g,
    ),
  ].map((m) => m[1] ?? m[2] ?? '');
}

describe('the dependency picture', () => {
  test('every workspace stands in it', () => {
    const found = new Set(sources.map(workspaceOf));
    expect([...found].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  test('imports go downwards only', () => {
    const wrong = sources.flatMap((file) => {
      const allowed = (MAY_IMPORT[workspaceOf(file)] ?? []).map((name) => `@sokkin/${name}`);
      return importsOf(file)
        .filter((i) => i.startsWith('@sokkin/') && !allowed.includes(i.split('/', 2).join('/')))
        .map((i) => `${file} imports ${i}`);
    });
    expect(wrong).toEqual([]);
  });

  test('no file reaches into another workspace by path', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter((i) => i.startsWith('.'))
        .map((i) => normalize(join(dirname(file), i)))
        .filter((target) => workspaceOf(target) !== workspaceOf(file))
        .map((target) => `${file} reaches ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('who meets real readers in a test has a process for it', () => {
    const wrong = tracked
      .filter((f) => f.endsWith('.test.ts') && !f.startsWith('adapters/pcsc/') && !APART.includes(f))
      .filter((f) => importsOf(f).some((i) => i.startsWith('@sokkin/pcsc') || i.includes('pcsc/test/house')));
    expect(wrong).toEqual([]);
  });

  test('keys are made as octets, never to be exported: that can stand still for ever on Node 20', () => {
    const wrong = tracked
      .filter((f) => /\.(ts|tsx|mjs)$/.test(f))
      .filter((f) => {
        const code = read(f);
        return /generateKeyPair(Sync)?\(/.test(code) && !code.includes('privateKeyEncoding');
      });
    expect(wrong).toEqual([]);
  });

  test('packages know no platform', () => {
    const wrong = sources
      .filter((f) => f.startsWith('packages/'))
      .flatMap((file) => {
        const allowed = LIBRARIES[workspaceOf(file)] ?? [];
        return importsOf(file)
          .filter(
            (i) => !i.startsWith('.') && !i.startsWith('@sokkin/') && !allowed.some((a) => i.startsWith(a)),
          )
          .map((i) => `${file} imports ${i}`);
      });
    expect(wrong).toEqual([]);
  });

  test('no cycles among files', () => {
    const graph = new Map(
      sources.map((f) => [
        f,
        importsOf(f)
          .filter((i) => i.startsWith('.'))
          .map((i) => normalize(join(dirname(f), i))),
      ]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });
});

describe('the rooms', () => {
  test('every source file says at its head what must hold', () => {
    const silent = sources.filter((f) => !/^(#!.*\n)?\/\*\*/.test(read(f)));
    expect(silent).toEqual([]);
  });

  test('no source file grows past what a reader holds in mind', () => {
    const long = sources.filter((f) => !MADE.has(f) && read(f).split('\n').length > MOST_LINES);
    expect(long).toEqual([]);
  });

  test('every source file is used', () => {
    const entry = (f: string): boolean =>
      /\/src\/(index|main|.*-main|checker\/main|checker\/fuzz-main)\.tsx?$/.test(f);
    /** What a package gives to others under names of its own. */
    const exported = new Set(
      tracked
        .filter((f) => /^(packages|adapters)\/[^/]+\/package\.json$/.test(f))
        .flatMap((f) =>
          Object.values<string>(JSON.parse(read(f)).exports ?? {}).map((to) =>
            normalize(join(dirname(f), to)),
          ),
        ),
    );
    /** Workers are named by where they are. */
    const started = (f: string): string[] =>
      [...read(f).matchAll(/new URL\('(\.[^']+\.ts)', import\.meta\.url\)/g)].map((m) =>
        normalize(join(dirname(f), m[1] ?? '')),
      );
    const everything = tracked.filter((f) => /\.(tsx?|mjs|js|json)$/.test(f));
    const imported = new Set(
      everything
        .filter((f) => /\.tsx?$/.test(f))
        .flatMap((f) => [
          ...started(f),
          ...importsOf(f)
            .filter((i) => i.startsWith('.'))
            .map((i) => normalize(join(dirname(f), i))),
        ]),
    );
    const text = everything
      .filter((f) => !/\.tsx?$/.test(f) || f.startsWith('vitest'))
      .map(read)
      .join('\n');
    const dead = sources.filter(
      (f) => !entry(f) && !exported.has(f) && !imported.has(f) && !text.includes(f),
    );
    expect(dead).toEqual([]);
  });

  test('no any, no double casts', () => {
    const wrong = sources.filter((f) =>
      /:\s*any\s*[;,)=\]}|]|\bas any\b|\bas unknown as\b/.test(read(f).replaceAll(/\/\*[\s\S]*?\*\//g, '')),
    );
    expect(wrong).toEqual([]);
  });

  test('nothing names a machine or a registry', () => {
    const text = tracked.filter(
      (f) => !/^(tests\/tidy|LICENSE)/.test(f) && /\.(tsx?|mjs|js|json|md|css|html|yaml|yml|sh)$/.test(f),
    );
    const wrong = text.filter((f) =>
      /registry\.npmjs\.org|\/work\/|\/home\/[a-z]+\/|https?:\/\/[a-z.-]*artifact/.test(read(f)),
    );
    expect(wrong).toEqual([]);
  });

  test('every relative link in the documents leads somewhere', () => {
    const broken = tracked
      .filter((f) => f.endsWith('.md'))
      .flatMap((file) =>
        [...read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)]
          .map((m) => m[1] ?? '')
          .filter((target) => !existsSync(join(ROOT, dirname(file), target)))
          .map((target) => `${file} -> ${target}`),
      );
    expect(broken).toEqual([]);
  });
});
