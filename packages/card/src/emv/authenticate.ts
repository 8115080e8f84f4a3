/**
 * Who is at the other end: the card proves itself (INTERNAL AUTHENTICATE, Book 2, 6.5), the issuer proves itself
 * (EXTERNAL AUTHENTICATE or tag 91 of CDOL2, Book 2, 8.2), the holder proves itself (VERIFY, Book 3, 6.5.12).
 *
 * What must hold: the issuer is heard once in a transaction, so that nobody can try; one try of the PIN is burnt and
 * stored before anything is compared, and it is the purse's PIN.
 */
import {
  type Bytes,
  type CardStatusUpdate,
  type CsuFlag,
  decodeCsu,
  dolLength,
  SW,
  tlv,
} from '@sokkin/codec';
import {
  decipherPin,
  decodeIssuerAuthentication,
  type IssuerAuthentication,
  isIssuerAuthentic,
  signDda,
} from '@sokkin/crypto';
import { burnPinTry, checkPin } from '@sokkin/purse';
import { failed, ok, refusal } from '../applet.ts';
import { type Command, type Context, commit, type FirstCryptogram, type Transaction } from './context.ts';
import { type IssuerAnswer, isApproval } from './decision.ts';
import { hasProfile, ISSUER_AUTHENTICATION } from './files.ts';
import { type EmvFlag, type EmvState, withFlags } from './state.ts';

export const internalAuthenticate: Command = {
  name: 'INTERNAL AUTHENTICATE',
  cla: 0x00,
  ins: 0x88,
  async run(ctx, { p1, p2, data }) {
    if (p1 !== 0 || p2 !== 0) return failed(SW.incorrectP1P2);
    const { rsa, ddol } = ctx.files;
    if (rsa === undefined || !hasProfile(ctx.files, 'dda')) return failed(SW.insNotSupported);
    if (ctx.transaction?.phase !== 'initiated') return failed(SW.conditionsNotSatisfied);
    if (data.length !== dolLength(ddol)) return failed(SW.wrongLength);
    const number = ctx.ports.symmetric.randomBytes(8);
    const key = { handle: rsa.handle, modulusLength: rsa.modulus.length };
    const signature = await signDda(ctx.ports.rsa, key, number, data);
    ctx.transaction.ddaPerformed = true;
    return ok(tlv(0x77, tlv(0x9f4b, signature)));
  },
};

export const getChallenge: Command = {
  name: 'GET CHALLENGE',
  cla: 0x00,
  ins: 0x84,
  run(ctx, { p1, p2, data }) {
    if (p1 !== 0 || p2 !== 0) return failed(SW.incorrectP1P2);
    if (data.length !== 0) return failed(SW.wrongLength);
    if (ctx.transaction === undefined) return failed(SW.conditionsNotSatisfied);
    const challenge = ctx.ports.symmetric.randomBytes(8);
    ctx.transaction.challenge = challenge;
    return ok(challenge);
  },
};

const PLAIN_PIN = 0x80;
const ENCIPHERED_PIN = 0x88;

export const verify: Command = {
  name: 'VERIFY',
  cla: 0x00,
  ins: 0x20,
  async run(ctx, { p1, p2, data }) {
    if (p1 !== 0 || (p2 !== PLAIN_PIN && p2 !== ENCIPHERED_PIN)) return failed(SW.incorrectP1P2);
    const { transaction } = ctx;
    if (transaction?.phase !== 'initiated') return failed(SW.conditionsNotSatisfied);
    if (p2 === PLAIN_PIN && data.length !== 8) return failed(SW.wrongLength);
    transaction.pin = 'failed';
    const burnt = burnPinTry(ctx.store.state);
    if (burnt.status === 'pin_blocked') return refusal(burnt.status);
    if (burnt.status !== 'ok') return failed(SW.referenceDataNotUsable);
    await ctx.store.commit(burnt.state);
    const block = p2 === PLAIN_PIN ? data.slice() : await decipher(ctx, transaction, data);
    const checked = block === undefined ? undefined : checkPin(ctx.store.state, block);
    // 63C0 is the try that uses up the last; 6983 answers those after it (Book 3, 6.5.12.4).
    if (checked === undefined) return failed(SW.counter | (ctx.store.state.pin?.triesLeft ?? 0));
    await ctx.store.commit(checked);
    transaction.pin = 'verified';
    return ok();
  },
};

/** Book 2, 7.2: the block must hold the number that the card just gave. */
async function decipher(ctx: Context, transaction: Transaction, data: Bytes): Promise<Bytes | undefined> {
  const { challenge } = transaction;
  const { rsa } = ctx.files;
  transaction.challenge = undefined;
  if (challenge === undefined || rsa === undefined) return undefined;
  return decipherPin(ctx.ports.rsa, rsa, data, challenge);
}

