/**
 * What happens on the readers of this machine, as told by a process of its own (watcher.mjs).
 *
 * What must hold: `stop` returns at once, whatever the PC/SC service does.
 *
 * Why a process: the monitor of pcsc-mini is ended by SCardCancel. pcsc-lite ignores that unless the monitor waits at
 * this very moment (`cancellable` in winscard_clnt.c); if it is about to wait, SCardReleaseContext then waits for it
 * on the thread of its caller, until something happens on a reader: for ever, perhaps, and nothing here could run
 * meanwhile. A process can be killed.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Watched {
  /** The readers can be told from now on: those that are there at the start within a few milliseconds. */
  ready(): void;
  /** `status`: flags of SCARD_READERSTATE's dwEventState. */
  changed(reader: string, status: number): void;
  /** Nothing will be told any more. */
  failed(cause: Error): void;
}

const WATCHER = fileURLToPath(new URL('./watcher.mjs', import.meta.url));

export function watchReaders(told: Watched): { stop(): void } {
  let over = false;
  const fail = (cause: Error) => {
    if (!over) told.failed(cause);
    stop();
  };
  const child = fork(WATCHER, { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const stop = () => {
    over = true;
    child.kill('SIGKILL');
  };
  child.on('message', (message: unknown) => {
    if (over) return;
    const { ready, failed, reader, status } = message as Told;
    if (ready === true) told.ready();
    else if (failed !== undefined) fail(new Error(failed.trim()));
    else if (reader !== undefined && status !== undefined) told.changed(reader, status);
  });
  child.on('error', fail);
  child.on('exit', (code, signal) => fail(new Error(`the watcher ended with ${signal ?? code}`)));
  return { stop };
}

interface Told {
  readonly ready?: boolean;
  readonly failed?: string;
  readonly reader?: string;
  readonly status?: number;
}
