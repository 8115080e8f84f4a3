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
  let isStopping = false;
  const stop = (signal: string) => {
    // Who asks twice does not want to wait. What was acknowledged is on disk, whenever we end.
    if (isStopping) process.exit(130);
    isStopping = true;
    say(`${signal}: stopping; once more ends it at once`);
    server.close().then(
      (allAnswered) => {
        if (!allAnswered) say(`SOKKIN_STOP_SECONDS were over before everything was answered`);
        process.exit(allAnswered ? 0 : 1);
      },
      (error: unknown) => {
        say(`The stop failed: ${error instanceof Error ? error.message : String(error)}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGTERM', () => stop('SIGTERM'));
} catch (error) {
  if (!(error instanceof SokkinError)) throw error;
  say(`Sokkin back-end did not start: ${error.message}`);
  process.exit(1);
}
