/**
 * How an SCP03 channel opens (Amendment D, sections 5.1, 6.1 and 7.1): INITIALIZE UPDATE exchanges
 * challenges and shows the card's cryptogram, EXTERNAL AUTHENTICATE shows the host's. Both sides, as steps
 * that take what they need and keep nothing.
 *
 * What must hold: neither side sends anything secret before the other's cryptogram was right, and a refused
 * step gives nothing to go on with. The card keeps its sequence counter; a counter used once never comes back.
 */
import {
  assert,
  type Bytes,
  type CommandApdu,
  command,
  concat,
  equal,
  Reader,
  SokkinError,
} from '@sokkin/codec';
import { zeros } from '../mac.ts';
import type { SymmetricPort } from '../ports.ts';
import {
  commandMac,
  isPlainClass,
  isSecureClass,
  LEVELS,
  logicalChannelOf,
  type Scp03Channel,
  type Scp03Level,
} from './channel.ts';
import {
  type Scp03Keys,
  type Scp03Mode,
  type Scp03SessionKeys,
  scp03CardChallenge,
  scp03Cryptogram,
  scp03SessionKeys,
} from './keys.ts';

const INITIALIZE_UPDATE = 0x50;
const EXTERNAL_AUTHENTICATE = 0x82;
/** The protocol's number, in answers and in card recognition data. */
export const SCP03 = 0x03;
/** Parameter i (section 5.1): what the card can do. Bit 1: S16 mode. */
const I_S16 = 0x01;
const I_PSEUDO_RANDOM = 0x10;
const I_R_MAC = 0x20;
const I_R_ENCRYPTION = 0x40;

/** Parameter i of a card of ours. `derived`: its challenges come from a sequence counter. */
export const scp03Options = (mode: Scp03Mode, derived: boolean): number =>
  I_R_MAC | I_R_ENCRYPTION | (derived ? I_PSEUDO_RANDOM : 0) | (mode === 16 ? I_S16 : 0);

/** Of level 33, what needs R-MAC and R-ENCRYPTION of the card. */
const neededOf = (level: Scp03Level): number =>
  ((level & 0x10) !== 0 ? I_R_MAC : 0) | ((level & 0x20) !== 0 ? I_R_ENCRYPTION : 0);

/** INITIALIZE UPDATE: a key version (0: the card's first) and 8 or 16 random bytes. */
export function initializeUpdate(keyVersion: number, hostChallenge: Bytes, logicalChannel = 0): CommandApdu {
  assert(hostChallenge.length === 8 || hostChallenge.length === 16, 'a challenge has 8 or 16 bytes');
  return command(0x80 | logicalChannel, INITIALIZE_UPDATE, keyVersion, 0, hostChallenge, 256);
}

/** The answer to INITIALIZE UPDATE (table 7-3). */
export interface InitializeUpdateAnswer {
  /** 10 bytes from which an issuer may derive the static keys of this card. */
  readonly diversification: Bytes;
  readonly keyVersion: number;
  /** Parameter i. */
  readonly options: number;
  readonly cardChallenge: Bytes;
  readonly cardCryptogram: Bytes;
  /** 3 bytes; only with challenges that the card derives (option bit 5). */
  readonly sequence: Bytes | undefined;
}

/** Strict: options that are not defined, another protocol, or another length are refused by name. */
export function readInitializeUpdate(data: Bytes): InitializeUpdateAnswer {
  const r = new Reader(data, 'INITIALIZE UPDATE answer');
  const diversification = r.take(10);
  const keyVersion = r.u8();
  if (r.u8() !== SCP03)
    throw new SokkinError('bad_value', 'INITIALIZE UPDATE answer: the card does not offer SCP03');
  const options = r.u8();
  if (
    (options & ~(I_S16 | I_PSEUDO_RANDOM | I_R_MAC | I_R_ENCRYPTION)) !== 0 ||
    (options & 0x60) === I_R_ENCRYPTION
  ) {
    throw new SokkinError('bad_value', 'INITIALIZE UPDATE answer: unknown options');
  }
  const mode = modeOf(options);
  const cardChallenge = r.take(mode);
  const cardCryptogram = r.take(mode);
  const sequence = (options & I_PSEUDO_RANDOM) === 0 ? undefined : r.take(3);
  r.end();
  return { diversification, keyVersion, options, cardChallenge, cardCryptogram, sequence };
}

function modeOf(options: number): Scp03Mode {
  return (options & I_S16) === 0 ? 8 : 16;
}

export type HostOpening =
  | { readonly verdict: 'wrong-mode' | 'level-not-supported' | 'bad-cryptogram' }
  /** Send the command: if the card answers 9000 the channel is open, after anything else it is not. */
  | { readonly verdict: 'ok'; readonly command: CommandApdu; readonly channel: Scp03Channel };

