/**
 * Cardholder verification (Book 3, 10.5): the rules of the card's list in their order, offline PINs plain and
 * enciphered (6.5.12; Book 2, section 7).
 *
 * What must hold: the first rule whose condition holds and that the terminal has decides, unless it fails and says that
 * the next one counts; what came of it stands in tag 9F34 and in the verification results.
 */
import {
  type AipFlag,
  type Bytes,
  CVM_METHOD,
  type CvmCondition,
  type CvmMethod,
  type CvmRule,
  command,
  concat,
  cvmRuleBytes,
  equal,
  parseCvmList,
  SW,
  u8,
} from '@sokkin/codec';
import { encipherPin, pinBlock, type RsaPublicKey } from '@sokkin/crypto';
import { ask, type Session } from './session.ts';
import type { HolderResult } from './types.ts';
import { strictly, violated } from './violation.ts';

/** The third byte of the CVM results (Book 4, Annex A4). */
const RESULT = { unknown: 0, failed: 1, successful: 2 } as const;
const NO_RULE = Uint8Array.of(0x3f, 0x00);
/** On a device of the holder, as contactless kernels write it (Book C-2, CVM selection). */
const ON_DEVICE = Uint8Array.of(0x01, 0x00);
const DEFAULT_METHODS: ReadonlySet<CvmMethod> = new Set(['offlinePinPlain', 'offlinePinEnciphered', 'noCvm']);

export async function verifyHolder(
  session: Session,
  interchange: ReadonlySet<AipFlag>,
  key: RsaPublicKey | undefined,
): Promise<HolderResult> {
  const found = await decide(session, interchange, key);
  session.own.set(0x9f34, found.results);
  return found;
}

async function decide(
  session: Session,
  interchange: ReadonlySet<AipFlag>,
  key: RsaPublicKey | undefined,
): Promise<HolderResult> {
  const list = session.card.get(0x8e);
  if (session.setup.onDevice === true && interchange.has('onDeviceCardholderVerification')) {
    session.tsi.add('cardholderVerificationPerformed');
    return told('onDevice', ON_DEVICE, 'successful');
  }
  if (!interchange.has('cardholderVerification')) return told(undefined, NO_RULE, 'unknown');
  if (list === undefined || list.length < 10) {
    session.tvr.add('iccDataMissing'); // 10.5: no list, or one without rules, and verification was announced
    return told(undefined, NO_RULE, 'unknown');
  }
  session.tsi.add('cardholderVerificationPerformed');
  const { x, y, rules } = strictly('Book 3, 10.5', () => parseCvmList(list));
  let last: HolderResult | undefined;
  for (const rule of rules) {
    if (!holds(session, rule, { x, y })) continue;
    const outcome = await tryMethod(session, rule.method, key);
    last = told(rule.method, cvmRuleBytes(rule), outcome);
    if (outcome !== 'failed') return last;
    if (!rule.elseNext) break;
  }
  session.tvr.add('cvmFailed');
  return last ?? told(undefined, NO_RULE, 'failed');
}

const told = (method: HolderResult['method'], rule: Bytes, result: HolderResult['result']): HolderResult => ({
  method,
  result,
  results: concat(rule, u8(RESULT[result])),
});

const methodsOf = ({ setup }: Session): ReadonlySet<CvmMethod> => setup.methods ?? DEFAULT_METHODS;

const isSupported = (session: Session, method: CvmRule['method']): boolean =>
  typeof method === 'string' && (method === 'fail' || methodsOf(session).has(method));

const CASH = 0x01;
const CASHBACK = 0x09;

/** Annex C3, table of condition codes. A code that is not known, or data that is missing, is no condition that holds. */
function holds(
  session: Session,
  rule: CvmRule,
  { x, y }: { readonly x: number; readonly y: number },
): boolean {
  const { condition } = rule;
  if (typeof condition === 'number') return false;
  const type = session.own.get(0x9c)?.[0];
  const amount = session.purchase.amount;
  const inCurrency = equal(
    session.card.get(0x9f42) ?? new Uint8Array(0),
    session.own.get(0x5f2a) ?? new Uint8Array(0),
  );
  const tests: Readonly<Record<CvmCondition, boolean>> = {
    always: true,
    unattendedCash: false,
    purchase: type !== CASH && type !== CASHBACK,
    terminalSupports: isSupported(session, rule.method),
    manualCash: type === CASH,
    cashback: type === CASHBACK,
    underX: inCurrency && amount < BigInt(x),
    overX: inCurrency && amount > BigInt(x),
    underY: inCurrency && amount < BigInt(y),
    overY: inCurrency && amount > BigInt(y),
  };
  return tests[condition];
}

async function tryMethod(
  session: Session,
  method: CvmRule['method'],
  key: RsaPublicKey | undefined,
): Promise<HolderResult['result']> {
  if (typeof method === 'number') {
    session.tvr.add('cvmUnknown');
    return 'failed';
  }
  if (!isSupported(session, method)) {
    if (isPin(method)) session.tvr.add('pinPadMissing');
    return 'failed';
  }
  switch (method) {
    case 'fail':
      return 'failed';
    case 'noCvm':
      return 'successful';
    case 'signature':
      return 'unknown';
    case 'onlinePin':
      if (session.purchase.pin === undefined) return noPin(session);
      session.tvr.add('onlinePinEntered');
      return 'unknown';
    case 'offlinePinPlain':
    case 'offlinePinPlainAndSignature':
      return offlinePin(session, method, undefined);
    case 'offlinePinEnciphered':
    case 'offlinePinEncipheredAndSignature':
      return key === undefined ? 'failed' : offlinePin(session, method, key);
  }
}

const isPin = (method: CvmMethod): boolean =>
  CVM_METHOD[method] >= CVM_METHOD.offlinePinPlain &&
  CVM_METHOD[method] <= CVM_METHOD.offlinePinEncipheredAndSignature;

function noPin(session: Session): 'failed' {
  session.tvr.add('pinNotEntered');
  return 'failed';
}

/** VERIFY: P2 80 plain, 88 enciphered under the card's key (6.5.12, table 24). */
async function offlinePin(
  session: Session,
  method: CvmMethod,
  key: RsaPublicKey | undefined,
): Promise<HolderResult['result']> {
  const { pin } = session.purchase;
  if (pin === undefined) return noPin(session);
  const data = key === undefined ? pinBlock(pin) : await enciphered(session, key, pin);
  const { sw } = await ask(session, command(0x00, 0x20, 0x00, key === undefined ? 0x80 : 0x88, data));
  if (sw === SW.ok) return method.endsWith('AndSignature') ? 'unknown' : 'successful';
  if (sw === SW.authenticationMethodBlocked || sw === SW.referenceDataNotUsable || sw === SW.counter)
    session.tvr.add('pinTryLimitExceeded');
  else if ((sw & 0xfff0) !== SW.counter)
    violated('Book 3, 6.5.12.5', `VERIFY was answered with ${sw.toString(16).toUpperCase()}`);
  return 'failed';
}

async function enciphered(session: Session, key: RsaPublicKey, pin: string): Promise<Bytes> {
  const { sw, data } = await ask(session, command(0x00, 0x84, 0, 0, undefined, 256));
  if (sw !== SW.ok || data.length !== 8) violated('Book 3, 6.5.6', 'GET CHALLENGE did not give 8 bytes');
  const { rsa, randomBytes } = session.setup;
  return (
    encipherPin(rsa, key, pinBlock(pin), data, randomBytes) ??
    violated('Book 2, 7.2', 'nothing can be enciphered under the key of the card')
  );
}
