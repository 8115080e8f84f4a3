/**
 * One connection of an acquirer: from its octets to its answers.
 *
 * What must hold: every message that can be answered is answered once, in whatever order the decisions come; no more than the link allows
 * is worked on at once, and nothing is read beyond that; whatever the octets, nothing is thrown; what is worked on when a stop or the
 * peer's end comes is still answered.
 */
import type { Socket } from 'node:net';
import { type Bytes, type IsoMessage, type MtiClass, responseMti } from '@sokkin/codec';
import type { AcceptanceOutcome } from '@sokkin/issuer';
import { IsoChannel, type IsoMacKey } from '@sokkin/node';
import type { ShopAnswer } from '../desk.ts';
import { networkAnswer, refusal, writeAnswer } from './answers.ts';
import type { Decisions } from './decisions.ts';
import type { ClosedBy, HostMetrics } from './host-metrics.ts';
import type { HostLink, LinkBook } from './links.ts';
import { type HostLog, nameOfMessage } from './log.ts';
import { type NetworkParts, type NetworkState, network } from './network.ts';
import { readMessage } from './read-message.ts';

export interface ConnectionParts extends NetworkParts {
  readonly book: LinkBook;
  readonly decisions: Decisions;
  readonly metrics: HostMetrics;
  readonly log: HostLog;
  readonly heartbeatMs: number;
  readonly stallMs: number;
}

const DECIDED: ReadonlySet<MtiClass> = new Set(['authorisation', 'financial', 'reversal', 'reconciliation']);
const NEVER = 'nothing';

export class ShopConnection {
  readonly link: HostLink;
  readonly #parts: ConnectionParts;
  readonly #channel: IsoChannel;
  readonly #state: NetworkState = { isSignedOn: false };
  readonly #gone: (connection: ShopConnection) => void;
  #inFlight = 0;
  #isEnding = false;
  #closed: () => void = () => undefined;
  /** Resolves when the connection is closed and nothing of it is worked on. */
  readonly ended: Promise<void>;

