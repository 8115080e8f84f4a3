/**
 * The issuer's side of a transaction: is the cryptogram that came really the card's, and what goes back to it (Book 2,
 * sections 8 and 9). The authorisation host around it decides; this computes.
 *
 * What must hold: every byte that the profile's cryptogram covers is there, or there is no verdict; an answer and
 * a script are made for one cryptogram, and only for one that is genuine.
 */
import {
  type Bytes,
  buildDolData,
  type CardVerificationResults,
  CVR_TAG,
  command,
  concat,
  decodeCvr,
  decodeIad,
  encodeCommand,
  type IadValues,
  SokkinError,
  tlv,
} from '@sokkin/codec';
import {
  arpcMethod1,
  arpcMethod2,
  cryptogramSessionKey,
  encipherScriptData,
  encodeIssuerAuthentication,
  isApplicationCryptogram,
  pinBlock,
  type ScriptKeys,
  type SymmetricPort,
  scriptSessionKey,
  secureFormat1,
  secureFormat2,
} from '@sokkin/crypto';
import { cardMasterKeys, limitedUseKey } from './card-keys.ts';
import type { EmvIssuer } from './emv-issuer.ts';
import type { CardProfile } from './profile.ts';

export interface SeenCryptogram {
  readonly pan: string;
  readonly sequence: string;
  /** As DE 55 brings them: 9F26, 9F36, 9F10, 82 and all that the cryptogram covers. */
  readonly data: ReadonlyMap<number, Bytes>;
}

/** A cryptogram that is the card's, and the keys that belong to it alone. */
export interface GenuineCryptogram {
  readonly verdict: 'genuine';
  readonly cryptogram: Bytes;
  readonly atc: Bytes;
  readonly iad: Partial<IadValues>;
  /** Undefined where the layout tells fewer than all bytes of it. */
  readonly cvr: CardVerificationResults | undefined;
  readonly sessionKey: Bytes;
  readonly scriptKeys: ScriptKeys;
}

export type CryptogramVerdict =
  | GenuineCryptogram
  /** An element that the profile's cryptogram covers did not come. */
  | { readonly verdict: 'missing-data'; readonly tag: number }
  /** The issuer application data is not of the profile's layout, or names other keys. */
  | { readonly verdict: 'bad-iad' }
  | { readonly verdict: 'wrong-cryptogram' };

const TAG = { cryptogram: 0x9f26, atc: 0x9f36, iad: 0x9f10 } as const;

export function verifyCryptogram(
  port: SymmetricPort,
  issuer: EmvIssuer,
  profile: CardProfile,
  { pan, sequence, data }: SeenCryptogram,
): CryptogramVerdict {
  const { control } = profile;
  const needed = [...Object.values(TAG), ...control.cryptogramData.map((e) => e.tag)];
  const tag = needed.find((t) => t !== CVR_TAG && !data.has(t));
  const [cryptogram, atc, shown] = [data.get(TAG.cryptogram), data.get(TAG.atc), data.get(TAG.iad)];
  if (tag !== undefined || !cryptogram || !atc || !shown) return { verdict: 'missing-data', tag: tag ?? 0 };
  const iad = readIad(profile, issuer, shown);
  if (iad === undefined || atc.length !== 2) return { verdict: 'bad-iad' };
  const keys = cardMasterKeys(port, issuer, profile, { pan, sequence });
  const master = masterKeyFor(port, profile, keys.cryptogram, iad.keyNumber);
  if (master === undefined) return { verdict: 'bad-iad' };
  const sessionKey =
    control.sessionKey === 'none' ? master : cryptogramSessionKey(port, control.cipher, master, atc);
  const covered = buildDolData(control.cryptogramData, (t) => (t === CVR_TAG ? iad.cvr : data.get(t)));
  if (!isApplicationCryptogram(port, control.cipher, sessionKey, covered, cryptogram, control.padding))
    return { verdict: 'wrong-cryptogram' };
  return {
    verdict: 'genuine',
    cryptogram,
    atc,
    iad,
    cvr: readCvr(profile, iad),
    sessionKey,
    scriptKeys: {
      cipher: control.cipher,
      mac: scriptSessionKey(port, control.cipher, keys.scriptMac, cryptogram),
      encipher: scriptSessionKey(port, control.cipher, keys.scriptEncipher, cryptogram),
    },
  };
}

