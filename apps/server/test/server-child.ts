/** The back-end as its own process, as an operator starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { program } from '../../../tests/programs.ts';
import { quickFolder } from '../../../tests/quick-folder.ts';
import { type Api, bothOf, httpApi, sandboxClient } from './kit.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface ServerChild {
  readonly process: ChildProcess;
  readonly url: string;
  readonly api: Api;
  /** All that it has written to standard error. */
  said(): string;
  /** Its exit code, or the signal that ended it. */
  readonly gone: Promise<number | string>;
  kill(signal: NodeJS.Signals): Promise<number | string>;
}

/** What the environment of this test run says about databases does not reach it, unless `env` says so. */
export async function serverChild(
  env: Record<string, string> & { readonly SOKKIN_DATA: string },
): Promise<ServerChild> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(SOKKIN_|OTEL_|DATABASE_URL|PORT|HOST|LOG_LEVEL)/.test(name),
  );
  const child = spawn(process.execPath, program(MAIN), {
    env: { ...Object.fromEntries(inherited), PORT: '0', LOG_LEVEL: 'silent', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  const gone = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? '')),
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const found = /back-end: (http:\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(text)));
  });
  const data = env.SOKKIN_DATA ?? '';
  const isSandbox = existsSync(join(data, 'credentials.json'));
  const { api } = isSandbox
    ? bothOf((name) => httpApi(url, sandboxClient(data, name)))
    : { api: httpApi(url, undefined) };
  return {
    process: child,
    url,
    api,
    said: () => text,
    gone,
    kill(signal) {
      child.kill(signal);
      return gone;
    },
  };
}

/** A folder that is gone after the test. */
export async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(quickFolder(), 'sokkin-ops-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 30, retryDelay: 200 }));
  return folder;
}
