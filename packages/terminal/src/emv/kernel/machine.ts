/**
 * The kernel: one table of phases, each with the answer that it waits for (Book 3, section 8, figure 7, as far as it goes
 * without contacts).
 *
 * What must hold: pure: a phase and an answer give the next command or the outcome. Whatever bytes a card sends end in
 * an outcome; only a bug is an exception. A GENERATE AC that may be approved is in the torn log before it is sent.
 */
import {
  AIP_FLAGS,
  type AipFlag,
  type Bytes,
  type CommandApdu,
  decodeFlags,
  type ResponseApdu,
  SokkinError,
  SW,
} from '@sokkin/codec';
import type { AuthenticatedRecord, RsaPublicKey } from '@sokkin/crypto';
import {
  type ContactlessOutcome,
  type CvmOutcome,
  endApplication,
  type Reason,
  type RecoveredTransaction,
  selectNext,
  tryAgain,
  tryAnotherInterface,
} from '../outcome.ts';
import { TAG } from '../tags.ts';
import { analyse } from './analyse.ts';
import { type Authentication, authenticateKeys, internalAuthenticate, judgeDda } from './authenticate.ts';
import { type Asked, generateAc, readGiven, recoverAc } from './cryptogram.ts';
import { dolData, everything, type KernelData, listOf, withResults } from './data.ts';
import { dataRecord, discretionary, ending } from './endings.ts';
import { canGoOnline, type KernelEnv, ownElements } from './env.ts';
import { noteTdol, withCertificateHash } from './hash.ts';
import { verifyHolder } from './holder.ts';
import {
  checkMandatory,
  processingOptions,
  type RecordName,
  readFci,
  readProcessingOptions,
  readRecord,
  takeRecord,
} from './initiate.ts';
import { restrict } from './restrict.ts';
import { manageRisk } from './risk.ts';
import { forget, isSame, ofCard, remember, type TornLog, type TornTransaction, withoutOld } from './torn.ts';

/** What is known so far, in every phase. */
interface Progress {
  readonly data: KernelData;
  readonly torn: TornLog;
  readonly pdolData: Bytes;
  readonly signed: readonly AuthenticatedRecord[];
  readonly authentication: Authentication | undefined;
  readonly cvm: CvmOutcome;
  readonly recoveredOther: RecoveredTransaction | undefined;
}

export type KernelState = Progress &
  (
    | { readonly phase: 'processingOptions' }
    /** The first of `records` was asked for. */
    | { readonly phase: 'records'; readonly records: readonly RecordName[] }
    | { readonly phase: 'internalAuthenticate'; readonly challenge: Bytes; readonly key: RsaPublicKey }
    /** The first of `queue` was asked for. */
    | { readonly phase: 'recovering'; readonly queue: readonly TornTransaction[] }
    | { readonly phase: 'cryptogram'; readonly asked: Asked; readonly because: string }
  );
export type KernelPhase = KernelState['phase'];

export type KernelStep =
  | { readonly kind: 'ask'; readonly state: KernelState; readonly apdu: CommandApdu }
  | { readonly kind: 'end'; readonly outcome: ContactlessOutcome; readonly torn: TornLog };

/** The answer to the last command; `lost`: the card left; `garbled`: it was no response APDU of contactless length. */
export type CardAnswer = ResponseApdu | 'lost' | 'garbled';

type StateOf<P extends KernelPhase> = Extract<KernelState, { readonly phase: P }>;
type Table = {
  readonly [P in KernelPhase]: (env: KernelEnv, state: StateOf<P>, answer: ResponseApdu) => KernelStep;
};

/** The table. Each row: what is done with the answer, by the book's section. */
const TABLE: Table = {
  /** Book 3, 10.1. */
  processingOptions: afterOptions,
  /** Book 3, 10.2; then 10.3 to 10.6. */
  records: afterRecord,
  /** Book 2, 6.5. */
  internalAuthenticate: afterSignature,
  /** card-application.md, 11.5. */
  recovering: afterRecovery,
  /** Book 3, 9.3. */
  cryptogram: afterCryptogram,
};

/** Kernel activation (Book B, 3.4.1): the answer to SELECT is handed over. */
export function activate(env: KernelEnv, fci: Bytes, adfName: Bytes, log: TornLog): KernelStep {
  const torn = withoutOld(log, env.config, env.time.seconds);
  const fresh: Progress = {
    data: { own: ownElements(env), card: new Map(), tvr: new Set(), tsi: new Set() },
    torn,
    pdolData: new Uint8Array(0),
    signed: [],
    authentication: undefined,
    cvm: 'none',
    recoveredOther: undefined,
  };
  try {
    const data = readFci(fresh.data, fci, adfName);
    const { apdu, pdolData } = processingOptions(data);
    return { kind: 'ask', state: { ...fresh, data, pdolData, phase: 'processingOptions' }, apdu };
  } catch (error) {
    // Book 1, 12.4: an application whose answer is wrong is no candidate any more
    if (error instanceof SokkinError)
      return end(fresh, selectNext(discretionary(fresh, 'card_error', error.message)));
    throw error;
  }
}