export const externalAuthenticate: Command = {
  name: 'EXTERNAL AUTHENTICATE',
  cla: 0x00,
  ins: 0x82,
  async run(ctx, { p1, p2, data }) {
    if (p1 !== 0 || p2 !== 0) return failed(SW.incorrectP1P2);
    if (!hasProfile(ctx.files, 'issuerAuthentication')) return failed(SW.insNotSupported);
    const { transaction } = ctx;
    if (transaction?.phase !== 'asked' || transaction.first === undefined || transaction.issuer !== 'unheard')
      return failed(SW.conditionsNotSatisfied);
    const heard = hear(ctx, transaction, transaction.first, data);
    if (heard === undefined) {
      await commit(ctx, withFlags(ctx.state, ['issuerAuthenticationFailed']));
      return failed(AUTHENTICATION_FAILED);
    }
    await applyStatusUpdate(ctx, heard);
    return ok();
  },
};

/** Book 3, 6.5.4.4. */
const AUTHENTICATION_FAILED = 0x6300;

/** Checks tag 91, once. */
function hear(
  ctx: Context,
  transaction: Transaction,
  first: FirstCryptogram,
  shown: Bytes,
): IssuerAuthentication | undefined {
  const { control } = ctx.files;
  const data = decodeIssuerAuthentication(control.arpcMethod, shown);
  const { symmetric } = ctx.ports;
  const isAuthentic =
    data !== undefined &&
    isIssuerAuthentic(symmetric, control.cipher, first.sessionKey, first.cryptogram, data);
  transaction.issuer = isAuthentic ? 'authenticated' : 'failed';
  if (!isAuthentic) return undefined;
  transaction.issuerApproves =
    data.method === 1
      ? isApproval(data.responseCode)
      : decodeCsu(data.cardStatusUpdate).flags.has('issuerApproves');
  return data;
}

/** What CDOL2 brings of the issuer, or what EXTERNAL AUTHENTICATE brought before. */
export function readIssuerAnswer(
  ctx: Context,
  transaction: Transaction,
  first: FirstCryptogram,
  values: ReadonlyMap<number, Bytes>,
): { readonly answer: IssuerAnswer; readonly statusUpdate?: IssuerAuthentication } {
  const shown = values.get(ISSUER_AUTHENTICATION);
  // A terminal without an answer fills the element with zeros (Book 3, 5.4).
  const isShown = shown?.some((byte) => byte !== 0) === true;
  if (shown !== undefined && isShown && transaction.issuer === 'unheard') {
    const heard = hear(ctx, transaction, first, shown);
    if (heard !== undefined) return { answer: answerOf(transaction), statusUpdate: heard };
  }
  return { answer: answerOf(transaction) };
}

const answerOf = (t: Transaction): IssuerAnswer =>
  t.issuer === 'authenticated'
    ? { authenticated: true, approves: t.issuerApproves }
    : { authenticated: false, shown: t.issuer === 'failed' };

/** What the status update makes of the counter of approvals in a row. */
function countAfter(counters: CardStatusUpdate['counters'], { offlineCount, limits }: EmvState): number {
  switch (counters) {
    case 'keep':
      return offlineCount;
    case 'setToUpperLimits':
      return limits.upperCount;
    case 'reset':
      return 0;
    case 'addTransaction':
      return Math.min(offlineCount + 1, 0xff);
  }
}

/** The issuer proved itself: what it found before is over, and its status update takes effect, in one commit. */
export async function applyStatusUpdate(ctx: Context, heard: IssuerAuthentication): Promise<void> {
  const proven = withFlags(
    { ...ctx.state, lastOnlineAtc: ctx.state.atc, scripts: 0 },
    [],
    ['onlineNotCompleted', 'issuerAuthenticationNotPerformed', 'issuerAuthenticationFailed', 'scriptFailed'],
  );
  if (heard.method === 1) {
    await commit(ctx, { ...proven, offlineCount: 0 });
    return;
  }
  const { flags, counters, pinTries } = decodeCsu(heard.cardStatusUpdate);
  const orders = ORDERS.flatMap(([order, flag]) => (flags.has(order) ? [flag] : []));
  const ordered = withFlags(proven, orders);
  const next = { ...ordered, offlineCount: countAfter(counters, ordered) };
  const purse = ctx.store.state;
  const { pin } = purse;
  if (!flags.has('updatePinTryCounter') || pin === undefined) return commit(ctx, next);
  const triesLeft = Math.min(pinTries, purse.profile.pinTries);
  await commit(ctx, next, { ...purse, pin: { ...pin, triesLeft } });
}

const ORDERS: readonly (readonly [CsuFlag, EmvFlag])[] = [
  ['cardBlock', 'cardBlocked'],
  ['applicationBlock', 'applicationBlocked'],
  ['goOnlineNext', 'goOnline'],
];
