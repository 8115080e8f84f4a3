/**
 * The issuer's side of a transaction with a card that was made by a card profile of ours: `emv/verify.ts` and
 * `emv/respond.ts` under the cryptogram version that the profile describes.
 *
 * What must hold: what those two promise; an issuer answers for its own key index alone.
 */
import { type Bytes, type CardVerificationResults, decodeCvr, type IadValues } from '@sokkin/codec';
import type { SymmetricPort } from '@sokkin/crypto';
import { type CryptogramProfile, cryptogramProfileOf } from '../emv/cryptogram-profile.ts';
import { type IssuerWord, issuerAuthentication, issuerCommands } from '../emv/respond.ts';
import type { ScriptAction } from '../emv/script-action.ts';
import { type AuthenticCryptogram, type CryptogramFinding, checkCryptogram } from '../emv/verify.ts';
import type { EmvIssuer } from './emv-issuer.ts';
import type { CardProfile } from './profile.ts';

export interface SeenCryptogram {
  readonly pan: string;
  readonly sequence: string;
  /** As DE 55 brings them: 9F26, 9F36, 9F10, 82 and all that the cryptogram covers. */
  readonly data: ReadonlyMap<number, Bytes>;
}

/** A cryptogram that is the card's, and the keys that belong to it alone. */
export interface GenuineCryptogram extends AuthenticCryptogram {
  readonly iad: Partial<IadValues>;
  /** Undefined where the layout tells fewer than all bytes of it. */
  readonly cvr: CardVerificationResults | undefined;
}

export type CryptogramVerdict =
  | GenuineCryptogram
  | Exclude<CryptogramFinding, { readonly verdict: 'genuine' | 'unknown-key' }>;

export function verifyCryptogram(
  port: SymmetricPort,
  issuer: EmvIssuer,
  profile: CardProfile,
  { pan, sequence, data }: SeenCryptogram,
): CryptogramVerdict {
  const { masterKeys, keyIndex } = issuer;
  const version = versionOf(profile);
  const hasIndex = version.iad.keyIndex !== undefined;
  const keysOf = (asked: number) => (!hasIndex || asked === keyIndex ? masterKeys : undefined);
  const found = checkCryptogram(port, keysOf, version, { pan, sequence }, data);
  if (found.verdict === 'unknown-key') return { verdict: 'bad-iad' };
  if (found.verdict !== 'genuine') return found;
  const told = Object.entries(found.data).filter(([, value]) => value !== undefined);
  const iad: Partial<IadValues> = Object.fromEntries(told);
  const { verdict, cipher, type, cryptogram, atc, results, sessionKey, masterKey } = found;
  const known = { verdict, cipher, type, cryptogram, atc, data: found.data, results, sessionKey, masterKey };
  return {
    ...known,
    iad,
    cvr: wholeCvr(found),
    // Spreading `found` would derive them for everybody who only wants to know whether it is genuine.
    get scriptKeys() {
      return found.scriptKeys;
    },
  };
}

const versions = new WeakMap<CardProfile, CryptogramProfile>();

function versionOf(profile: CardProfile): CryptogramProfile {
  const known = versions.get(profile) ?? cryptogramProfileOf(profile);
  versions.set(profile, known);
  return known;
}

const WHOLE_CVR = 5;

const wholeCvr = ({ data: { cvr } }: AuthenticCryptogram): CardVerificationResults | undefined =>
  cvr?.length === WHOLE_CVR ? decodeCvr(cvr) : undefined;

/** Issuer authentication data (tag 91) in answer to an ARQC. */
export const arpc = (port: SymmetricPort, genuine: GenuineCryptogram, word: IssuerWord): Bytes =>
  issuerAuthentication(port, { arpc: { method: word.method, key: 'session' } }, genuine, word);

/** The commands in their order, each a whole command APDU. In format 1 none can be left out or exchanged. */
export const scriptCommands = (
  port: SymmetricPort,
  profile: CardProfile,
  genuine: GenuineCryptogram,
  actions: readonly ScriptAction[],
): Bytes[] => issuerCommands(port, versionOf(profile), genuine, actions);
