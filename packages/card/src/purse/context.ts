/** What the purse commands work with, and the one way in which a step becomes an answer. */
import { assert, type Bytes, type CommandApdu, concat, type ResponseApdu, SW } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import {
  assertPurse,
  type ObjectName,
  object,
  type PurseState,
  replaceCell,
  type ShownChain,
  type Step,
} from '@sokkin/purse';
import { failed, NO_DATA, ok, refusal } from '../applet.ts';
import type { PurseStore } from '../store.ts';
import type { CertificateReader } from './data.ts';

/** Volatile: gone with power or when another applet is selected. */
export interface Session {
  pinVerified: boolean;
  /** The chain of the payee that PAY verified last: SETTLE in the same tap need not be shown it again. */
  payee: ShownChain | undefined;
}

export const newSession = (): Session => ({ pinVerified: false, payee: undefined });

export interface Context {
  readonly store: PurseStore;
  readonly crypto: CryptoPort;
  readonly session: Session;
  readonly readCertificate: CertificateReader;
}

/** One command of the applet: `run` gets the whole data field. */
export interface Command {
  readonly name: string;
  readonly ins: number;
  readonly cla: number;
  /** Allowed P1-P2; undefined if the command reads them itself. */
  readonly p1p2: number | undefined;
  readonly run: (ctx: Context, command: CommandApdu) => Promise<ResponseApdu>;
}

/** Signs what the step wants signed, commits, and only then answers with the object `name`. */
export async function perform(ctx: Context, step: Step, name: ObjectName | undefined): Promise<ResponseApdu> {
  if (step.status !== 'ok') return refusal(step.status);
  const { state, answer } = step;
  switch (answer.kind) {
    case 'none':
      await commit(ctx, state);
      return ok();
    case 'stored':
      await commit(ctx, state);
      return ok(wrap(name, answer.message));
    case 'attestation': {
      const signature = await sign(ctx, state, answer.body);
      await commit(ctx, state);
      return ok(wrap(name, concat(answer.body, signature)));
    }
    case 'entry': {
      const signature = await sign(ctx, state, answer.body);
      await commit(ctx, withSignature(state, answer.index, signature));
      return ok(wrap(name, concat(answer.body, signature)));
    }
  }
}

export async function commit(ctx: Context, state: PurseState): Promise<void> {
  if (state !== ctx.store.state) assertPurse(state);
  await ctx.store.commit(state);
}

async function sign(ctx: Context, state: PurseState, body: Bytes): Promise<Bytes> {
  assert(state.key !== undefined, 'a purse that signs has its key');
  return ctx.crypto.sign(state.key.handle, body);
}

function withSignature(state: PurseState, index: number, signature: Bytes): PurseState {
  const cell = state.cells[index];
  assert(cell !== undefined, 'the step wrote this cell');
  return replaceCell(state, index, { ...cell, signature });
}

const wrap = (name: ObjectName | undefined, message: Bytes): Bytes =>
  name === undefined ? NO_DATA : object(name, message);

export const malformed = (): ResponseApdu => failed(SW.wrongData);
