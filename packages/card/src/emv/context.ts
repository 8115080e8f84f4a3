/** What the commands of the payment application work with: files, state, the transaction in progress. */
import {
  assert,
  type Bytes,
  type CommandApdu,
  type CryptogramType,
  type DolEntry,
  type ResponseApdu,
} from '@sokkin/codec';
import type { PurseState } from '@sokkin/purse';
import type { EmvPorts } from '../ports.ts';
import type { CardStore } from '../store.ts';
import type { EmvFiles } from './files.ts';
import { decodeEmvState, type EmvState, encodeEmvState } from './state.ts';

/**
 * The transaction in progress, from GET PROCESSING OPTIONS on. Volatile: gone with power, with another SELECT.
 * `initiated` until the first GENERATE AC, `asked` while an ARQC waits for its answer, `closed` after that.
 */
export interface Transaction {
  phase: 'initiated' | 'asked' | 'closed';
  readonly pdolData: Bytes;
  /** By tag: what the terminal said, of the PDOL and then of CDOL1. */
  values: ReadonlyMap<number, Bytes>;
  cdol1Data: Bytes;
  ddaPerformed: boolean;
  pin: 'none' | 'verified' | 'failed';
  /** The device verified its holder for this transaction; asked for once, at the first GENERATE AC. */
  holderVerified: boolean;
  /** What the last GET CHALLENGE gave; good for one enciphered PIN. */
  challenge: Bytes | undefined;
  first: FirstCryptogram | undefined;
  /** EXTERNAL AUTHENTICATE of this transaction, or tag 91 of CDOL2; once. */
  issuer: 'unheard' | 'authenticated' | 'failed';
  /** What the issuer decided, if it proved itself. */
  issuerApproves: boolean;
  script: { chaining: Bytes; failed: boolean } | undefined;
}

export interface FirstCryptogram {
  readonly type: CryptogramType;
  readonly cryptogram: Bytes;
  readonly sessionKey: Bytes;
  readonly keyNumber: number;
}

export interface Context {
  readonly store: CardStore;
  readonly ports: EmvPorts;
  readonly files: EmvFiles;
  readonly state: EmvState;
  transaction: Transaction | undefined;
}

export interface Command {
  readonly name: string;
  readonly cla: number;
  readonly ins: number;
  readonly run: (ctx: Context, command: CommandApdu) => ResponseApdu | Promise<ResponseApdu>;
}

export function contextOver(store: CardStore, ports: EmvPorts, files: EmvFiles): Context {
  let bytes: Bytes | undefined;
  let state: EmvState | undefined;
  return {
    store,
    ports,
    files,
    // Decoded once for each commit, by whomever.
    get state() {
      const section = store.section('emv');
      assert(section !== undefined, 'a payment application that runs was personalised');
      if (state === undefined || section !== bytes) {
        bytes = section;
        state = decodeEmvState(section);
      }
      return state;
    },
    transaction: undefined,
  };
}

/** Both applications' states in one write. */
export async function commit(ctx: Context, next: EmvState, purse?: PurseState): Promise<void> {
  const sections = { emv: encodeEmvState(next) };
  await ctx.store.commitAll(purse === undefined ? { sections } : { sections, purse });
}

export const counterBytes = (counter: number): Bytes => Uint8Array.of(counter >> 8, counter & 0xff);

/** Values by a list; the first element with a tag counts. */
export function valuesOf(entries: readonly DolEntry[], data: Bytes): Map<number, Bytes> {
  const values = new Map<number, Bytes>();
  let at = 0;
  for (const { tag, length } of entries) {
    if (!values.has(tag)) values.set(tag, data.slice(at, at + length));
    at += length;
  }
  return values;
}
