/** What every operation works with. */
import { type Bytes, type Epoch, fromHex, hex } from '@sokkin/codec';
import type { Certificate, CryptoPort } from '@sokkin/crypto';
import type { CardProfile, KeyPort, LedgerStore } from '@sokkin/issuer';
import type { Trust } from '@sokkin/purse';
import type { Mode } from './config.ts';
import type { Identities } from './identity/identities.ts';
import type { EmvKeySource } from './keys/emv-keys.ts';
import { currentLine, type IssuerLine, issuersOf, lineOf, lineOfIssuerPurse, type Pki } from './keys/pki.ts';
import type { MeetingBell } from './matching/bell.ts';
import type { AuditNote } from './observe/audit-note.ts';
import type { SandboxClock } from './operations/sandbox.ts';
import type { UploadWriter } from './operations/uploads/writer.ts';
import { Problem } from './problems.ts';
import type { TransferWriter } from './store/transfer-writer.ts';
import type { Vault } from './vault/vault.ts';

export interface Backend {
  readonly store: LedgerStore;
  readonly transfers: TransferWriter;
  readonly uploads: UploadWriter;
  readonly crypto: CryptoPort;
  readonly keys: KeyPort;
  /** Of payment cards. */
  readonly emvKeys: EmvKeySource;
  readonly profiles: ReadonlyMap<string, CardProfile>;
  /** As it is now: it changes when keys are rotated. */
  readonly pki: Pki;
  /** Takes up what has changed; what other servers change, this one hears of by itself. */
  readonly reloadPki: () => Promise<void>;
  /** What nonces are made with: the same at every process of this database. */
  readonly nonceKey: Bytes;
  readonly currency: number;
  readonly clock: () => Date;
  readonly mode: Mode;
  /** Of a sandbox; `clock` is this one. */
  readonly sandboxClock?: SandboxClock | undefined;
  /** How the world reaches this server, without a slash at its end; undefined: as each request says. */
  readonly publicUrl: string | undefined;
  readonly audits: AuditNote;
  /** Who people are; the ledger has pseudonyms. */
  readonly identities: Identities;
  /** Tokens, linked cards, and what the chips of cards are checked with. */
  readonly vault: Vault;
  /** Rung when journals have grown. */
  readonly bell: MeetingBell;
}

const MS_PER_DAY = 86_400_000;
export const dayOf = (at: Date): Epoch => Math.floor(at.getTime() / MS_PER_DAY);

/** What the back-end believes: its root, and the issuers under it. */
export const trustOf = (b: Backend): Trust => ({
  root: b.pki.root,
  knownIssuers: issuersOf(b.pki),
  epoch: dayOf(b.clock()),
});

export type IdPrefix =
  | 'acc'
  | 'acq'
  | 'alt'
  | 'clm'
  | 'clr'
  | 'lps'
  | 'cli'
  | 'cus'
  | 'dev'
  | 'dlv'
  | 'dst'
  | 'emr'
  | 'evt'
  | 'fnd'
  | 'hld'
  | 'ins'
  | 'iss'
  | 'mch'
  | 'mer'
  | 'opr'
  | 'ord'
  | 'prp'
  | 'prs'
  | 'rdm'
  | 'scr'
  | 'syn'
  | 'trf'
  | 'trm'
  | 'whk';
export const newId = (b: Backend, prefix: IdPrefix): string => `${prefix}_${hex(b.crypto.randomBytes(12))}`;

/** The API's name of a purse. */
export const purseName = (id: string): string => `pur_${id}`;

/** The line that certified the purse of this certificate. */
export function lineOfPurse(b: Backend, certificate: Pick<Certificate, 'issuerRef'>): IssuerLine {
  const line = lineOf(b.pki, certificate);
  if (line !== undefined) return line;
  throw unknownLine();
}

/** The line of an issuer's purse that a row names. */
export function lineOfPayer(b: Backend, issuerPurse: string): IssuerLine {
  const line = lineOfIssuerPurse(b.pki, fromHex(issuerPurse));
  if (line !== undefined) return line;
  throw unknownLine();
}

/** The line that certifies new purses for accounts of this institution. */
export function lineFor(b: Backend, institution: string): IssuerLine {
  const line = currentLine(b.pki, institution);
  if (line !== undefined) return line;
  throw new Problem(
    'issuer_without_keys',
    `The institution ${institution} certifies no purses: its key ceremony has not been held (POST /v1/keys/ceremonies).`,
    'account',
  );
}

/** It was made on another server a moment ago: this one looks for such news every two seconds. */
const unknownLine = (): Problem =>
  new Problem('keys_unavailable', 'The issuer of this purse is not known here yet: try again in a moment.');

export const issuerPurseId = (line: IssuerLine): string => hex(line.issuerPurse.certificate.subjectRef);
export const isIssuerPurse = (b: Backend, purse: string): boolean =>
  lineOfIssuerPurse(b.pki, fromHex(purse)) !== undefined;

export const sign = async (b: Backend, key: string, body: Bytes): Promise<Bytes> => {
  const signature = await b.keys.sign(key, body);
  const message = new Uint8Array(body.length + signature.length);
  message.set(body);
  message.set(signature, body.length);
  return message;
};
