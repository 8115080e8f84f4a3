/** What every operation works with. */
import { type Bytes, type Epoch, hex } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import type { CardProfile, KeyPort, LedgerStore } from '@sokkin/issuer';
import type { Trust } from '@sokkin/purse';
import type { Mode } from './config.ts';
import type { Pki } from './keys/ceremony.ts';
import type { EmvKeySource } from './keys/emv-keys.ts';
import type { AuditNote } from './observe/audit-note.ts';

export interface Backend {
  readonly store: LedgerStore;
  readonly crypto: CryptoPort;
  readonly keys: KeyPort;
  /** Of payment cards. */
  readonly emvKeys: EmvKeySource;
  readonly profiles: ReadonlyMap<string, CardProfile>;
  readonly pki: Pki;
  readonly currency: number;
  readonly clock: () => Date;
  readonly mode: Mode;
  /** How the world reaches this server, without a slash at its end; undefined: as each request says. */
  readonly publicUrl: string | undefined;
  readonly audits: AuditNote;
}

const MS_PER_DAY = 86_400_000;
export const dayOf = (at: Date): Epoch => Math.floor(at.getTime() / MS_PER_DAY);

/** What the back-end believes: its root, and its own issuer. */
export const trustOf = (b: Backend): Trust => ({
  root: b.pki.root,
  knownIssuers: [b.pki.issuer],
  epoch: dayOf(b.clock()),
});

export type IdPrefix =
  | 'acc'
  | 'alt'
  | 'cli'
  | 'cus'
  | 'dev'
  | 'dlv'
  | 'dst'
  | 'evt'
  | 'fnd'
  | 'ins'
  | 'iss'
  | 'mer'
  | 'opr'
  | 'prp'
  | 'prs'
  | 'rdm'
  | 'syn'
  | 'trf'
  | 'whk';
export const newId = (b: Backend, prefix: IdPrefix): string => `${prefix}_${hex(b.crypto.randomBytes(12))}`;

/** The API's name of a purse. */
export const purseName = (id: string): string => `pur_${id}`;
export const issuerPurseId = (b: Backend): string => hex(b.pki.issuerPurse.subjectRef);
export const sign = async (b: Backend, name: 'authority' | 'issuerPurse', body: Bytes): Promise<Bytes> => {
  const signature = await b.keys.sign(name, body);
  const message = new Uint8Array(body.length + signature.length);
  message.set(body);
  message.set(signature, body.length);
  return message;
};
