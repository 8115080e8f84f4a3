/**
 * One connection that carries ISO 8583 messages, seen from either end: octets in frames, and nothing of what they mean.
 *
 * What must hold: memory is bounded whatever the peer does: while it does not read, or while its messages wait (`pause`), nothing
 * more is read from it; a peer that takes nothing for `stallMs` is cut off. Messages come in the order of the stream, one at
 * a time, and none after `closed`. `closed` comes once.
 */
import type { Socket } from 'node:net';
import { type Bytes, frameIso, IsoFramer, type IsoFraming, SokkinError } from '@sokkin/codec';

export interface IsoChannelEvents {
  /** A whole message without its length; never an empty one. */
  message(octets: Bytes): void;
  /** The peer will send no more, but may still read. Left out: the connection is closed then. */
  ended?(): void;
  /** undefined: the peer ended it, or we did. */
  closed(why: Error | undefined): void;
}

export interface IsoChannelLimits {
  /** Nothing came for so long: the connection is over. 0: it may be silent for ever. */
  readonly idleMs: number;
  /** Where frames of no octets are signs of life, one goes out after so long without a message. 0: none. */
  readonly heartbeatMs: number;
  /** Octets that wait for a peer that does not take them. */
  readonly mostUnsent: number;
  readonly stallMs: number;
}

export const ISO_CHANNEL_LIMITS: IsoChannelLimits = {
  idleMs: 0,
  heartbeatMs: 0,
  mostUnsent: 1 << 20,
  stallMs: 30_000,
};

export class IsoChannel {
  readonly #socket: Socket;
  readonly #framing: IsoFraming;
  readonly #events: IsoChannelEvents;
  readonly #limits: IsoChannelLimits;
  readonly #framer: IsoFramer;
  /** Messages of a chunk that came while paused. */
  #held: Bytes[] = [];
  /** Why the stream cannot be read on, once what is held was given out. */
  #failure: Error | undefined;
  #isPaused = false;
  #isEnded = false;
  #isClosed = false;
  #isCorked = false;
  #lastIn = performance.now();
  #lastOut = performance.now();
  /** Since when the peer has taken nothing of what waits for it. */
  #stalledAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    socket: Socket,
    framing: IsoFraming,
    events: IsoChannelEvents,
    limits: Partial<IsoChannelLimits> = {},
  ) {
    this.#socket = socket;
    this.#framing = framing;
    this.#framer = new IsoFramer(framing);
    this.#events = events;
    this.#limits = { ...ISO_CHANNEL_LIMITS, ...limits };
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#push(chunk));
    socket.on('drain', () => this.#drained());
    socket.on('error', (error: Error) => this.#close(error));
    socket.on('end', () => this.#peerEnded());
    socket.on('close', () => this.#close(undefined));
    this.#watch();
  }

  get isOpen(): boolean {
    return !this.#isClosed && !this.#isEnded;
  }

  /** Sends a message. False: the connection is over, or its peer takes nothing. `too_long` beyond the frame's greatest. */
  send(octets: Bytes): boolean {
    if (!this.isOpen) return false;
    const frame = frameIso(this.#framing, octets);
    this.#write(frame);
    if (this.#socket.writableLength > this.#limits.mostUnsent) {
      this.destroy(
        new SokkinError('peer_stalled', 'The peer does not take its answers: the connection is cut.'),
      );
      return false;
    }
    return true;
  }

  /** No further message comes until `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#giveOut();
    this.#readOn();
  }

  /** Sends what is still to be sent, then closes. */
  end(): void {
    if (!this.isOpen) return;
    this.#isEnded = true;
    this.#socket.end();
  }

  /** Closes at once. */
  destroy(why?: Error): void {
    this.#socket.destroy();
    this.#close(why);
  }

  #push(chunk: Bytes): void {
    if (this.#isClosed) return;
    this.#lastIn = performance.now();
    const { messages, failure } = this.#framer.push(chunk);
    for (const message of messages) if (message.length > 0) this.#held.push(message);
    this.#failure ??= failure;
    this.#giveOut();
  }

  #peerEnded(): void {
    const torn = this.#framer.end();
    if (torn !== undefined || this.#events.ended === undefined) this.#close(torn);
    else if (!this.#isClosed) this.#events.ended();
  }

  #giveOut(): void {
    let at = 0;
    while (at < this.#held.length && !this.#isPaused && !this.#isClosed) {
      const message = this.#held[at++];
      if (message !== undefined) this.#events.message(message);
    }
    this.#held = this.#held.slice(at);
    if (this.#failure !== undefined && this.#held.length === 0) this.destroy(this.#failure);
  }

  /** Frames of one turn of the event loop go out together. */
  #write(frame: Bytes): void {
    this.#lastOut = performance.now();
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      setImmediate(() => {
        this.#isCorked = false;
        this.#socket.uncork();
      });
    }
    if (this.#socket.write(frame)) return;
    this.#stalledAt ??= performance.now();
    this.#socket.pause();
  }

  #drained(): void {
    this.#stalledAt = undefined;
    this.#readOn();
  }

  #readOn(): void {
    if (!this.#isPaused && this.#stalledAt === undefined && !this.#isClosed) this.#socket.resume();
  }

  #close(why: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#held = [];
    this.#socket.destroySoon();
    this.#events.closed(why);
  }

  #watch(): void {
    const { idleMs, heartbeatMs, stallMs } = this.#limits;
    const step = Math.min(
      ...[idleMs, this.#framing.heartbeats ? heartbeatMs : 0, stallMs].filter((ms) => ms > 0),
    );
    if (!Number.isFinite(step)) return;
    this.#timer = setTimeout(
      () => {
        this.#look(performance.now());
        if (!this.#isClosed) this.#watch();
      },
      Math.max(step / 4, 5),
    );
    this.#timer.unref();
  }

  #look(now: number): void {
    const { idleMs, heartbeatMs, stallMs } = this.#limits;
    if (this.#stalledAt !== undefined && stallMs > 0 && now - this.#stalledAt > stallMs)
      this.destroy(new SokkinError('peer_stalled', 'The peer takes nothing: the connection is cut.'));
    else if (idleMs > 0 && !this.#isPaused && now - this.#lastIn > idleMs)
      this.destroy(
        new SokkinError('peer_idle', 'Nothing came from the peer for too long: the connection is cut.'),
      );
    else if (this.isOpen && this.#framing.heartbeats && heartbeatMs > 0 && now - this.#lastOut > heartbeatMs)
      this.#write(frameIso(this.#framing, new Uint8Array(0)));
  }
}
