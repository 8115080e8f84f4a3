/**
 * A process that watches the PC/SC readers and tells its parent (watch.ts): `{ready}` once, then `{reader, status}` at
 * each change, or `{failed}`. Plain JavaScript, so that it starts without a loader.
 *
 * What must hold: it can be killed at any moment, and is gone when its parent is.
 */
import { createRequire } from 'node:module';

// Not exit(): the addon's own end may wait for ever (see watch.ts).
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

try {
  const { newClient } = createRequire(import.meta.url)('pcsc-mini/build/addon.node.js');
  newClient().start(
    (reader, status) => process.send({ reader, status }),
    (error) => process.send({ failed: `${error.code ?? ''} ${error.message}` }),
  );
  process.send({ ready: true });
} catch (error) {
  process.send({ failed: `${error.code ?? ''} ${error.message}` });
}
