/**
 * What the back-end tells a payment application about itself, besides the data that terminals read: which
 * cryptograms it makes and how, what it may decide. Sokkin's own groupings (`DGI.control`, `DGI.risk`,
 * `DGI.limitedUseKey`); the values of a scheme stand in a profile file.
 *
 * What must hold: strict both ways; unknown options are refused, never ignored.
 */
import { type Bytes, concat } from '../bytes.ts';
import { fail } from '../errors.ts';
import { Reader, Writer } from '../reader.ts';
import { parseTemplate } from '../template.ts';
import { tlv } from '../tlv.ts';
import { type DolEntry, encodeDol, parseDol } from './dol.ts';
import { encodeIadLayout, type IadLayout, parseIadLayout } from './iad.ts';

export interface ApplicationControl {
  /** 5 to 16 bytes. */
  readonly aid: Bytes;
  /** 1 to 16 printable characters. */
  readonly label: Bytes;
  /** Tag 87: 1 is the highest priority; 80 set: not without the cardholder's confirmation. */
  readonly priority: number;
  /** Tag 9F2A (Book B, 3.3.2.5); empty: entry points choose by the AID. */
  readonly kernel: Bytes;
  readonly cipher: 'tdes' | 'aes';
  /** `common`: EMV CSK from the ATC (Book 2, A1.3); `none`: the master key itself. */
  readonly sessionKey: 'common' | 'none';
  /** How the last block is filled under triple DES. */
  readonly padding: 'iso2' | 'zeros';
  /** What the cryptogram covers, by tags; `CVR_TAG` stands for the verification results alone. */
  readonly cryptogramData: readonly DolEntry[];
  readonly iad: IadLayout;
  readonly keyIndex: number;
  readonly version: number;
  /** Tag 91: ARPC and response code, or ARPC and card status update (Book 2, 8.2). */
  readonly arpcMethod: 1 | 2;
  /** Secure messaging of issuer scripts (Book 2, 9): format 1 or 2, and bytes of its MAC, 4 to 8. */
  readonly scriptFormat: 1 | 2;
  readonly scriptMacLength: number;
  /** What GET DATA 9F50 tells of the balance. */
  readonly showBalance: boolean;
  /** Whether a transaction that the issuer approved online needs its authentication for a TC. */
  readonly requireIssuerAuthentication: boolean;
  /** Whether it ever approves offline; without, it asks the issuer each time. */
  readonly offline: boolean;
  /** Whether only a limited-use key may make cryptograms (phones). */
  readonly limitedUseOnly: boolean;
}

/** Private tag by which cryptogram data names the card verification results. */
export const CVR_TAG = 0xdf01;

const CIPHERS = ['tdes', 'aes'] as const;
const SESSION_KEYS = ['common', 'none'] as const;
const PADDINGS = ['iso2', 'zeros'] as const;
const FLAGS = ['showBalance', 'requireIssuerAuthentication', 'offline', 'limitedUseOnly'] as const;

const TAG = {
  aid: 0x4f,
  label: 0x50,
  priority: 0x87,
  kernel: 0x9f2a,
  cryptogram: 0xc1,
  cryptogramData: 0xc2,
  iad: 0xc3,
  script: 0xc4,
  flags: 0xc5,
} as const;

export function encodeControl(c: ApplicationControl): Bytes {
  const flags = FLAGS.reduce((sum, name, i) => sum | (c[name] ? 1 << i : 0), 0);
  return concat(
    tlv(TAG.aid, c.aid),
    tlv(TAG.label, c.label),
    tlv(TAG.priority, Uint8Array.of(c.priority)),
    tlv(TAG.kernel, c.kernel),
    tlv(
      TAG.cryptogram,
      Uint8Array.of(
        CIPHERS.indexOf(c.cipher),
        SESSION_KEYS.indexOf(c.sessionKey),
        PADDINGS.indexOf(c.padding),
        c.keyIndex,
        c.version,
        c.arpcMethod,
      ),
    ),
    tlv(TAG.cryptogramData, encodeDol(c.cryptogramData)),
    tlv(TAG.iad, encodeIadLayout(c.iad)),
    tlv(TAG.script, Uint8Array.of(c.scriptFormat, c.scriptMacLength)),
    tlv(TAG.flags, Uint8Array.of(flags)),
  );
}

