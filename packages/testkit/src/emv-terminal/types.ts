/** What a test of a payment application tells the terminal, and what the terminal tells it. */
import type { AipFlag, Bytes, CryptogramType, CvmMethod, Epoch, TsiFlag, TvrFlag } from '@sokkin/codec';
import type { CaPublicKey, RsaVerifier } from '@sokkin/crypto';

export type OdaMethod = 'sda' | 'dda' | 'cda';

export interface TerminalSetup {
  readonly rsa: RsaVerifier;
  readonly randomBytes: (length: number) => Bytes;
  readonly caKeys: readonly CaPublicKey[];
  readonly today: Epoch;
  /** `contactless` enters by 2PAY.SYS.DDF01 and Book B, `contact` by 1PAY.SYS.DDF01 and Book 1. */
  readonly interface: 'contact' | 'contactless';
  /** AIDs, or their beginnings (partial selection), the best first, with the kernels that serve them. */
  readonly applications: readonly { readonly aid: Bytes; readonly kernels?: readonly Bytes[] }[];
  /** Default: all three. */
  readonly oda?: ReadonlySet<OdaMethod>;
  /** Default: PINs offline, no CVM. */
  readonly methods?: ReadonlySet<CvmMethod>;
  /** Whether it takes a device's word that its holder is verified. Default: false. */
  readonly onDevice?: boolean;
  /** Tag 9F35. Default 22: attended, with and without the issuer. */
  readonly terminalType?: number;
  /** Three digits each. Default 392. */
  readonly country?: string;
  readonly currency?: string;
  readonly exponent?: number;
  /** Tag 9F09. Default: what the card has. */
  readonly version?: Bytes;
}

export interface EmvPurchase {
  /** Minor units. */
  readonly amount: bigint;
  readonly other?: bigint;
  /** Tag 9C. Default 00: goods and services. */
  readonly type?: number;
  /** What the first GENERATE AC asks for. */
  readonly request: CryptogramType;
  /** What the holder would enter. */
  readonly pin?: string;
  /** The issuer; undefined, or an answer that is: there is no way to it. */
  readonly online?: (message: ReadonlyMap<number, Bytes>) => Promise<IssuerReply | undefined>;
  /** What the second GENERATE AC asks for without the issuer. Default: aac. */
  readonly whenUnable?: 'tc' | 'aac';
  /** Data of the terminal that shall be other than the default, by tag. */
  readonly data?: ReadonlyMap<number, Bytes>;
  /** A transaction that was torn before: with the same card, RECOVER AC takes the place of GENERATE AC. */
  readonly torn?: TornTransaction;
}

export interface IssuerReply {
  /** Tag 8A: two characters. */
  readonly responseCode: Bytes;
  /** Tag 91. */
  readonly authentication?: Bytes;
  /** Templates 71 and 72. */
  readonly scripts?: readonly Bytes[];
}

/** What the terminal keeps of a transaction over whose cryptogram the card was lost. */
export interface TornTransaction {
  readonly pan: Bytes;
  readonly sequence: Bytes | undefined;
  readonly drdolData: Bytes;
  readonly requested: CryptogramType;
  readonly hashed: SignedData;
  /** Tag 9F37 as it stood in the list whose answer was lost. */
  readonly unpredictableNumber: Bytes;
  readonly cda: boolean;
}

/** What CDA hashes of the commands (Book 2, 6.6). */
export interface SignedData {
  readonly pdolData: Bytes;
  readonly cdol1Data: Bytes;
  readonly cdol2Data?: Bytes;
}

/** An application cryptogram as it came. */
export interface GivenCryptogram {
  readonly type: CryptogramType;
  /** Cryptogram information data. */
  readonly information: number;
  readonly atc: Bytes;
  /** Undefined: it was to come in a signature, and that does not hold. */
  readonly cryptogram: Bytes | undefined;
  readonly iad: Bytes | undefined;
  /** The verdict on its signature; undefined: none was asked for, or none is given (AAC). */
  readonly cda: string | undefined;
}

export interface OdaResult {
  readonly method: OdaMethod | 'none';
  /** `authentic`, or why not: a verdict of `@sokkin/crypto`, `missing-data`, `no-ca-key`, `no-signature`. */
  readonly verdict: string;
}

export interface HolderResult {
  /** Undefined: no rule applied. */
  readonly method: CvmMethod | number | 'onDevice' | undefined;
  readonly result: 'successful' | 'failed' | 'unknown';
  /** Tag 9F34. */
  readonly results: Bytes;
}

export interface SelectedApplication {
  readonly aid: Bytes;
  readonly label: Bytes | undefined;
  readonly priority: number;
  /** Tag 9F2A of the directory. */
  readonly kernel: Bytes | undefined;
}

/** What stands when it ends, however it ends. */
export interface EmvStanding {
  readonly selected: SelectedApplication;
  readonly interchange: ReadonlySet<AipFlag>;
  /** All elements that the card gave, by tag. */
  readonly elements: ReadonlyMap<number, Bytes>;
  readonly tvr: ReadonlySet<TvrFlag>;
  readonly tsi: ReadonlySet<TsiFlag>;
  readonly oda: OdaResult;
  readonly holder: HolderResult;
}

export type EmvOutcome =
  /** Nothing that both have: no directory entry, or the application is blocked. */
  | { readonly ended: 'no-application'; readonly sw: number }
  /** A command was refused that a transaction cannot do without. */
  | { readonly ended: 'refused'; readonly command: string; readonly sw: number }
  /** The card left over a cryptogram. */
  | ({ readonly ended: 'torn'; readonly torn: TornTransaction } & EmvStanding)
  | ({ readonly ended: 'approved' | 'declined' } & Completed);

export interface Completed extends EmvStanding {
  readonly how: 'offline' | 'online';
  readonly first: GivenCryptogram;
  readonly second: GivenCryptogram | undefined;
  /** EXTERNAL AUTHENTICATE: whether it was sent, and what came of it. */
  readonly issuerAuthentication: 'none' | 'accepted' | 'refused';
  /** Status words of the script commands, in order. */
  readonly scripts: readonly number[];
  /** By RECOVER AC. */
  readonly recovered: boolean;
}