  constructor(socket: Socket, link: HostLink, parts: ConnectionParts, gone: (c: ShopConnection) => void) {
    this.link = link;
    this.#parts = parts;
    this.#gone = gone;
    this.ended = new Promise((resolve) => {
      this.#closed = resolve;
    });
    const idleMs = link.row.settings.idleSeconds * 1000;
    const { heartbeatMs, stallMs } = parts;
    this.#channel = new IsoChannel(
      socket,
      link.profile.framing,
      {
        message: (octets) => this.#take(octets),
        ended: () => this.#endWhenAnswered(),
        closed: (why) => this.#wasClosed(why),
      },
      { idleMs, heartbeatMs, stallMs },
    );
  }

  /** Reads no more, answers what is worked on, and closes. */
  stop(): Promise<void> {
    this.#channel.pause();
    this.#endWhenAnswered();
    return this.ended;
  }

  destroy(): void {
    this.#channel.destroy();
  }

  #take(octets: Bytes): void {
    const began = performance.now();
    this.#inFlight++;
    if (this.#inFlight >= this.link.row.settings.mostInFlight) this.#channel.pause();
    this.#work(octets, began)
      .catch((error: unknown) => {
        this.#parts.log.error(
          { err: error, link: this.link.row.id },
          'a message failed: its connection is closed',
        );
        this.#channel.destroy();
      })
      .finally(() => this.#wasWorkedOn());
  }

  #wasWorkedOn(): void {
    this.#inFlight--;
    if (!this.#isEnding) this.#channel.resume();
    else if (this.#inFlight === 0) this.#channel.end();
    if (this.#inFlight === 0 && !this.#channel.isOpen) this.#closed();
  }

  async #work(octets: Bytes, began: number): Promise<void> {
    const read = readMessage(this.link.profile, octets);
    switch (read.kind) {
      case 'hopeless':
        this.#channel.destroy(read.failure);
        return;
      case 'unreadable':
        this.#parts.log.warn(
          { link: this.link.row.id, ...nameOfMessage(read.message), why: read.failure.message },
          'unreadable',
        );
        this.#answer(read.message, this.link.line.key, refusal('format_error'), began);
        return;
      case 'message':
        await this.#hear(read.message, began);
    }
  }

  async #hear(message: IsoMessage, began: number): Promise<void> {
    const { log, metrics } = this.#parts;
    if (responseMti(message.mti) === undefined) {
      log.warn({ link: this.link.row.id, ...nameOfMessage(message) }, 'a message that gets no answer');
      metrics.ignored();
      return;
    }
    const { isRight, key } = await this.#check(message);
    if (!isRight) this.#answer(message, key, refusal('mac_wrong'), began);
    else if (message.mti.class === 'network-management') await this.#network(message, key, began);
    else this.#answer(message, key, await this.#decide(message), began);
  }

  /** Another process may have changed the key a moment ago. */
  async #check(message: IsoMessage): Promise<{ isRight: boolean; key: IsoMacKey | undefined }> {
    const { line } = this.link;
    let found = line.check(message);
    if (found.verdict === 'invalid') {
      await this.#parts.book.lookAgain();
      found = line.check(message);
    }
    return { isRight: found.verdict === 'valid' || found.verdict === 'not asked', key: found.key };
  }

  async #network(message: IsoMessage, key: IsoMacKey | undefined, began: number): Promise<void> {
    const refused = await network(this.#parts, this.link, this.#state, message, key);
    if (refused !== undefined) {
      this.#answer(message, key, refusal(refused), began);
      return;
    }
    this.#channel.send(this.link.line.write(networkAnswer(this.link.profile, message), key));
    this.#note(message, 'network', began);
  }

  async #decide(message: IsoMessage): Promise<ShopAnswer> {
    if (this.link.row.settings.signOn && !this.#state.isSignedOn) return refusal('issuer_unavailable');
    if (!DECIDED.has(message.mti.class)) return refusal('transaction_invalid');
    return this.#parts.decisions.answer(this.link, message);
  }

  #answer(message: IsoMessage, key: IsoMacKey | undefined, answer: ShopAnswer, began: number): void {
    const isSent = this.#channel.send(writeAnswer(this.link.line, key, message, answer));
    this.#note(message, answer.outcome, began);
    if (isSent) return;
    this.#parts.metrics.notHandedOver();
    void this.#parts.decisions.notHandedOver(this.link, message, answer);
  }

  #note(message: IsoMessage, outcome: AcceptanceOutcome | 'network', began: number): void {
    const ms = performance.now() - began;
    this.#parts.metrics.answered(message.mti.class, outcome, ms / 1000);
    const line = { link: this.link.row.id, ...nameOfMessage(message), outcome, ms: Math.round(ms * 10) / 10 };
    this.#parts.log.debug(line, 'answered');
  }

  #endWhenAnswered(): void {
    this.#isEnding = true;
    if (this.#inFlight === 0) this.#channel.end();
  }

  #wasClosed(why: Error | undefined): void {
    const code = why !== undefined && 'code' in why && typeof why.code === 'string' ? why.code : NEVER;
    const by = CLOSED_BY[code] ?? (this.#isEnding || why === undefined ? 'peer' : closedByError(why));
    this.#parts.metrics.closed(by);
    const line = { link: this.link.row.id, by, why: why?.message };
    if (by === 'peer') this.#parts.log.info(line, 'connection closed');
    else this.#parts.log.warn(line, 'connection closed');
    this.#isEnding = true;
    this.#gone(this);
    if (this.#inFlight === 0) this.#closed();
  }
}

const CLOSED_BY: Readonly<Record<string, ClosedBy>> = { peer_stalled: 'stalled', peer_idle: 'idle' };

/** Errors of the system say that the line broke; ours, that what came could not be read. */
const closedByError = (why: Error): ClosedBy => (why.name === 'SokkinError' ? 'unreadable' : 'peer');
