/**
 * On Node 20, the export of a key that was just made holds a lock, and the garbage collector takes the same one when it clears away what
 * made the key: where both meet, the process stands still for good. With `generateKeyPairSync` and `export` that was so within 5,000 keys.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { program } from '../../../tests/programs.ts';

test('keys are made while garbage is collected', async () => {
  const script = fileURLToPath(new URL('./keys.child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--max-semi-space-size=1', ...program(script)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(said).toBe('20200');
}, 120_000);
