/**
 * How the programs of PostgreSQL are run.
 *
 * What must hold here: none of them sees the caller's environment (PGDATA, PGPORT, LD_LIBRARY_PATH would
 * change what they do), and none of them runs as root.
 */
import { spawn } from 'node:child_process';

/** The user a program runs as; undefined means "as we do". */
export type RunAs = { uid: number; gid: number } | undefined;

export interface Finished {
  /** The exit status, or undefined when the program could not be started or was killed. */
  status: number | undefined;
  /** Standard output, then standard error. */
  output: string;
  stdout: string;
}

/**
 * LC_ALL=C keeps messages in English, so that we can read them. libuv changes the folder before it
 * changes the user, and drops all supplementary groups: see create-cluster.ts, which leans on both.
 */
export function spawnOptions(as: RunAs, cwd: string) {
  const env = { PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  return as === undefined ? { cwd, env } : { cwd, env, uid: as.uid, gid: as.gid };
}

/** Runs a program to its end; never rejects, because every caller has something of its own to say. */
export function run(
  program: string,
  args: readonly string[],
  options: { as?: RunAs; cwd?: string; stdin?: number } = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    try {
      const child = spawn(program, args, {
        ...spawnOptions(options.as, options.cwd ?? '/'),
        // A session of its own: Ctrl-C in the terminal is ours to handle, not the child's.
        detached: true,
        stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
      });
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.on('error', (error) => resolve({ status: undefined, output: error.message, stdout }));
      child.on('close', (code) => resolve({ status: code ?? undefined, output: stdout + stderr, stdout }));
    } catch (error) {
      resolve({ status: undefined, output: String(error), stdout });
    }
  });
}

/** Waits without being in a hurry. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
