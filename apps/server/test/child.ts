/** The server as a process of its own, with its own database, that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface Child {
  readonly process: ChildProcess;
  readonly url: string;
  /** kill -9, and wait until it is gone. */
  kill(): Promise<void>;
}

export async function startChild(dataFolder: string): Promise<Child> {
  const env = { ...process.env, PORT: '0', SOKKIN_DATA: dataFolder, LOG_LEVEL: 'silent' };
  // Its own database, whatever the tests around it use.
  delete (env as Record<string, string | undefined>).DATABASE_URL;
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /back-end: (http:\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(text)));
  });
  return {
    process: child,
    url,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
