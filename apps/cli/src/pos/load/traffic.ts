/**
 * Sends the questions of many terminals over few connections, and takes the times of the answers.
 *
 * What must hold: a terminal asks its next question when the one before was answered or given up, never before; at a given rate, the time
 * of an answer counts from when the question was due, so that a slow host cannot slow down its own measurement.
 */
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type Bytes, type IsoProfile, SokkinError, textOf } from '@sokkin/codec';
import { IsoChannel, IsoLine, type IsoMacKey, nodeSymmetric } from '@sokkin/node';
import { type LoadResult, Tally } from './tally.ts';
import type { LoadQuestion } from './terminals.ts';

export interface Traffic {
  readonly host: string;
  readonly port: number;
  readonly profile: IsoProfile;
  readonly mac: IsoMacKey | undefined;
  readonly tls: ConnectionOptions | undefined;
  /** Sent on each connection before anything else, and answered. */
  readonly signOn: Bytes | undefined;
  readonly connections: number;
  /** Questions a second, of all terminals together; undefined: each asks as soon as it is answered. */
  readonly rate: number | undefined;
  readonly warmSeconds: number;
  readonly seconds: number;
  readonly timeoutMs: number;
}

export interface Asking {
  question(): LoadQuestion;
}

/** A question on its way. */
interface Open {
  readonly terminal: number;
  /** When it was due. */
  readonly dueAt: number;
}

const SWEEP_MS = 100;
const TICK_MS = 2;

export async function runTraffic(traffic: Traffic, terminals: readonly Asking[]): Promise<LoadResult> {
  const run = new Run(traffic, terminals);
  try {
    await run.connect();
    return await run.measure();
  } finally {
    run.close();
  }
}

class Run {
  readonly #traffic: Traffic;
  readonly #terminals: readonly Asking[];
  readonly #open = new Map<string, Open>();
  readonly #idle: number[];
  readonly #tally = new Tally();
  #channels: IsoChannel[] = [];
  #isAsking = false;
  #failure: Error | undefined;
  #signedOn = 0;

  constructor(traffic: Traffic, terminals: readonly Asking[]) {
    this.#traffic = traffic;
    this.#terminals = terminals;
    // The first is taken from the end
    this.#idle = terminals.map((_, i) => terminals.length - 1 - i);
  }

  async connect(): Promise<void> {
    const { connections, signOn } = this.#traffic;
    for (let i = 0; i < connections; i++) this.#channels.push(await this.#channel());
    if (signOn === undefined) return;
    for (const channel of this.#channels) channel.send(signOn);
    const limit = performance.now() + this.#traffic.timeoutMs;
    while (this.#signedOn < connections) {
      if (this.#failure !== undefined) throw this.#failure;
      if (performance.now() > limit) throw new SokkinError('line_down', 'The host does not let us sign on.');
      await sleep(SWEEP_MS / 10);
    }
  }

  async measure(): Promise<LoadResult> {
    const { warmSeconds, seconds, timeoutMs } = this.#traffic;
    const begun = performance.now();
    this.#tally.from = begun + warmSeconds * 1000;
    this.#tally.until = this.#tally.from + seconds * 1000;
    this.#isAsking = true;
    if (this.#traffic.rate === undefined)
      for (const i of this.#idle.splice(0)) this.#ask(i, performance.now());
    let due = begun;
    let swept = begun;
    for (let now = begun; now < this.#tally.until; now = performance.now()) {
      if (this.#failure !== undefined) throw this.#failure;
      due = this.#askWhatIsDue(due, now);
      if (now - swept > SWEEP_MS) {
        this.#giveUp(now - timeoutMs);
        swept = now;
      }
      await sleep(TICK_MS);
    }
    this.#isAsking = false;
    const limit = performance.now() + timeoutMs;
    while (this.#open.size > 0 && performance.now() < limit && this.#failure === undefined)
      await sleep(TICK_MS);
    this.#giveUp(Number.POSITIVE_INFINITY);
    return this.#tally.result(this.#terminals.length, this.#traffic.connections);
  }

  close(): void {
    for (const channel of this.#channels) channel.destroy();
  }

  /** Sends what is due by now and finds a terminal; gives when the next one is due. */
  #askWhatIsDue(from: number, now: number): number {
    const { rate } = this.#traffic;
    if (rate === undefined) return from;
    let due = from;
    while (due <= now) {
      const terminal = this.#idle.pop();
      if (terminal === undefined) return due;
      this.#ask(terminal, due);
      due += 1000 / rate;
    }
    return due;
  }

  #ask(terminal: number, dueAt: number): void {
    const asking = this.#terminals[terminal];
    const channel = this.#channels[terminal % this.#channels.length];
    if (asking === undefined || channel === undefined) throw new Error('a terminal has a line');
    const { octets, reference } = asking.question();
    this.#open.set(reference, { terminal, dueAt });
    if (!channel.send(octets)) this.#failure ??= new SokkinError('line_down', 'The host closed the line.');
  }

  #answered(reference: string, code: string): void {
    const open = this.#open.get(reference);
    if (open === undefined) {
      this.#tally.strange();
      return;
    }
    this.#open.delete(reference);
    const now = performance.now();
    this.#tally.answered(open.dueAt, now, code);
    this.#goOn(open.terminal, now);
  }

  #goOn(terminal: number, now: number): void {
    if (this.#isAsking && this.#traffic.rate === undefined) this.#ask(terminal, now);
    else this.#idle.unshift(terminal);
  }

  #giveUp(dueBefore: number): void {
    for (const [reference, open] of this.#open) {
      if (open.dueAt >= dueBefore) continue;
      this.#open.delete(reference);
      this.#tally.unanswered(open.dueAt);
      this.#goOn(open.terminal, performance.now());
    }
  }

  async #channel(): Promise<IsoChannel> {
    const { profile, mac } = this.#traffic;
    const line = new IsoLine(profile, nodeSymmetric(), mac);
    return new IsoChannel(await socketTo(this.#traffic), profile.framing, {
      message: (octets) => {
        const answer = line.read(octets);
        const { verdict } = line.check(answer);
        if (verdict === 'invalid' || verdict === 'absent') {
          this.#tally.strange();
          return;
        }
        if (answer.mti.class === 'network-management') {
          this.#signedOn += 1;
          return;
        }
        this.#answered(textOf(answer, 37) ?? '', textOf(answer, 39) ?? '');
      },
      closed: (why) => {
        this.#failure ??= new SokkinError(
          'line_down',
          `The host closed the line. ${why?.message ?? ''}`.trim(),
        );
      },
    });
  }
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

function socketTo({ host, port, tls }: Traffic): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = tls === undefined ? connect({ host, port }) : connectTls({ host, port, ...tls });
    const refused = (cause: Error): void =>
      fail(new SokkinError('line_down', `No line to ${host}:${port}: ${cause.message}.`, { cause }));
    socket.once('error', refused);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.off('error', refused);
      done(socket);
    });
  });
}