export function kernelStep(env: KernelEnv, state: KernelState, answer: CardAnswer): KernelStep {
  if (answer === 'lost') return end(state, tryAgain('presentAgain', why(state, 'card_lost', LOST)));
  if (answer === 'garbled') return afterGarbled(state);
  try {
    return run(env, state, answer);
  } catch (error) {
    // Book 3, 7.5: what is wrong in the card's data ends the application
    if (error instanceof SokkinError)
      return end(state, endApplication(why(state, 'card_error', error.message)));
    throw error;
  }
}

/** Of an approval that could not be read the card gives the same answer again: it is wanted once more. */
function afterGarbled(state: KernelState): KernelStep {
  const reason = why(state, 'card_error', GARBLED);
  const isTorn = state.phase === 'cryptogram' && state.torn.some((t) => t.asked === state.asked);
  return end(state, isTorn ? tryAgain('presentAgain', reason) : endApplication(reason));
}

const run = <P extends KernelPhase>(env: KernelEnv, state: StateOf<P>, answer: ResponseApdu): KernelStep => {
  const phase: P = state.phase as P;
  return TABLE[phase](env, state, answer);
};

const LOST = 'The card left too early (Book B, 3.5: Try Again).';
const GARBLED = 'The answer is no response APDU of at most 256 bytes (Book 1, 9.4.2).';

const end = ({ torn }: Progress, outcome: ContactlessOutcome): KernelStep => ({ kind: 'end', outcome, torn });
const why = (p: Progress, reason: Reason, because: string, sw?: number) =>
  discretionary(p, reason, because, sw === undefined ? {} : { sw });
const refused = (p: Progress, command: string, sw: number): KernelStep =>
  end(p, endApplication(why(p, 'card_refuses', `${command} was refused (Book 3, 6.3.5).`, sw)));

/** "Conditions are not satisfied", as phones say it that want their holder first; then the other ways out. */
const SEE_PHONE = 0x6986;
const OTHER_INTERFACE = 0x6984;

function afterOptions(
  env: KernelEnv,
  state: StateOf<'processingOptions'>,
  { sw, data }: ResponseApdu,
): KernelStep {
  switch (sw) {
    case SW.ok: {
      const read = readProcessingOptions(state.data, data);
      return nextRecord(env, { ...state, data: read.data }, read.records);
    }
    case SW.conditionsNotSatisfied:
      // Book 3, 10.1: the application is out, selection goes on
      return end(
        state,
        selectNext(why(state, 'card_refuses', 'GET PROCESSING OPTIONS: 6985 (Book 3, 10.1).', sw)),
      );
    case SEE_PHONE:
      return end(
        state,
        tryAgain('seePhone', why(state, 'see_phone', 'The phone wants its holder first.', sw)),
      );
    case OTHER_INTERFACE: {
      const because = 'The card wants another interface.';
      return end(state, tryAnotherInterface(env.config.hasContacts, why(state, 'card_refuses', because, sw)));
    }
    default:
      return refused(state, 'GET PROCESSING OPTIONS', sw);
  }
}

function nextRecord(env: KernelEnv, progress: Progress, records: readonly RecordName[]): KernelStep {
  const [next] = records;
  if (next === undefined) return afterReading(env, progress);
  return { kind: 'ask', state: { ...progress, phase: 'records', records }, apdu: readRecord(next) };
}

function afterRecord(env: KernelEnv, state: StateOf<'records'>, { sw, data }: ResponseApdu): KernelStep {
  const [name, ...rest] = state.records;
  // Book 3, 10.2: any other status word ends the transaction
  if (sw !== SW.ok || name === undefined) return refused(state, 'READ RECORD', sw);
  const taken = takeRecord(state.data, name, data);
  return nextRecord(env, { ...state, data: taken.data, signed: [...state.signed, ...taken.signed] }, rest);
}

const interchangeOf = ({ card }: KernelData): ReadonlySet<AipFlag> =>
  decodeFlags(AIP_FLAGS, card.get(TAG.interchange) ?? new Uint8Array(2));

/** Everything is read: certificates, and with DDA the card's signature (Book 3, 10.3). */
function afterReading(env: KernelEnv, progress: Progress): KernelStep {
  checkMandatory(progress.data);
  const interchange = interchangeOf(progress.data);
  const { data, authentication } = authenticateKeys(env, progress.data, interchange, progress.signed);
  const next: Progress = { ...progress, data, authentication };
  const { key, method } = authentication;
  if (method !== 'dda' || key === undefined) return decide(env, next);
  const { apdu, challenge } = internalAuthenticate(env, data);
  return { kind: 'ask', state: { ...next, phase: 'internalAuthenticate', challenge, key }, apdu };
}

