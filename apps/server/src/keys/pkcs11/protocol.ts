/** What the KeyPort and its worker say to each other. Structured clones only: no handle of the HSM leaves the worker. */
import type { Bytes } from '@sokkin/codec';
import type { BlockKind, KeyInfo, KeyKind } from '@sokkin/issuer';
import type { Pkcs11KeyConfig } from '../key-config.ts';

export type TokenConfig = Pick<Pkcs11KeyConfig, 'module' | 'token' | 'pin'>;

export interface Seal {
  readonly nonce: Bytes;
  readonly associated: Bytes;
  readonly text: Bytes;
}

/** Each call by its name: what it takes, and what it gives. */
export interface Calls {
  login: { readonly input: null; readonly output: null };
  list: { readonly input: null; readonly output: readonly KeyInfo[] };
  generate: {
    readonly input: { readonly id: string; readonly kind: KeyKind; readonly now: Date };
    readonly output: null;
  };
  publicKey: { readonly input: { readonly id: string }; readonly output: Bytes };
  sign: { readonly input: { readonly id: string; readonly digest: Bytes }; readonly output: Bytes };
  mac: { readonly input: { readonly id: string; readonly message: Bytes }; readonly output: Bytes };
  encrypt: { readonly input: { readonly id: string } & Seal; readonly output: Bytes };
  decrypt: { readonly input: { readonly id: string } & Seal; readonly output: Bytes };
  admit: {
    readonly input: {
      readonly id: string;
      readonly kind: BlockKind;
      readonly secret: Bytes;
      readonly now: Date;
    };
    readonly output: null;
  };
  encipher: { readonly input: { readonly id: string; readonly blocks: Bytes }; readonly output: Bytes };
  retire: { readonly input: { readonly id: string }; readonly output: null };
  destroy: { readonly input: { readonly id: string }; readonly output: null };
  close: { readonly input: null; readonly output: null };
}
export type CallName = keyof Calls;

export interface Request<N extends CallName = CallName> {
  readonly number: number;
  readonly name: N;
  readonly input: Calls[N]['input'];
}

export type Reply =
  | { readonly number: number; readonly output: Calls[CallName]['output'] }
  | { readonly number: number; readonly failure: { readonly code: string; readonly message: string } };
