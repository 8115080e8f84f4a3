/**
 * What the payment application remembers from one transaction to the next: its section of the card's head
 * (docs/spec/card-application.md, section 11).
 *
 * What must hold: the ATC only rises, and is in memory before anything that was made with it leaves the card; what is
 * written reads back.
 */
import {
  type Bytes,
  encodeLimitedUseKey,
  type LimitedUseKey,
  parseLimitedUseKey,
  Reader,
  type RiskLimits,
  SokkinError,
  Writer,
} from '@sokkin/codec';

/** In the order of their bits. */
const FLAGS = [
  /** APPLICATION BLOCK: every cryptogram is an AAC. */
  'applicationBlocked',
  /** CARD BLOCK: it cannot be selected any more, for good. */
  'cardBlocked',
  /** The issuer wants to be asked the next time. */
  'goOnline',
  /** The issuer was asked, and the transaction ended before its answer came. */
  'onlineNotCompleted',
  /** The issuer answered without proving itself. */
  'issuerAuthenticationNotPerformed',
  'issuerAuthenticationFailed',
  'scriptFailed',
] as const;
export type EmvFlag = (typeof FLAGS)[number];

/** The last offline approval, whole, so that a terminal that lost the answer can have it again (RECOVER AC). */
export interface LastApproval {
  readonly atc: number;
  /** Cryptogram information data. */
  readonly information: number;
  readonly cryptogram: Bytes;
  readonly iad: Bytes;
  /** SHA-1 over what the terminal must show to have it again: the values of the DRDOL. */
  readonly recoveryHash: Bytes;
  /** What the signature was made of; undefined: it was given without one. */
  readonly signed: SignedParts | undefined;
}

export interface SignedParts {
  /** ICC dynamic number, 8 bytes. */
  readonly dynamicNumber: Bytes;
  /** Transaction data hash code, 20 bytes. */
  readonly transactionHash: Bytes;
  /** The terminal's unpredictable number, 4 bytes. */
  readonly unpredictableNumber: Bytes;
}

export interface EmvState {
  readonly flags: ReadonlySet<EmvFlag>;
  /** Application transaction counter; FFFF is the last, and then the application is used up. */
  readonly atc: number;
  readonly lastOnlineAtc: number;
  /** Offline approvals since the issuer last proved itself, at most 255. */
  readonly offlineCount: number;
  /** Script commands with secure messaging that were carried out, at most 15, since the issuer last proved itself. */
  readonly scripts: number;
  readonly limits: RiskLimits;
  /** The highest number of a limited-use key that this card ever had. */
  readonly lastKeyNumber: number;
  readonly limitedUse: LimitedUseKey | undefined;
  readonly approval: LastApproval | undefined;
}

export const newEmvState = (limits: RiskLimits, limitedUse: LimitedUseKey | undefined): EmvState => ({
  flags: new Set(),
  atc: 0,
  lastOnlineAtc: 0,
  offlineCount: 0,
  scripts: 0,
  limits,
  lastKeyNumber: limitedUse?.number ?? 0,
  limitedUse,
  approval: undefined,
});

/** The state with these flags set and those cleared. */
export function withFlags(
  state: EmvState,
  set: readonly EmvFlag[],
  clear: readonly EmvFlag[] = [],
): EmvState {
  const flags = new Set(state.flags);
  for (const name of clear) flags.delete(name);
  for (const name of set) flags.add(name);
  return { ...state, flags };
}

export function encodeEmvState(s: EmvState): Bytes {
  const w = new Writer()
    .u8(FLAGS.reduce((sum, name, i) => sum | (s.flags.has(name) ? 1 << i : 0), 0))
    .u16(s.atc)
    .u16(s.lastOnlineAtc)
    .u8(s.offlineCount)
    .u8(s.scripts)
    .u8(s.limits.lowerCount)
    .u8(s.limits.upperCount)
    .u16(s.lastKeyNumber);
  const key = s.limitedUse === undefined ? new Uint8Array(0) : encodeLimitedUseKey(s.limitedUse);
  w.u8(key.length).bytes(key);
  writeApproval(w, s.approval);
  return w.finish();
}

function writeApproval(w: Writer, a: LastApproval | undefined): void {
  if (a === undefined) {
    w.u8(0);
    return;
  }
  w.u8(a.signed === undefined ? 1 : 2)
    .u16(a.atc)
    .u8(a.information)
    .bytes(a.cryptogram)
    .u8(a.iad.length)
    .bytes(a.iad)
    .bytes(a.recoveryHash);
  if (a.signed === undefined) return;
  w.bytes(a.signed.dynamicNumber).bytes(a.signed.transactionHash).bytes(a.signed.unpredictableNumber);
}

/** Errors: those of Reader, and `memory_damaged`. */
export function decodeEmvState(bytes: Bytes): EmvState {
  const r = new Reader(bytes, 'state of the payment application');
  const bits = r.u8();
  const state: EmvState = {
    flags: new Set(FLAGS.filter((_, i) => (bits & (1 << i)) !== 0)),
    atc: r.u16(),
    lastOnlineAtc: r.u16(),
    offlineCount: r.u8(),
    scripts: r.u8(),
    limits: { lowerCount: r.u8(), upperCount: r.u8() },
    lastKeyNumber: r.u16(),
    limitedUse: readKey(r.take(r.u8())),
    approval: readApproval(r),
  };
  r.end();
  return state;
}

const readKey = (bytes: Bytes): LimitedUseKey | undefined =>
  bytes.length === 0 ? undefined : parseLimitedUseKey(bytes);

function readApproval(r: Reader): LastApproval | undefined {
  const kind = r.u8();
  if (kind === 0) return undefined;
  if (kind > 2) throw new SokkinError('memory_damaged', 'The last approval in the memory has no known form.');
  const [atc, information, cryptogram] = [r.u16(), r.u8(), r.take(8).slice()];
  const [iad, recoveryHash] = [r.take(r.u8()).slice(), r.take(20).slice()];
  const signed =
    kind === 1
      ? undefined
      : {
          dynamicNumber: r.take(8).slice(),
          transactionHash: r.take(20).slice(),
          unpredictableNumber: r.take(4).slice(),
        };
  return { atc, information, cryptogram, iad, recoveryHash, signed };
}
