/**
 * Card profiles: all that the cards of one product have in common. A profile is a file that a scheme's member
 * edits (docs/spec/card-profiles.md); this is its form in memory.
 *
 * What must hold: whoever has a profile has one that `readProfile` made: its parts fit together.
 */
import type {
  AipFlag,
  ApplicationControl,
  AucFlag,
  Bytes,
  CvmList,
  CvmMethod,
  DolEntry,
  RiskLimits,
  TvrFlag,
} from '@sokkin/codec';
import type { MasterKeyOption } from '@sokkin/crypto';

export interface CardProfile {
  readonly name: string;
  readonly note: string;
  readonly application: ApplicationData;
  readonly interchange: ReadonlySet<AipFlag>;
  readonly lists: ProfileLists;
  /** Issuer action codes: what the terminal shall decline, and send online, by what it found (Book 3, 10.7). */
  readonly actionCodes: Readonly<Record<'denial' | 'online' | 'default', ReadonlySet<TvrFlag>>>;
  readonly usage: ReadonlySet<AucFlag>;
  readonly cvm: CvmList;
  readonly issuer: IssuerData;
  readonly risk: RiskLimits;
  /** How the card's master keys come from the issuer's. */
  readonly masterKey: MasterKeyOption;
  /** All of the application's control but the key index, which is the issuer's. */
  readonly control: Omit<ApplicationControl, 'keyIndex'>;
  readonly rsa: RsaSizes;
}

export interface ApplicationData {
  /** Tag 9F12, and 9F11: the part of ISO/IEC 8859 that it is written in. */
  readonly preferredName: { readonly text: Bytes; readonly codeTable: number } | undefined;
  /** Tag 5F2D: ISO 639-1, the best first. */
  readonly languages: readonly string[];
  /** Tag 9F08. */
  readonly version: Bytes;
}

export interface ProfileLists {
  readonly pdol: readonly DolEntry[];
  readonly cdol1: readonly DolEntry[];
  readonly cdol2: readonly DolEntry[];
  readonly ddol: readonly DolEntry[];
  /** Data that RECOVER AC must show to have an answer again. */
  readonly drdol: readonly DolEntry[];
}

export interface IssuerData {
  /** ISO 3166-1, three digits. */
  readonly country: string;
  /** ISO 3166-1, two letters. */
  readonly countryAlpha2: string | undefined;
  /** ISO 4217, three digits. */
  readonly currency: string;
  readonly exponent: number;
  /** ISO/IEC 7813, three digits. */
  readonly serviceCode: string;
}

export interface RsaSizes {
  /** Bits of the moduli. */
  readonly ca: number;
  readonly issuer: number;
  readonly icc: number;
  readonly exponent: 3 | 65537;
}

const CHIP_PINS: ReadonlySet<CvmMethod | number> = new Set([
  'offlinePinPlain',
  'offlinePinPlainAndSignature',
  'offlinePinEnciphered',
  'offlinePinEncipheredAndSignature',
] satisfies CvmMethod[]);

/** Whether its cards verify PINs. */
export const hasOfflinePin = ({ cvm }: Pick<CardProfile, 'cvm'>): boolean =>
  cvm.rules.some(({ method }) => CHIP_PINS.has(method));

/** Whether its cards sign for themselves, so each needs a key of its own. */
export const hasOwnKey = ({ interchange }: Pick<CardProfile, 'interchange'>): boolean =>
  interchange.has('dda') || interchange.has('cda');

/** Whether terminals authenticate its cards offline in any way, so they need certificates. */
export const isSigned = (profile: Pick<CardProfile, 'interchange'>): boolean =>
  profile.interchange.has('sda') || hasOwnKey(profile);
