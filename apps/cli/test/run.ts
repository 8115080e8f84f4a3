/** Runs the real `sokkin` as its own process; the shipped way, through a loader, where somebody asks for it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { program } from '../../../tests/programs.ts';
import { quickFolder } from '../../../tests/quick-folder.ts';

const SHIPPED = [join(import.meta.dirname, '..', 'bin', 'sokkin.js')];
const MADE = program(join(import.meta.dirname, 'sokkin.child.ts'));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** The JSON on stdout. */
  readonly json: Record<string, unknown>;
}

export interface Home {
  readonly data: string;
  url: string;
  /** Runs one command to its end; `--json` is added. */
  run(...words: string[]): Promise<Ran>;
  /** The same without `--json`. */
  say(...words: string[]): Promise<Ran>;
  spawn(...words: string[]): ChildProcess;
  dispose(): Promise<void>;
}

export async function makeHome({ shipped = false } = {}): Promise<Home> {
  const sokkin = shipped ? SHIPPED : MADE;
  const data = await mkdtemp(join(quickFolder(), 'sokkin-cli-'));
  const home: Home = {
    data,
    url: 'http://127.0.0.1:9',
    spawn: (...words) =>
      spawn(process.execPath, [...sokkin, ...words], {
        cwd: data,
        env: {
          ...process.env,
          SOKKIN_DATA: data,
          SOKKIN_API: home.url,
          PORT: '0',
          DATABASE_URL: '',
          NO_COLOR: '1',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    run: async (...words) => collect(home.spawn(...words, '--json')),
    say: async (...words) => collect(home.spawn(...words)),
    // The database outlives a killed server for a moment, and still writes.
    dispose: () => rm(data, { recursive: true, force: true, maxRetries: 30, retryDelay: 200 }),
  };
  return home;
}

function collect(child: ChildProcess): Promise<Ran> {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    err += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const isJson = out.trimStart().startsWith('{');
      resolve({ code, out, err, json: isJson ? (JSON.parse(out) as Record<string, unknown>) : {} });
    });
  });
}

export interface Serving {
  readonly child: ChildProcess;
  readonly url: string;
  text(): string;
  /** Ctrl-C; gives the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `sokkin start ...` and waits until it says where it serves. */
export function serve(home: Home, ...flags: string[]): Promise<Serving> {
  const child = home.spawn('start', ...flags);
  const closed = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  let text = '';
  return new Promise((resolve, reject) => {
    const look = (chunk: unknown) => {
      text += String(chunk);
      const url = /The back-end serves\s+(\S+)/.exec(text)?.[1];
      if (url === undefined || !text.includes('Ctrl-C stops it')) return;
      home.url = url;
      const stop = () => {
        child.kill('SIGINT');
        return closed;
      };
      resolve({ child, url, text: () => text, stop });
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', (chunk) => {
      text += String(chunk);
    });
    void closed.then((code) => reject(new Error(`sokkin start ended with ${code}:\n${text}`)));
  });
}
