/**
 * The acquirer's end of a line: connects, signs on, asks, and finds the answer to each question.
 *
 * What must hold: an answer is believed only if it is of the question's key and its code is right; a question without an
 * answer is said again as a repeat, also over a new connection, and then fails with `no_answer`: what became of it is not known, and it is
 * its asker's to reverse it. An answer that comes later than that is dropped.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import {
  assert,
  type Bytes,
  firstTime,
  type IsoMessage,
  type IsoProfile,
  isoMatchingKey,
  type MtiOrigin,
  responseMti,
  SokkinError,
} from '@sokkin/codec';
import type { SymmetricPort } from '@sokkin/crypto';
import { nodeSymmetric } from '../symmetric.ts';
import { IsoChannel } from './iso-channel.ts';
import { IsoLine } from './iso-line.ts';
import type { IsoMacKey } from './iso-mac.ts';
import { IsoNetwork } from './iso-network.ts';

export interface IsoLinkOptions {
  readonly host: string;
  readonly port: number;
  readonly profile: IsoProfile;
  readonly mac?: IsoMacKey | undefined;
  /** With TLS; `cert` and `key` in it for mutual TLS. */
  readonly tls?: ConnectionOptions | undefined;
  /** For an answer, and for a connection. */
  readonly timeoutMs?: number;
  /** How often a question is said again. */
  readonly repeats?: number;
  /** Signs on after each connect. */
  readonly signOn?: boolean;
  readonly heartbeatMs?: number;
  readonly clock?: () => Date;
  readonly symmetric?: SymmetricPort;
  /** The number of the next network message (DE 11). */
  readonly stan?: () => string;
}

export interface IsoAsk {
  readonly timeoutMs?: number;
  readonly repeats?: number;
}

interface Waiting {
  answered(message: IsoMessage): void;
  lost(error: Error): void;
}

const TIMEOUT_MS = 10_000;

export class IsoLink {
  readonly profile: IsoProfile;
  /** Sign on, echo, change of key. */
  readonly network: IsoNetwork;
  readonly #options: IsoLinkOptions;
  readonly #line: IsoLine;
  readonly #waiting = new Map<string, Waiting>();
  #channel: IsoChannel | undefined;
  #connecting: Promise<IsoChannel> | undefined;
  #isClosed = false;
  /** Messages that answered nothing that was asked, or came too late. */
  #strange = 0;

  constructor(options: IsoLinkOptions) {
    this.#options = options;
    this.profile = options.profile;
    const symmetric = options.symmetric ?? nodeSymmetric();
    this.#line = new IsoLine(options.profile, symmetric, options.mac);
    this.network = new IsoNetwork({
      profile: options.profile,
      symmetric,
      line: this.#line,
      clock: options.clock ?? (() => new Date()),
      stan: options.stan,
      ask: (message) => this.request(message, { repeats: 0 }),
    });
  }

  get inFlight(): number {
    return this.#waiting.size;
  }

  get strange(): number {
    return this.#strange;
  }

  get isConnected(): boolean {
    return this.#channel?.isOpen === true;
  }

  /** Connects, if it is not connected, and signs on where that is wanted. Fails with `line_down`. */
  async connect(): Promise<void> {
    await this.#connected();
  }