/** The values by the profile's layout, if they are of this profile and of these keys. */
function readIad({ control }: CardProfile, issuer: EmvIssuer, iad: Bytes): Partial<IadValues> | undefined {
  try {
    const values = decodeIad(control.iad, iad);
    const isOurs =
      (values.keyIndex ?? issuer.keyIndex) === issuer.keyIndex &&
      (values.version ?? control.version) === control.version;
    return isOurs ? values : undefined;
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

/** The master key, or the limited-use key of the number that the card told; undefined: it may not have used that. */
function masterKeyFor(
  port: SymmetricPort,
  { control }: CardProfile,
  master: Bytes,
  number = 0,
): Bytes | undefined {
  if (control.limitedUseOnly !== number > 0) return undefined;
  return number === 0 ? master : limitedUseKey(port, control.cipher, master, number);
}

const WHOLE_CVR = 5;

function readCvr({ control }: CardProfile, { cvr }: Partial<IadValues>): CardVerificationResults | undefined {
  const isWhole = control.iad.some((f) => f.field === 'cvr' && f.length === WHOLE_CVR);
  return isWhole && cvr !== undefined ? decodeCvr(cvr) : undefined;
}

/** What the issuer says: by method 1 the authorisation response code, by method 2 the card status update. */
export type IssuerWord =
  | { readonly method: 1; readonly responseCode: Bytes }
  | { readonly method: 2; readonly cardStatusUpdate: Bytes; readonly proprietary?: Bytes };

/** Issuer authentication data (tag 91) in answer to an ARQC. */
export function arpc(
  port: SymmetricPort,
  { cryptogram, sessionKey, scriptKeys }: GenuineCryptogram,
  word: IssuerWord,
): Bytes {
  const { cipher } = scriptKeys;
  if (word.method === 1) {
    const proof = arpcMethod1(port, cipher, sessionKey, cryptogram, word.responseCode);
    return encodeIssuerAuthentication({ ...word, arpc: proof });
  }
  const { cardStatusUpdate, proprietary = new Uint8Array(0) } = word;
  const proof = arpcMethod2(port, cipher, sessionKey, cryptogram, cardStatusUpdate, proprietary);
  return encodeIssuerAuthentication({ method: 2, arpc: proof, cardStatusUpdate, proprietary });
}

/** Post-issuance commands (Book 3, 6.5). */
export type ScriptAction =
  | { readonly action: 'blockApplication' | 'unblockApplication' | 'blockCard' | 'unblockPin' }
  | { readonly action: 'changePin'; readonly pin: string }
  /** A limit of card risk management (9F14, 9F23), or what the profile's cards take besides. */
  | { readonly action: 'putData'; readonly tag: number; readonly value: Bytes };

interface PlainCommand {
  readonly ins: number;
  readonly p1p2: number;
  readonly data: Bytes;
  readonly enciphered: boolean;
}

const NO_DATA = new Uint8Array(0);

function plainCommand(action: ScriptAction): PlainCommand {
  const bare = (ins: number): PlainCommand => ({ ins, p1p2: 0, data: NO_DATA, enciphered: false });
  switch (action.action) {
    case 'blockApplication':
      return bare(0x1e);
    case 'unblockApplication':
      return bare(0x18);
    case 'blockCard':
      return bare(0x16);
    case 'unblockPin':
      return { ...bare(0x24), enciphered: true };
    case 'changePin':
      return { ins: 0x24, p1p2: 0x0002, data: pinBlock(action.pin), enciphered: true };
    case 'putData':
      return { ins: 0xda, p1p2: action.tag, data: action.value, enciphered: false };
  }
}

/** Class bytes of secured proprietary commands: header in the MAC, and not (ISO/IEC 7816-4, 5.1.1). */
const SECURED_CLASS = { 1: 0x8c, 2: 0x84 } as const;

/** The commands in their order, each a whole command APDU. In format 1 none can be left out or exchanged. */
export function scriptCommands(
  port: SymmetricPort,
  { control }: CardProfile,
  genuine: GenuineCryptogram,
  actions: readonly ScriptAction[],
): Bytes[] {
  const macLength = control.scriptMacLength;
  let chaining = genuine.cryptogram;
  return actions.map((action) => {
    const { ins, p1p2, data, enciphered } = plainCommand(action);
    const cla = SECURED_CLASS[control.scriptFormat];
    const plain = command(cla, ins, p1p2 >> 8, p1p2 & 0xff, data);
    if (control.scriptFormat === 1) {
      const secured = secureFormat1(port, genuine.scriptKeys, { macLength, chaining, enciphered }, plain);
      chaining = secured.chaining;
      return encodeCommand(secured.command);
    }
    const body = enciphered && data.length > 0 ? enciphers(port, genuine.scriptKeys, data) : data;
    const transactionData = concat(genuine.atc, genuine.cryptogram);
    const rules = { macLength, transactionData };
    return encodeCommand(secureFormat2(port, genuine.scriptKeys, rules, { ...plain, data: body }));
  });
}

const enciphers = (port: SymmetricPort, keys: ScriptKeys, data: Bytes): Bytes =>
  encipherScriptData(port, keys.cipher, keys.encipher, data, 'always');

/** Issuer script template (Book 3, 10.10): 71 is worked off before the second GENERATE AC, 72 after it. */
export function issuerScript(template: 0x71 | 0x72, commands: readonly Bytes[], identifier?: Bytes): Bytes {
  return tlv(
    template,
    ...(identifier === undefined ? [] : [tlv(0x9f18, identifier)]),
    ...commands.map((c) => tlv(0x86, c)),
  );
}
