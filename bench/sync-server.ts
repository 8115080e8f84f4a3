/**
 * A process of its own for area `sync`: the server as an institution runs it, where no request waits for the matcher. (A
 * sandbox's does, so that who tries things out sees them met.)
 */
import { readConfig } from '../apps/server/src/config.ts';
import { startServer } from '../apps/server/src/server.ts';

const server = await startServer({ ...readConfig(process.env), warm: true, matching: { isAwaited: false } });
process.on('SIGTERM', () => {
  void server.close().then(() => process.exit(0));
});
