/**
 * Bundles the benches as they would be shipped and runs them: a loader that transpiles on the fly adds calls of its
 * own to hot code, and what is measured should be Sokkin.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const out = join(root, '.cache', 'bench');
// What earlier runs made is of earlier code.
rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: ['main', 'verify', 'ledger-load', 'ledger-bare', 'acceptance-load'].map((name) =>
    join(root, 'bench', `${name}.ts`),
  ),
  outdir: out,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  outExtension: { '.js': '.mjs' },
  sourcemap: true,
  plugins: [
    {
      name: 'only-ours',
      setup: ({ onResolve }) =>
        onResolve({ filter: /^[^./]/ }, ({ path }) =>
          path.startsWith('@sokkin/') ? undefined : { path, external: true },
        ),
    },
  ],
});
const run = spawnSync(
  process.execPath,
  ['--enable-source-maps', join(out, 'main.mjs'), ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
process.exit(run.status ?? 1);
