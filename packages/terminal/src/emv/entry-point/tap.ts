/**
 * One tap: Entry Point from start B on (Book B, 3.2 to 3.5), with the kernel inside.
 *
 * What must hold: pure: a state and an event give the next state and one effect; every path ends in an outcome that is not
 * Select Next; a candidate is tried once.
 */
import { type Bytes, type CommandApdu, command, type ResponseApdu, SW } from '@sokkin/codec';
import type { RsaVerifier } from '@sokkin/crypto';
import type { TerminalConfig } from '../config/types.ts';
import { CHANCE_BYTES, chanceOf, type KernelEnv, type TerminalTime } from '../kernel/env.ts';
import {
  activate,
  type CardAnswer,
  type KernelState,
  type KernelStep,
  kernelStep,
} from '../kernel/machine.ts';
import type { TornLog } from '../kernel/torn.ts';
import {
  type ContactlessOutcome,
  noApplication,
  noVerdict,
  type RecoveredTransaction,
  tryAgain,
} from '../outcome.ts';
import { type Candidate, candidatesOf, DIRECTORY_NAME, nameToSelect, readDirectory } from './directory.ts';
import type { Prepared, Transaction } from './preprocess.ts';

/** What stays the same during a tap. */
export interface TapEnv {
  readonly rsa: RsaVerifier;
  readonly config: TerminalConfig;
  readonly transaction: Transaction;
  /** Of pre-processing. */
  readonly combinations: readonly Prepared[];
  readonly time: TerminalTime;
}

type SelectionState =
  | { readonly phase: 'directory' }
  /** The first candidate was selected. */
  | { readonly phase: 'selecting'; readonly candidates: readonly Candidate[] }
  /** Its kernel wants chance. */
  | { readonly phase: 'activating'; readonly candidates: readonly Candidate[]; readonly fci: Bytes };
interface KernelTap {
  readonly phase: 'kernel';
  readonly candidates: readonly Candidate[];
  readonly env: KernelEnv;
  readonly kernel: KernelState;
}
export type TapState = SelectionState | KernelTap;

export type TapEvent =
  | { readonly kind: 'answer'; readonly answer: CardAnswer }
  | { readonly kind: 'chance'; readonly bytes: Bytes };

export type TapEffect =
  | { readonly kind: 'transmit'; readonly apdu: CommandApdu }
  | { readonly kind: 'chance'; readonly bytes: number };

/** Where the tap stands, with the torn log as it is then: it is written down before the effect takes place. */
export type TapStep = { readonly torn: TornLog } & (
  | {
      readonly kind: 'goOn';
      readonly state: TapState;
      readonly effect: TapEffect;
      /** Another transaction that was found approved: it is written down before the torn log forgets it. */
      readonly recovered?: RecoveredTransaction;
    }
  | { readonly kind: 'end'; readonly outcome: ContactlessOutcome }
);

const selectByName = (name: Bytes): CommandApdu => command(0x00, 0xa4, 0x04, 0x00, name, 256);

/** Start B: a card is in the field (3.3.2.2). */
export const beginTap = (torn: TornLog): TapStep => ({
  kind: 'goOn',
  torn,
  state: { phase: 'directory' },
  effect: { kind: 'transmit', apdu: selectByName(DIRECTORY_NAME) },
});

export function tapStep(env: TapEnv, state: TapState, torn: TornLog, event: TapEvent): TapStep {
  if (event.kind === 'chance') return withChance(env, state, torn, event.bytes);
  if (state.phase === 'kernel')
    return followKernel(state.candidates, state.env, kernelStep(state.env, state.kernel, event.answer));
  const { answer } = event;
  if (answer === 'lost') {
    const because = 'The card left before it was selected (Book B, 3.3.3.7: back to start B).';
    return { kind: 'end', torn, outcome: tryAgain('presentAgain', noVerdict('card_lost', because)) };
  }
  return afterSelect(env, state, torn, answer === 'garbled' ? undefined : answer);
}

/** `answer` undefined: no response APDU, which no selection can go on with. */
function afterSelect(
  env: TapEnv,
  state: SelectionState,
  torn: TornLog,
  answer: ResponseApdu | undefined,
): TapStep {
  const isDone = answer?.sw === SW.ok;
  switch (state.phase) {
    case 'directory':
      // 3.3.2.3 and 3.3.2.4: without a directory there is no candidate
      return selectBest(isDone ? candidatesOf(readDirectory(answer.data), env.combinations) : [], torn);
    case 'selecting':
      // 3.3.3.5: any other status word takes the combination out
      if (!isDone) return selectBest(state.candidates.slice(1), torn);
      return {
        kind: 'goOn',
        torn,
        state: { phase: 'activating', candidates: state.candidates, fci: answer.data.slice() },
        effect: { kind: 'chance', bytes: CHANCE_BYTES },
      };
    case 'activating':
      throw new Error('Bug: a kernel that waits for chance was given an answer');
  }
}

/** Start C (3.3.3.1 to 3.3.3.4): the best candidate that is left. */
function selectBest(candidates: readonly Candidate[], torn: TornLog): TapStep {
  const [best] = candidates;
  if (best === undefined) {
    // 3.3.2.7
    const because = 'Card and terminal have no application in common that can be used (Book B, 3.3.2.7).';
    return { kind: 'end', torn, outcome: noApplication(noVerdict('no_application', because)) };
  }
  return {
    kind: 'goOn',
    torn,
    state: { phase: 'selecting', candidates },
    effect: { kind: 'transmit', apdu: selectByName(nameToSelect(best)) },
  };
}

/** Start D (3.4.1). */
function withChance(env: TapEnv, state: TapState, torn: TornLog, bytes: Bytes): TapStep {
  if (state.phase !== 'activating') throw new Error('Bug: chance came that nobody asked for');
  const [candidate] = state.candidates;
  if (candidate === undefined) throw new Error('Bug: a kernel is activated without a candidate');
  const { rsa, config, transaction, time } = env;
  const { prepared, entry } = candidate;
  const kernelEnv: KernelEnv = { rsa, config, transaction, time, prepared, ...chanceOf(bytes) };
  return followKernel(state.candidates, kernelEnv, activate(kernelEnv, state.fci, entry.adfName, torn));
}

/** Outcome processing (3.5.1): Select Next goes on here, everything else ends the tap. */
function followKernel(candidates: readonly Candidate[], env: KernelEnv, step: KernelStep): TapStep {
  if (step.kind === 'ask') {
    const { recoveredOther } = step.state;
    return {
      kind: 'goOn',
      ...(recoveredOther && { recovered: recoveredOther }),
      torn: step.state.torn,
      state: { phase: 'kernel', candidates, env, kernel: step.state },
      effect: { kind: 'transmit', apdu: step.apdu },
    };
  }
  const { outcome, torn } = step;
  return outcome.outcome === 'selectNext'
    ? selectBest(candidates.slice(1), torn)
    : { kind: 'end', torn, outcome };
}