  /**
   * The answer to a request or an advice. Fails with `no_answer`: it was said as often as it may be; and with
   * `line_closed` after `close`.
   */
  async request(message: IsoMessage, ask: IsoAsk = {}): Promise<IsoMessage> {
    assert(responseMti(message.mti) !== undefined, 'only what has an answer is asked');
    const { repeats = this.#options.repeats ?? 0 } = ask;
    let failure: unknown;
    for (let attempt = 0; attempt <= repeats && !this.#isClosed; attempt++) {
      try {
        return await this.#ask(attempt === 0 ? message : repeatOf(message), ask);
      } catch (error) {
        if (!isRepeatable(error)) throw error;
        failure = error;
      }
    }
    if (this.#isClosed) throw new SokkinError('line_closed', 'The line was closed.', { cause: failure });
    throw new SokkinError('no_answer', 'No answer came: what became of the message is not known.', {
      cause: failure,
    });
  }

  /** Sends octets as one message, whatever they are: for tests of the other end. */
  async sendRaw(octets: Bytes): Promise<void> {
    (await this.#connected()).send(octets);
  }

  /** Ends the connection after what is still to be sent. */
  close(): void {
    this.#isClosed = true;
    this.#channel?.end();
    this.#loseAll(new SokkinError('line_down', 'The line was closed.'));
  }

  /** Cuts the connection, as a broken line would. The next question connects again. */
  destroy(): void {
    this.#channel?.destroy();
  }

  async #ask(
    message: IsoMessage,
    { timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS }: IsoAsk,
  ): Promise<IsoMessage> {
    const isNetwork = message.mti.class === 'network-management';
    const channel = isNetwork && this.isConnected ? this.#open() : await this.#connected();
    const key = isoMatchingKey(this.profile, message);
    if (this.#waiting.has(key))
      throw new SokkinError(
        'key_in_use',
        'A message with the same matching fields waits for its answer: give it another number.',
      );
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(key);
      };
      const lost = (error: Error) => {
        end();
        reject(error);
      };
      const timer = setTimeout(
        () => lost(new SokkinError('answer_late', `No answer within ${timeoutMs} ms.`)),
        timeoutMs,
      );
      const answered = (answer: IsoMessage) => {
        end();
        resolve(answer);
      };
      this.#waiting.set(key, { answered, lost });
      try {
        if (!channel.send(this.#line.write(message))) lost(lineDown('it was cut'));
      } catch (error) {
        lost(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  #open(): IsoChannel {
    const channel = this.#channel;
    assert(channel !== undefined, 'it is connected');
    return channel;
  }

  #connected(): Promise<IsoChannel> {
    if (this.#isClosed) return Promise.reject(new SokkinError('line_closed', 'The line was closed.'));
    if (this.#connecting !== undefined) return this.#connecting;
    if (this.isConnected) return Promise.resolve(this.#open());
    this.#connecting = this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<IsoChannel> {
    const { host, port, tls, timeoutMs = TIMEOUT_MS, heartbeatMs = 0, signOn = false } = this.#options;
    const socket = await openSocket({ host, port, tls, timeoutMs });
    const channel: IsoChannel = new IsoChannel(
      socket,
      this.profile.framing,
      {
        message: (octets) => this.#take(octets),
        closed: (why) => {
          if (this.#channel === channel) this.#channel = undefined;
          this.#loseAll(lineDown(why?.message ?? 'the other end closed it', why));
        },
      },
      { heartbeatMs },
    );
    this.#channel = channel;
    if (signOn) {
      try {
        await this.network.signOn();
      } catch (cause) {
        channel.destroy();
        throw new SokkinError('line_down', 'The other end does not let us sign on.', { cause });
      }
    }
    return channel;
  }

  /** What cannot be read, is of no question of ours, or has a wrong code answers nothing. */
  #take(octets: Bytes): void {
    const answer = this.#read(octets);
    const waiting = answer && this.#waiting.get(isoMatchingKey(this.profile, answer));
    if (answer === undefined || waiting === undefined || responseMti(answer.mti) !== undefined) {
      this.#strange++;
      return;
    }
    waiting.answered(answer);
  }

  #read(octets: Bytes): IsoMessage | undefined {
    try {
      const message = this.#line.read(octets);
      const { verdict } = this.#line.check(message);
      return verdict === 'valid' || verdict === 'not asked' ? message : undefined;
    } catch (error) {
      if (error instanceof SokkinError) return undefined;
      throw error;
    }
  }

  #loseAll(error: Error): void {
    for (const waiting of [...this.#waiting.values()]) waiting.lost(error);
  }
}

const lineDown = (why: string, cause?: unknown): SokkinError =>
  new SokkinError('line_down', `The line is down: ${why}.`, { cause });

const REPEATABLE: ReadonlySet<string> = new Set(['line_down', 'answer_late']);
const isRepeatable = (error: unknown): boolean => error instanceof SokkinError && REPEATABLE.has(error.code);

const REPEAT: Readonly<Record<MtiOrigin, MtiOrigin>> = {
  acquirer: 'acquirer-repeat',
  'acquirer-repeat': 'acquirer-repeat',
  issuer: 'issuer-repeat',
  'issuer-repeat': 'issuer-repeat',
  other: 'other-repeat',
  'other-repeat': 'other-repeat',
};

/** The same message, said again: 0200 becomes 0201. */
export function repeatOf(message: IsoMessage): IsoMessage {
  const { origin } = firstTime(message.mti);
  return { ...message, mti: { ...message.mti, origin: REPEAT[origin] } };
}

type Address = Pick<IsoLinkOptions, 'host' | 'port' | 'tls'> & { readonly timeoutMs: number };

function openSocket({ host, port, tls, timeoutMs }: Address): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = tls === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...tls });
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(lineDown(error.message, error));
    };
    const timer = setTimeout(() => fail(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    socket.once('error', fail);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
