/**
 * An open channel to the security domain of a card, from the host's side: personalising its applications, its
 * lifecycle (GPCS 2.3, 11.5, 11.10 and 11.11).
 *
 * What must hold: every command goes under the next MAC and never twice; an answer whose MAC is wrong closes the channel
 * for good. A lost card (`card_lost`) leaves it to the caller to open a new channel and to begin anew.
 */
import {
  assert,
  type Bytes,
  CARD_LIFECYCLE,
  type CardLifecycle,
  type CommandApdu,
  command,
  concat,
  type DataGrouping,
  DOMAIN_INS,
  decodeTlvs,
  encodeInstallForPersonalization,
  FOR_PERSONALIZATION,
  parseTemplate,
  STATUS_OF,
  SW,
  tlv,
} from '@sokkin/codec';
import {
  encryptsCommands,
  mostPlainData,
  type Scp03Channel,
  type Scp03Keys,
  type SymmetricPort,
  unwrapResponse,
  wrapCommand,
} from '@sokkin/crypto';
import { CLA } from '@sokkin/purse';
import { send } from '../exchange.ts';
import { reading } from '../outcome.ts';
import type { ApduTransport } from '../transport.ts';
import { blocksOf } from './blocks.ts';
import { type DomainOutcome, done, untrustedAnswer } from './outcome.ts';

/** What the card said of itself. Serial number and key version are proven only by keys that were derived from them. */
export interface DomainInfo {
  readonly diversification: Bytes;
  readonly keyVersion: number;
  /** When it was selected. */
  readonly isLocked: boolean;
}

/** What GET STATUS tells of an application. */
export interface CardApplicationStatus {
  readonly aid: Bytes;
  /** False: it is not personalised yet. */
  readonly isSelectable: boolean;
}

/** How far a personalisation is. */
export interface PersonaliseProgress {
  readonly blocksSent: number;
  readonly blocks: number;
  /** The grouping that was sent last, whole or in part. */
  readonly dgi: number;
}

const SHORT_NE = 0x100;
const NOTHING: Bytes = new Uint8Array(0);

export class DomainSession {
  readonly info: DomainInfo;
  readonly #transport: ApduTransport;
  readonly #symmetric: SymmetricPort;
  readonly #keys: Scp03Keys;
  #channel: Scp03Channel | undefined;

  /** Made by `openDomain`. */
  constructor(
    transport: ApduTransport,
    symmetric: SymmetricPort,
    keys: Scp03Keys,
    channel: Scp03Channel,
    info: DomainInfo,
  ) {
    this.info = info;
    this.#transport = transport;
    this.#symmetric = symmetric;
    this.#keys = keys;
    this.#channel = channel;
  }

  /** One command of the domain, protected; the data of its answer. */
  async transmit(plain: CommandApdu): Promise<DomainOutcome<Bytes>> {
    const channel = this.#channel;
    if (channel === undefined) return { status: 'channel_closed' };
    const wrapped = wrapCommand(this.#symmetric, channel, plain);
    // Until its answer was right: a command that was lost on the way leaves a channel that nobody can go on with.
    this.#channel = undefined;
    const answer = await send(this.#transport, wrapped.command);
    if (answer === 'garbled') return untrustedAnswer('It is no response APDU.');
    const unwrapped = unwrapResponse(this.#symmetric, wrapped.channel, answer);
    if (unwrapped.verdict !== 'ok') return untrustedAnswer(`Its protection is wrong (${unwrapped.verdict}).`);
    this.#channel = wrapped.channel;
    const { data, sw } = unwrapped.response;
    return sw === SW.ok ? done(data) : { status: 'refused', sw };
  }

  /**
   * Personalises the application `aid`; secret groupings are given in the clear. Gives what the card answered to each
   * grouping. After any failure the card's application is as if nothing had been sent, but for what
   * the groupings answered with before.
   */
  async personalise(
    aid: Bytes,
    groupings: readonly DataGrouping[],
    onProgress: (progress: PersonaliseProgress) => void = () => undefined,
  ): Promise<DomainOutcome<readonly Bytes[]>> {
    assert(groupings.length > 0, 'a personalisation has data');
    const channel = this.#channel;
    if (channel === undefined) return { status: 'channel_closed' };
    // Not every secret is in a secret grouping: a purse's PIN travels under the channel alone.
    if (!encryptsCommands(channel.level)) return { status: 'level_not_supported' };
    const room = mostPlainData(channel.level, channel.mode);
    const blocks = blocksOf(this.#symmetric, this.#keys, groupings, room);
    if (blocks === undefined) return { status: 'too_long' };
    const aids = encodeInstallForPersonalization(aid);
    const begun = await this.transmit(managed('install', FOR_PERSONALIZATION, 0, aids));
    if (begun.status !== 'ok') return begun;
    const answers = groupings.map(() => NOTHING);
    for (const [i, { grouping, dgi, p1, p2, data }] of blocks.entries()) {
      const answer = await this.transmit(managed('storeData', p1, p2, data));
      if (answer.status !== 'ok') return answer;
      answers[grouping] = concat(answers[grouping] ?? NOTHING, answer.value);
      onProgress({ blocksSent: i + 1, blocks: blocks.length, dgi });
    }
    return done(answers);
  }

  /** Lifecycle of the whole card: secured for good, locked and unlocked (which is `secured` again). */
  async setStatus(lifecycle: CardLifecycle): Promise<DomainOutcome<void>> {
    const answer = await this.transmit(
      managed('setStatus', STATUS_OF.domain, CARD_LIFECYCLE[lifecycle], NOTHING),
    );
    return answer.status === 'ok' ? done(undefined) : answer;
  }

  /** The applications of the card (GET STATUS; GPCS, 11.4), under the MAC of the channel. */
  async applications(): Promise<DomainOutcome<readonly CardApplicationStatus[]>> {
    const everything = tlv(STATUS_TAG.aid);
    const answer = await this.transmit(
      managed('getStatus', STATUS_OF.applications, ALL_AS_TEMPLATES, everything),
    );
    if (answer.status !== 'ok') return answer;
    const read = reading(() => readApplications(answer.value));
    return read.status === 'ok'
      ? done(read.value)
      : untrustedAnswer('Its list of applications is malformed.');
  }
}

/** P2 of GET STATUS: all of them, each a template (GPCS, table 11-34). */
const ALL_AS_TEMPLATES = 0x02;
const STATUS_TAG = { entry: 0xe3, aid: 0x4f, lifecycle: 0x9f70, privileges: 0xc5 } as const;
const ENTRIES: ReadonlySet<number> = new Set([STATUS_TAG.entry]);
/** Lifecycle of an application that SELECT finds (GPCS, table 11-4). */
const SELECTABLE = 0x07;

function readApplications(data: Bytes): CardApplicationStatus[] {
  return decodeTlvs(data, { repeatable: ENTRIES }).map((entry) => {
    const { aid, lifecycle } = parseTemplate(
      entry.value,
      'entry of GET STATUS',
      { aid: STATUS_TAG.aid, lifecycle: STATUS_TAG.lifecycle },
      { privileges: STATUS_TAG.privileges },
    );
    return { aid: aid.slice(), isSelectable: lifecycle[0] === SELECTABLE };
  });
}

const managed = (ins: keyof typeof DOMAIN_INS, p1: number, p2: number, data: Bytes): CommandApdu =>
  command(CLA.purse, DOMAIN_INS[ins], p1, p2, data, SHORT_NE);