/** The host checks the card and makes EXTERNAL AUTHENTICATE (sections 6.2.2 and 7.1.2). */
export function openHost(
  port: SymmetricPort,
  keys: Scp03Keys,
  hostChallenge: Bytes,
  answer: InitializeUpdateAnswer,
  level: Scp03Level,
  logicalChannel = 0,
): HostOpening {
  const mode = modeOf(answer.options);
  if (hostChallenge.length !== mode) return { verdict: 'wrong-mode' };
  const needed = neededOf(level);
  if ((answer.options & needed) !== needed) return { verdict: 'level-not-supported' };
  const context = concat(hostChallenge, answer.cardChallenge);
  const session = scp03SessionKeys(port, keys, context);
  if (!equal(scp03Cryptogram(port, session, 'card', context, mode), answer.cardCryptogram)) {
    return { verdict: 'bad-cryptogram' };
  }
  const hostCryptogram = scp03Cryptogram(port, session, 'host', context, mode);
  const header = { cla: 0x84 | logicalChannel, ins: EXTERNAL_AUTHENTICATE, p1: level, p2: 0 };
  const mac = commandMac(port, session, mode, zeros(16), header, hostCryptogram);
  return {
    verdict: 'ok',
    command: { ...header, data: concat(hostCryptogram, mac.subarray(0, mode)), ne: undefined },
    channel: { keys: session, level, mode, logicalChannel, chaining: mac, counter: 0 },
  };
}

/** What a card brings to INITIALIZE UPDATE. */
export interface CardScp03 {
  readonly keys: Scp03Keys;
  readonly diversification: Bytes;
  /** The application that holds the keys: it goes into derived challenges. */
  readonly aid: Bytes;
  readonly mode: Scp03Mode;
  /** The sequence counter, 1 to FFFFFF, already stored as used; undefined: challenges are random. */
  readonly sequence: number | undefined;
}

/** Between the two commands the card keeps this, in volatile memory. */
export interface CardOpening {
  readonly session: Scp03SessionKeys;
  readonly mode: Scp03Mode;
  readonly context: Bytes;
  readonly logicalChannel: number;
}

export type InitializeUpdateOutcome =
  | { readonly verdict: 'wrong-command' | 'wrong-length' | 'no-such-key' }
  | { readonly verdict: 'ok'; readonly opening: CardOpening; readonly data: Bytes };

/** The card's side of INITIALIZE UPDATE. Whatever channel was open is closed by it. */
export function answerInitializeUpdate(
  port: SymmetricPort,
  card: CardScp03,
  c: CommandApdu,
): InitializeUpdateOutcome {
  if (!isPlainClass(c.cla) || (c.cla & 0x80) === 0 || c.ins !== INITIALIZE_UPDATE)
    return { verdict: 'wrong-command' };
  if (c.data.length !== card.mode) return { verdict: 'wrong-length' };
  if (c.p2 !== 0 || (c.p1 !== 0 && c.p1 !== card.keys.version)) return { verdict: 'no-such-key' };
  assert(card.diversification.length === 10, 'diversification data has 10 bytes');
  const { keys, mode } = card;
  const sequence = card.sequence === undefined ? undefined : sequenceBytes(card.sequence);
  const challenge =
    sequence === undefined
      ? port.randomBytes(mode)
      : scp03CardChallenge(port, keys, sequence, card.aid, mode);
  const context = concat(c.data, challenge);
  const session = scp03SessionKeys(port, keys, context);
  const data = concat(
    card.diversification,
    Uint8Array.of(keys.version, SCP03, scp03Options(mode, sequence !== undefined)),
    challenge,
    scp03Cryptogram(port, session, 'card', context, mode),
    sequence ?? zeros(0),
  );
  return {
    verdict: 'ok',
    opening: { session, mode, context, logicalChannel: logicalChannelOf(c.cla) },
    data,
  };
}

function sequenceBytes(n: number): Bytes {
  assert(Number.isInteger(n) && n > 0 && n <= 0xff_ffff, () => `sequence counter out of range: ${n}`);
  return Uint8Array.of(n >>> 16, n >>> 8, n);
}

export type AuthenticateOutcome =
  | {
      readonly verdict:
        | 'wrong-command'
        | 'wrong-length'
        | 'level-not-supported'
        | 'bad-mac'
        | 'bad-cryptogram';
    }
  | { readonly verdict: 'ok'; readonly channel: Scp03Channel };

/** The card's side of EXTERNAL AUTHENTICATE. After any verdict but `ok` the opening is gone too. */
export function answerExternalAuthenticate(
  port: SymmetricPort,
  opening: CardOpening,
  c: CommandApdu,
): AuthenticateOutcome {
  const { session, mode, context, logicalChannel } = opening;
  const isOurs =
    isSecureClass(c.cla) &&
    logicalChannelOf(c.cla) === logicalChannel &&
    (c.cla & 0x80) !== 0 &&
    c.ins === EXTERNAL_AUTHENTICATE &&
    c.p2 === 0;
  if (!isOurs) return { verdict: 'wrong-command' };
  if (c.data.length !== 2 * mode) return { verdict: 'wrong-length' };
  if (!isLevel(c.p1)) return { verdict: 'level-not-supported' };
  const cryptogram = c.data.subarray(0, mode);
  const mac = commandMac(port, session, mode, zeros(16), c, cryptogram);
  if (!equal(mac.subarray(0, mode), c.data.subarray(mode))) return { verdict: 'bad-mac' };
  if (!equal(scp03Cryptogram(port, session, 'host', context, mode), cryptogram))
    return { verdict: 'bad-cryptogram' };
  return {
    verdict: 'ok',
    channel: { keys: session, level: c.p1, mode, logicalChannel, chaining: mac, counter: 0 },
  };
}

function isLevel(p1: number): p1 is Scp03Level {
  return LEVELS.includes(p1);
}
