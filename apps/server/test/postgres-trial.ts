/** What the tests of the embedded PostgreSQL share: throw-away folders and programs to kill. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { program } from '../../../tests/programs.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/postgres/embedded.ts';

export const isRoot = process.getuid?.() === 0;
export const childFile = fileURLToPath(new URL('postgres-child.ts', import.meta.url));

/** A folder that is gone after the test. */
export async function tempFolder(parent = tmpdir(), mode = 0o700): Promise<string> {
  const folder = await mkdtemp(join(parent, 'sokkin-postgres-'));
  await chmod(folder, mode);
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 }));
  return folder;
}

/** A database that is stopped after the test. */
export async function started(folder: string, log?: (line: string) => void): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres(log ? { folder, log } : { folder });
  onTestFinished(() => postgres.stop());
  return postgres;
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return (await client.query(sql).finally(() => client.end())).rows;
}

export interface Child {
  process: ChildProcess;
  pid: number;
  /** All it has printed so far. */
  text(): string;
  /** Resolves with the text when it has printed `mark`, or has ended. */
  prints(mark: string): Promise<string>;
  kill(): Promise<void>;
}

/** Starts postgres-child.ts, as the given command runs it. */
export function startChild(folder: string, wrapper: string[] = [], more: string[] = []): Child {
  const [first = '', ...args] = [...wrapper, process.execPath, ...program(childFile), folder, ...more];
  const child = spawn(first, args, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  const gone = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  onTestFinished(kill);
  return {
    process: child,
    pid: child.pid ?? 0,
    text: () => text,
    async prints(mark) {
      while (!text.includes(mark) && child.exitCode === null && child.signalCode === null) await pause(10);
      return text;
    },
    kill,
  };
}

export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

export function isAlive(pid: number): boolean {
  try {
    // A zombie, which a container's first process may never collect, does not count.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