export function parseControl(bytes: Bytes): ApplicationControl {
  const t = parseTemplate(bytes, 'application control', TAG);
  if (t.aid.length < 5 || t.aid.length > 16)
    fail('bad_length', 'Application control: an AID has 5 to 16 bytes');
  if (t.label.length < 1 || t.label.length > 16)
    fail('bad_length', 'Application control: a label has 1 to 16');
  if (t.kernel.length > 8) fail('bad_length', 'Application control: a kernel identifier has at most 8 bytes');
  const cryptogram = exactly(t.cryptogram, 6);
  const [cipher, sessionKey, padding] = [
    oneOf(CIPHERS, cryptogram[0]),
    oneOf(SESSION_KEYS, cryptogram[1]),
    oneOf(PADDINGS, cryptogram[2]),
  ];
  const script = exactly(t.script, 2);
  const scriptMacLength = script[1] ?? 0;
  if (scriptMacLength < 4 || scriptMacLength > 8)
    fail('bad_value', 'Application control: a MAC has 4 to 8 bytes');
  const flags = exactly(t.flags, 1)[0] ?? 0;
  if (flags >= 1 << FLAGS.length) fail('bad_value', `Application control: flags ${flags} are unknown`);
  const has = (name: (typeof FLAGS)[number]) => (flags & (1 << FLAGS.indexOf(name))) !== 0;
  return {
    aid: t.aid,
    label: t.label,
    priority: exactly(t.priority, 1)[0] ?? 0,
    kernel: t.kernel,
    cipher,
    sessionKey,
    padding,
    cryptogramData: parseDol(t.cryptogramData),
    iad: parseIadLayout(t.iad),
    keyIndex: cryptogram[3] ?? 0,
    version: cryptogram[4] ?? 0,
    arpcMethod: oneOrTwo(cryptogram[5]),
    scriptFormat: oneOrTwo(script[0]),
    scriptMacLength,
    showBalance: has('showBalance'),
    requireIssuerAuthentication: has('requireIssuerAuthentication'),
    offline: has('offline'),
    limitedUseOnly: has('limitedUseOnly'),
  };
}

function exactly(value: Bytes, length: number): Bytes {
  return value.length === length ? value : fail('bad_length', `Application control: ${length} bytes are due`);
}

function oneOf<T>(options: readonly T[], code: number | undefined): T {
  return options[code ?? -1] ?? fail('bad_value', `Application control: option ${code} is unknown`);
}

function oneOrTwo(code: number | undefined): 1 | 2 {
  return code === 1 || code === 2
    ? code
    : fail('bad_value', `Application control: ${code} is neither 1 nor 2`);
}

/** Consecutive offline approvals (tags 9F14 and 9F23): above the lower the card asks the issuer if it can. */
export interface RiskLimits {
  readonly lowerCount: number;
  readonly upperCount: number;
}

export const encodeRiskLimits = (l: RiskLimits): Bytes => Uint8Array.of(l.lowerCount, l.upperCount);

export function parseRiskLimits(bytes: Bytes): RiskLimits {
  const [lowerCount = 0, upperCount = 0] = exactly(bytes, 2);
  return { lowerCount, upperCount };
}

/** A key that makes a few cryptograms and no more (host card emulation). */
export interface LimitedUseKey {
  /** 1 to FFFF, rising: an issuer never gives a number twice to one device. */
  readonly number: number;
  /** Cryptograms that it may make. */
  readonly uses: number;
  readonly key: Bytes;
}

export const encodeLimitedUseKey = (k: LimitedUseKey): Bytes =>
  new Writer().u16(k.number).u8(k.uses).bytes(k.key).finish();

export function parseLimitedUseKey(bytes: Bytes): LimitedUseKey {
  const r = new Reader(bytes, 'limited-use key');
  const [number, uses] = [r.u16(), r.u8()];
  const key = r.rest().slice();
  if (number === 0) fail('bad_value', 'Limited-use key: it has no number');
  if (![16, 24, 32].includes(key.length)) fail('bad_length', `Limited-use key of ${key.length} bytes`);
  return { number, uses, key };
}
