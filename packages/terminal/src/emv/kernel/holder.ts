/**
 * Cardholder verification without contacts (Book 3, 10.5; Annex C3; Book A, 5): which method, never the method itself:
 * signature and online PIN come after the card has left, and a device verifies its holder alone.
 *
 * What must hold: pure; the first rule whose condition holds and that the reader has decides, unless it fails and says that
 * the next one counts; what came of it stands in tag 9F34 and in the results.
 */
import {
  type AipFlag,
  type Bytes,
  type CvmCondition,
  type CvmRule,
  concat,
  cvmRuleBytes,
  fromHex,
  hex,
  parseCvmList,
  type TvrFlag,
  u8,
} from '@sokkin/codec';
import type { HolderMethod } from '../config/types.ts';
import type { CvmOutcome } from '../outcome.ts';
import { TAG } from '../tags.ts';
import { type KernelData, withOwn, withResults } from './data.ts';
import { type KernelEnv, methodsOf, terminalTypeOf } from './env.ts';

/** The third byte of the CVM results (Book 4, Annex A4 and 6.3.4.5). */
const RESULT = { unknown: 0, failed: 1, successful: 2 } as const;
const NOT_PERFORMED = fromHex('3f0000');
const NO_RULE_HELD = fromHex('3f0001');
/** On a device of the holder, as contactless kernels write it: like a PIN that the card verified. */
const ON_DEVICE = fromHex('010002');

export interface Verified {
  readonly data: KernelData;
  readonly cvm: CvmOutcome;
}

export function verifyHolder(env: KernelEnv, data: KernelData, interchange: ReadonlySet<AipFlag>): Verified {
  const methods = methodsOf(env);
  const hasDevice = interchange.has('onDeviceCardholderVerification') && methods.has('onDevice');
  const { cvmRequired } = env.prepared.indicators;
  // From the limit on the device is asked first (Book A, 5.7: consumer device CVM); below it the list may do without
  if (hasDevice && cvmRequired) return onDevice(data);
  if (!interchange.has('cardholderVerification')) {
    // 10.5: the card has none. Where the reader requires one, that is a failure, by this kernel's own rule
    const results: TvrFlag[] = cvmRequired ? ['cvmFailed'] : [];
    return { data: withResults(withCvm(data, NOT_PERFORMED), results), cvm: 'none' };
  }
  const found = byList(env, data, methods);
  return hasDevice && found.data.tvr.has('cvmFailed') ? onDevice(data) : found;
}

const withCvm = (data: KernelData, results: Bytes): KernelData => withOwn(data, [[TAG.cvmResults, results]]);

const onDevice = (data: KernelData): Verified => ({
  data: withResults(withCvm(data, ON_DEVICE), [], ['cardholderVerificationPerformed']),
  cvm: 'onDevice',
});

function byList(env: KernelEnv, data: KernelData, methods: ReadonlySet<HolderMethod>): Verified {
  const list = data.card.get(TAG.cvmList);
  // 10.5: no list, or one without rules, although the card announced verification
  if (list === undefined || list.length < 10)
    return { data: withResults(withCvm(data, NOT_PERFORMED), ['iccDataMissing']), cvm: 'none' };
  const { x, y, rules } = parseCvmList(list);
  let bits: readonly TvrFlag[] = [];
  let last = NO_RULE_HELD;
  for (const rule of rules) {
    if (!holds(env, data, rule, { x, y }, methods)) continue;
    const tried = tryMethod(rule.method, methods);
    bits = [...bits, ...tried.bits];
    last = concat(cvmRuleBytes(rule), u8(RESULT[tried.result]));
    if (tried.cvm !== undefined) return performed(data, last, bits, tried.cvm);
    if (!rule.elseNext) break;
  }
  return performed(data, last, [...bits, 'cvmFailed'], 'none');
}

const performed = (
  data: KernelData,
  results: Bytes,
  bits: readonly TvrFlag[],
  cvm: CvmOutcome,
): Verified => ({
  data: withResults(withCvm(data, results), bits, ['cardholderVerificationPerformed']),
  cvm,
});

interface Tried {
  /** Undefined: it was not successful. */
  readonly cvm?: CvmOutcome;
  readonly result: keyof typeof RESULT;
  readonly bits: readonly TvrFlag[];
}
const failed = (...bits: TvrFlag[]): Tried => ({ result: 'failed', bits });

/** 10.5.1 to 10.5.5. */
function tryMethod(method: CvmRule['method'], methods: ReadonlySet<HolderMethod>): Tried {
  switch (method) {
    case 'noCvm':
      return methods.has('noCvm') ? { cvm: 'noCvm', result: 'successful', bits: [] } : failed();
    case 'signature':
      return methods.has('signature') ? { cvm: 'signature', result: 'unknown', bits: [] } : failed();
    case 'onlinePin':
      // The PIN is entered when the card has left; its bit tells card and issuer now that it will be
      return methods.has('onlinePin')
        ? { cvm: 'onlinePin', result: 'unknown', bits: ['onlinePinEntered'] }
        : failed('pinPadMissing');
    case 'offlinePinPlain':
    case 'offlinePinPlainAndSignature':
    case 'offlinePinEnciphered':
    case 'offlinePinEncipheredAndSignature':
      // 10.5.1: no PIN goes to a card without contacts
      return failed('pinPadMissing');
    case 'fail':
      return failed();
    default:
      return failed('cvmUnknown');
  }
}

const isSupported = (method: CvmRule['method'], methods: ReadonlySet<HolderMethod>): boolean =>
  method === 'fail' || [...methods].some((m) => m === method);

/** Annex C3, condition codes. A code that is not known, or data that is missing, is no condition that holds. */
function holds(
  env: KernelEnv,
  { card }: KernelData,
  { condition, method }: CvmRule,
  { x, y }: { readonly x: number; readonly y: number },
  methods: ReadonlySet<HolderMethod>,
): boolean {
  if (typeof condition === 'number') return false;
  const { amount, type } = env.transaction;
  const currency = card.get(TAG.applicationCurrency);
  const isOurs = currency !== undefined && Number(hex(currency)) === Number(env.config.currency);
  const isUnattended = (terminalTypeOf(env) & 0x0f) > 3;
  const isCash = type === 'cash';
  const by: Readonly<Record<CvmCondition, () => boolean>> = {
    always: () => true,
    unattendedCash: () => isCash && isUnattended,
    purchase: () => type === 'purchase',
    terminalSupports: () => isSupported(method, methods),
    manualCash: () => isCash && !isUnattended,
    cashback: () => type === 'cashback',
    underX: () => isOurs && amount < BigInt(x),
    overX: () => isOurs && amount > BigInt(x),
    underY: () => isOurs && amount < BigInt(y),
    overY: () => isOurs && amount > BigInt(y),
  };
  return by[condition]();
}
