/**
 * Runs `sokkin`: what only asks and answers within the process of the test, because starting a program takes longer than what it does;
 * as its own process where something else runs beside it, where it is about the process, and the shipped way, through a loader, where
 * somebody asks for that.
 *
 * What must hold: within the process of the test, too, a command has nothing but its folder, its environment and its own output.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { program } from '../../../tests/programs.ts';
import { quickFolder } from '../../../tests/quick-folder.ts';
import { main } from '../src/main.ts';

const SHIPPED = [join(import.meta.dirname, '..', 'bin', 'sokkin.js')];
const MADE = program(join(import.meta.dirname, 'sokkin.child.ts'));
/** They start others, listen to signals, or read the environment of their process. */
const PROGRAMS: ReadonlySet<string> = new Set([
  ...[
    'backup',
    'bridge',
    'card attach',
    'card batch',
    'card perso',
    'config',
    'pos load',
    'readers',
    'restore',
  ],
  ...['scale apply', 'scale plan', 'simulate', 'start'],
]);
const isProgram = ([first = '', second]: readonly string[]): boolean =>
  PROGRAMS.has(first) || PROGRAMS.has(`${first} ${second}`);

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
  /** As `run`, in a process of its own. */
  runApart(...words: string[]): Promise<Ran>;
  spawn(...words: string[]): ChildProcess;
  dispose(): Promise<void>;
}

export async function makeHome({ shipped = false } = {}): Promise<Home> {
  const sokkin = shipped ? SHIPPED : MADE;
  const data = await mkdtemp(join(quickFolder(), 'sokkin-cli-'));
  const env = () => ({
    ...process.env,
    SOKKIN_DATA: data,
    SOKKIN_API: home.url,
    PORT: '0',
    DATABASE_URL: '',
    NO_COLOR: '1',
  });
  const runApart = (...words: string[]) => collect(home.spawn(...words));
  const run = (...words: string[]) =>
    shipped || isProgram(words) || isBusy ? runApart(...words) : runHere(words, data, env());
  const home: Home = {
    data,
    url: 'http://127.0.0.1:9',
    spawn: (...words) =>
      spawn(process.execPath, [...sokkin, ...words], {
        cwd: data,
        env: env(),
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    run: (...words) => run(...words, '--json'),
    say: run,
    runApart: (...words) => runApart(...words, '--json'),
    // The database outlives a killed server for a moment, and still writes.
    dispose: () => rm(data, { recursive: true, force: true, maxRetries: 30, retryDelay: 200 }),
  };
  return home;
}

/** There is one current folder: another command has its own process meanwhile. */
let isBusy = false;
async function runHere(words: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  const before = process.cwd();
  const [out, err]: [string[], string[]] = [[], []];
  const to = (said: string[]) => ({ write: (text: string) => said.push(text) });
  isBusy = true;
  process.chdir(cwd);
  try {
    const code = await main(words, { env, out: to(out), err: to(err) });
    return ranOf(code, out.join(''), err.join(''));
  } finally {
    process.chdir(before);
    isBusy = false;
  }
}

function ranOf(code: number | null, out: string, err: string): Ran {
  const isJson = out.trimStart().startsWith('{');
  return { code, out, err, json: isJson ? (JSON.parse(out) as Record<string, unknown>) : {} };
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
    child.on('close', (code) => resolve(ranOf(code, out, err)));
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
