/** The server as a program: configuration from the environment, a clean stop on Ctrl-C and SIGTERM. */
import { SokkinError } from '@sokkin/codec';
import { readConfig } from './config.ts';
import { forgetSecrets } from './keys/key-config.ts';
import { startServer } from './server.ts';

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

try {
  const config = readConfig(process.env);
  forgetSecrets(process.env);
  const server = await startServer({ ...config, warm: true, log: say });
  say(`Sokkin back-end: ${server.url}  (API documentation: ${server.url}/docs)`);
  const stop = (signal: string) => {
    say(`${signal}: stopping`);
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        say(`The stop failed: ${error instanceof Error ? error.message : String(error)}`);
        process.exit(1);
      },
    );
  };
  process.once('SIGINT', () => stop('SIGINT'));
  process.once('SIGTERM', () => stop('SIGTERM'));
} catch (error) {
  if (!(error instanceof SokkinError)) throw error;
  say(`Sokkin back-end did not start: ${error.message}`);
  process.exit(1);
}