function afterSignature(
  env: KernelEnv,
  state: StateOf<'internalAuthenticate'>,
  { sw, data }: ResponseApdu,
): KernelStep {
  const answer = sw === SW.ok ? data : undefined;
  return decide(env, { ...state, ...judgeDda(env, state.data, state.key, state.challenge, answer) });
}

/** Book 3, 10.4 to 10.6: nothing of it asks the card. Then what was torn before, then the cryptogram. */
function decide(env: KernelEnv, progress: Progress): KernelStep {
  const holder = verifyHolder(env, restrict(env, progress.data), interchangeOf(progress.data));
  const next = { ...progress, data: noteTdol(manageRisk(env, holder.data)), cvm: holder.cvm };
  return recover(env, next, ofCard(progress.torn, progress.data));
}

function recover(env: KernelEnv, progress: Progress, queue: readonly TornTransaction[]): KernelStep {
  const [torn] = queue;
  if (torn === undefined) return askCryptogram(env, progress);
  return { kind: 'ask', state: { ...progress, phase: 'recovering', queue }, apdu: recoverAc(torn.drdolData) };
}

function afterRecovery(env: KernelEnv, state: StateOf<'recovering'>, { sw, data }: ResponseApdu): KernelStep {
  const [torn, ...rest] = state.queue;
  if (torn === undefined) return askCryptogram(env, state);
  // The card says that it never approved this one: its end is known
  if (sw === SW.conditionsNotSatisfied)
    return recover(env, { ...state, torn: forget(state.torn, [torn]) }, rest);
  if (sw !== SW.ok) {
    const because =
      'RECOVER AC gave no answer that settles the torn transaction (card-application.md, 11.5).';
    return end(state, endApplication(why(state, 'recovery_refused', because, sw)));
  }
  const given = readGiven(env.rsa, state.authentication?.key, torn.asked, data);
  // A card remembers its last approval only: whatever else of it was torn can never be shown again
  const settled: Progress = { ...state, torn: forget(state.torn, state.queue) };
  const because = 'The answer that was lost came again (card-application.md, 11.5).';
  const { shown, cvm } = torn;
  if (isSame(torn, env))
    return end(settled, ending(settled, { shown, given, cvm, canGoOnline: false, recovered: true, because }));
  const approved = given.type === 'tc' && (given.cda ?? 'authentic') === 'authentic';
  const recoveredOther = { id: torn.id, approved, dataRecord: dataRecord(shown, given) };
  return askCryptogram(env, { ...settled, recoveredOther });
}

/** Terminal action analysis and the first GENERATE AC (Book 3, 10.7 and 9.2). */
function askCryptogram(env: KernelEnv, progress: Progress): KernelStep {
  const { ask, because } = analyse(env, progress.data, progress.cvm);
  const data = withCertificateHash(env, withResults(progress.data, [], ['cardRiskManagementPerformed']));
  const { authentication, pdolData } = progress;
  const asked: Asked = {
    type: ask,
    pdolData,
    cdol1Data: dolData(data, listOf(data, TAG.cdol1)),
    unpredictableNumber: env.unpredictableNumber,
    // Book 4, 6.3.2.1: with CDA every TC and ARQC is asked for with its signature
    isSigned: ask !== 'aac' && authentication?.method === 'cda' && authentication.key !== undefined,
  };
  const torn = remember(progress.torn, env, data, asked, progress.cvm);
  return {
    kind: 'ask',
    state: { ...progress, data, torn, phase: 'cryptogram', asked, because },
    apdu: generateAc(asked),
  };
}

function afterCryptogram(
  env: KernelEnv,
  state: StateOf<'cryptogram'>,
  { sw, data }: ResponseApdu,
): KernelStep {
  const { asked, cvm, because } = state;
  const isDevice = interchangeOf(state.data).has('onDeviceCardholderVerification');
  if (sw === SEE_PHONE && isDevice)
    return end(state, tryAgain('seePhone', why(state, 'see_phone', 'The phone wants its holder first.', sw)));
  if (sw !== SW.ok) return refused(state, 'GENERATE AC', sw);
  const given = readGiven(env.rsa, state.authentication?.key, asked, data);
  const own = state.torn.filter((t) => t.asked === asked);
  const settled: Progress = { ...state, torn: forget(state.torn, own) };
  const shown = everything(state.data);
  const found = { shown, given, cvm, canGoOnline: canGoOnline(env), recovered: false, because };
  return end(settled, ending(settled, found));
}
