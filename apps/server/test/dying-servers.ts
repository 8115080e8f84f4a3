/** The other end of dying-child.ts: several servers in one process, which is killed when each has reached its step. */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { program } from '../../../tests/programs.ts';

/** A server on a database of its own. */
export interface World {
  readonly name: string;
  readonly databaseUrl: string;
  readonly dataFolder: string;
  /** The step that it does not take any more. */
  readonly last?: number;
}
export interface ToChild {
  readonly name: string;
  readonly asks: 'count' | 'meet';
}
export interface FromChild {
  readonly name: string;
  readonly is: 'ready' | 'open' | 'counting' | 'met' | 'dead';
  readonly url?: string;
  readonly steps?: number;
}

const CHILD = fileURLToPath(new URL('dying-child.ts', import.meta.url));

/** It took its last step: what was asked of it is never answered. */
export class ItIsDead extends Error {}

export class DyingServers {
  readonly #child: ChildProcess;
  readonly #said: FromChild[] = [];
  readonly #dead = new Set<string>();
  readonly #news = new EventEmitter().setMaxListeners(0);

  constructor() {
    this.#child = spawn(process.execPath, program(CHILD), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message: FromChild) => {
      if (message.is === 'dead') this.#dead.add(message.name);
      else this.#said.push(message);
      this.#news.emit('news');
    });
    this.#child.on('exit', () => this.#news.emit('news'));
  }

  get #isGone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The first message of this kind that nobody has taken. */
  async #heard(name: string, is: FromChild['is']): Promise<FromChild> {
    for (;;) {
      const at = this.#said.findIndex((m) => m.name === name && m.is === is);
      const [message] = at < 0 ? [] : this.#said.splice(at, 1);
      if (message !== undefined) return message;
      if (this.#isGone || this.#dead.has(name)) throw new ItIsDead();
      await once(this.#news, 'news');
    }
  }

  /** Their addresses, in the same order. */
  async open(worlds: readonly World[]): Promise<string[]> {
    await this.#heard('', 'ready');
    this.#child.send(worlds);
    const urls: string[] = [];
    for (const { name } of worlds) urls.push((await this.#heard(name, 'open')).url ?? '');
    return urls;
  }

  /** From now on its steps are counted. */
  async count(name: string): Promise<void> {
    this.#child.send({ name, asks: 'count' } satisfies ToChild);
    await this.#heard(name, 'counting');
  }

  /** Everything that is due meets; so many steps it has taken by then. */
  async meet(name: string): Promise<number> {
    this.#child.send({ name, asks: 'meet' } satisfies ToChild);
    return (await this.#heard(name, 'met')).steps ?? 0;
  }

  async unlessDead<T>(name: string, work: Promise<T>): Promise<T> {
    // Of a dead server, the request ends with the process.
    work.catch(() => undefined);
    return Promise.race([work, this.#death(name)]);
  }

  async #death(name: string): Promise<never> {
    while (!(this.#isGone || this.#dead.has(name))) await once(this.#news, 'news');
    throw new ItIsDead();
  }

  async kill(): Promise<void> {
    if (this.#isGone) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
