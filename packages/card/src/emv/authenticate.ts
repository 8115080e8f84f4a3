/**
 * Who is at the other end: the card proves itself (INTERNAL AUTHENTICATE, Book 2, 6.5), the issuer proves itself
 * (EXTERNAL AUTHENTICATE or tag 91 of CDOL2, Book 2, 8.2), the holder proves itself (VERIFY, Book 3, 6.5.12).
 *
 * What must hold: the issuer is heard once in a transaction, so that nobody can try; one try of the PIN is burnt and
 * stored before anything is compared, and it is the purse's PIN.
 */
import { type Bytes, dolLength, type ResponseApdu, SW, tlv } from '@sokkin/codec';
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
import { AIP, hasProfile, ISSUER_AUTHENTICATION } from './files.ts';
import { type EmvState, withFlags } from './state.ts';

export const internalAuthenticate: Command = {
  name: 'INTERNAL AUTHENTICATE',
  cla: 0x00,
  ins: 0x88,
  async run(ctx, { p1, p2, data }) {
    if (p1 !== 0 || p2 !== 0) return failed(SW.incorrectP1P2);
    const { rsa, ddol } = ctx.files;
    if (rsa === undefined || !hasProfile(ctx.files, AIP.dda)) return failed(SW.insNotSupported);
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
    if (checked === undefined) return wrongPin(ctx.store.state.pin?.triesLeft ?? 0);
    await ctx.store.commit(checked);
    transaction.pin = 'verified';
    return ok();
  },
};

const wrongPin = (left: number): ResponseApdu =>
  left === 0 ? refusal('pin_blocked') : failed(SW.counter | left);

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
    if (!hasProfile(ctx.files, AIP.issuerAuthentication)) return failed(SW.insNotSupported);
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
      : ((data.cardStatusUpdate[1] ?? 0) & CSU.approves) !== 0;
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

/** Card status update, byte 2 (Book 3, Annex C10). */
const CSU = {
  approves: 0x80,
  blockCard: 0x40,
  blockApplication: 0x20,
  setPinTries: 0x10,
  goOnline: 0x08,
  counters: 0x03,
} as const;

/** Counters of the CSU: 00 left alone, 01 set to the upper limit, 10 back to zero, 11 this transaction added. */
function countAfter(code: number, { offlineCount, limits }: EmvState): number {
  switch (code) {
    case 1:
      return limits.upperCount;
    case 2:
      return 0;
    case 3:
      return Math.min(offlineCount + 1, 0xff);
    default:
      return offlineCount;
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
  const [tries = 0, orders = 0] = heard.cardStatusUpdate;
  const blocked = withFlags(proven, [
    ...((orders & CSU.blockCard) !== 0 ? (['cardBlocked'] as const) : []),
    ...((orders & CSU.blockApplication) !== 0 ? (['applicationBlocked'] as const) : []),
    ...((orders & CSU.goOnline) !== 0 ? (['goOnline'] as const) : []),
  ]);
  const next = { ...blocked, offlineCount: countAfter(orders & CSU.counters, blocked) };
  const purse = ctx.store.state;
  const { pin } = purse;
  if ((orders & CSU.setPinTries) === 0 || pin === undefined) return commit(ctx, next);
  const triesLeft = Math.min(tries & 0x0f, purse.profile.pinTries);
  await commit(ctx, next, { ...purse, pin: { ...pin, triesLeft } });
}
