/**
 * The course of a transaction (Book 3, 6.5.5 and 6.5.8; Book 4): GET PROCESSING OPTIONS, first and second GENERATE AC,
 * and RECOVER AC for a terminal that lost the answer of an approval (Book C-2, 5.7: torn transactions).
 *
 * What must hold:
 * - the ATC is in memory, one higher, before the answer to GET PROCESSING OPTIONS leaves;
 * - an approval debits the purse in the very commit that remembers its cryptogram, and the answer leaves after it: a
 *   cut leaves both or neither, and RECOVER AC gives the same cryptogram and debits nothing;
 * - a transaction gives one cryptogram, or two if the first was an ARQC.
 */
import {
  type Bytes,
  buildDolData,
  type CommandApdu,
  type CryptogramType,
  concat,
  decodeTlv,
  dolLength,
  equal,
  type ResponseApdu,
  SokkinError,
  SW,
  tlv,
} from '@sokkin/codec';
import { sha1 } from '@sokkin/crypto';
import { approve, mayApprove, type PurseState } from '@sokkin/purse';
import { failed, NO_DATA, ok } from '../applet.ts';
import { applyStatusUpdate, readIssuerAnswer } from './authenticate.ts';
import { type Command, type Context, commit, type Transaction, valuesOf } from './context.ts';
import { makeCryptogram, partsToSign, plainAnswer, sessionKeyOf, signedAnswer } from './cryptogram.ts';
import {
  amountOf,
  type Decision,
  decideFirst,
  decideSecond,
  type Purchase,
  type Standing,
} from './decision.ts';
import {
  AMOUNT,
  AMOUNT_OTHER,
  CURRENCY,
  hasProfile,
  RESPONSE_CODE,
  TERMINAL_TYPE,
  TRANSACTION_TYPE,
} from './files.ts';
import { type EmvState, withFlags } from './state.ts';

const LAST_ATC = 0xffff;
const COMMAND_TEMPLATE = 0x83;

export const getProcessingOptions: Command = {
  name: 'GET PROCESSING OPTIONS',
  cla: 0x80,
  ins: 0xa8,
  async run(ctx, { p1, p2, data }) {
    if (p1 !== 0 || p2 !== 0) return failed(SW.incorrectP1P2);
    const pdolData = commandTemplate(data);
    if (pdolData === undefined) return failed(SW.wrongData);
    if (pdolData.length !== dolLength(ctx.files.pdol)) return failed(SW.wrongLength);
    // Once a SELECT (Book 3, 6.5.8.4), while counters and keys last.
    const { limitedUse, atc } = ctx.state;
    const isOutOfKeys = ctx.files.control.limitedUseOnly && (limitedUse?.uses ?? 0) === 0;
    if (ctx.transaction !== undefined || atc === LAST_ATC || isOutOfKeys)
      return failed(SW.conditionsNotSatisfied);
    await commit(ctx, { ...ctx.state, atc: atc + 1 });
    ctx.transaction = {
      phase: 'initiated',
      pdolData,
      values: valuesOf(ctx.files.pdol, pdolData),
      cdol1Data: NO_DATA,
      ddaPerformed: false,
      pin: 'none',
      challenge: undefined,
      first: undefined,
      issuer: 'unheard',
      issuerApproves: false,
      script: undefined,
      holderVerified: false,
    };
    return ok(tlv(0x77, concat(tlv(0x82, ctx.files.profile), tlv(0x94, ctx.files.locator))));
  },
};

function commandTemplate(data: Bytes): Bytes | undefined {
  try {
    const template = decodeTlv(data);
    return template.tag === COMMAND_TEMPLATE ? template.value.slice() : undefined;
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

/** P1 of GENERATE AC (Book 3, table 12): what is asked for, and whether signed. */
interface Request {
  readonly type: CryptogramType;
  readonly signed: boolean;
}

function readRequest(p1: number): Request | undefined {
  const type = REQUESTS[p1 >> 6];
  return type === undefined || (p1 & 0x2f) !== 0 ? undefined : { type, signed: (p1 & 0x10) !== 0 };
}
const REQUESTS: readonly (CryptogramType | undefined)[] = ['aac', 'tc', 'arqc', undefined];

export const generateAc: Command = {
  name: 'GENERATE AC',
  cla: 0x80,
  ins: 0xae,
  async run(ctx, { p1, p2, data }) {
    const request = readRequest(p1);
    if (request === undefined || p2 !== 0) return failed(SW.incorrectP1P2);
    const { transaction } = ctx;
    if (transaction === undefined || transaction.phase === 'closed') return failed(SW.conditionsNotSatisfied);
    if (request.signed && !hasProfile(ctx.files, 'cda')) return failed(SW.incorrectP1P2);
    return transaction.phase === 'initiated'
      ? first(ctx, transaction, request, data)
      : second(ctx, transaction, request, data);
  },
};

async function first(
  ctx: Context,
  transaction: Transaction,
  request: Request,
  data: Bytes,
): Promise<ResponseApdu> {
  if (data.length !== dolLength(ctx.files.cdol1)) return failed(SW.wrongLength);
  const key = sessionKeyOf(ctx);
  if (key === undefined) return failed(SW.conditionsNotSatisfied);
  transaction.cdol1Data = data.slice();
  transaction.values = new Map([...transaction.values, ...valuesOf(ctx.files.cdol1, data)]);
  transaction.holderVerified = ctx.ports.holder?.isVerified() === true;
  const purchase = purchaseOf(transaction.values);
  const decision = decideFirst(request.type, purchase, standingOf(ctx, transaction, purchase));
  const used = useKey(ctx.state);
  const asked = decision.type === 'arqc';
  const next = asked ? withFlags(used, ['onlineNotCompleted'], ['goOnline']) : used;
  const signed = request.signed && decision.type !== 'aac';
  const answer = await conclude(ctx, transaction, key, decision, next, {
    first: decision.type,
    isSecond: false,
    signed,
  });
  const { given } = answer;
  transaction.first = {
    type: decision.type,
    cryptogram: given.cryptogram,
    sessionKey: key.key,
    keyNumber: key.number,
  };
  transaction.phase = asked ? 'asked' : 'closed';
  return ok(answer.data);
}

async function second(
  ctx: Context,
  transaction: Transaction,
  request: Request,
  data: Bytes,
): Promise<ResponseApdu> {
  const { first: before } = transaction;
  if (request.type === 'arqc' || before === undefined) return failed(SW.incorrectP1P2);
  if (data.length !== dolLength(ctx.files.cdol2)) return failed(SW.wrongLength);
  const values = valuesOf(ctx.files.cdol2, data);
  const shown = readIssuerAnswer(ctx, transaction, before, values);
  if (shown.statusUpdate !== undefined) await applyStatusUpdate(ctx, shown.statusUpdate);
  transaction.values = new Map([...transaction.values, ...newerOf(values)]);
  const purchase = purchaseOf(transaction.values);
  const decision = decideSecond(request.type, values.get(RESPONSE_CODE) ?? NO_DATA, shown.answer, purchase, {
    ...standingOf(ctx, transaction, purchase),
    requireIssuerAuthentication: ctx.files.control.requireIssuerAuthentication,
  });
  const next = afterAnswer(ctx.state, shown.answer.authenticated, transaction.issuer === 'failed');
  const signed = request.signed && decision.type !== 'aac';
  const key = { key: before.sessionKey, number: before.keyNumber };
  const answer = await conclude(
    ctx,
    transaction,
    key,
    decision,
    next,
    { first: 'arqc', isSecond: true, signed },
    data.slice(),
  );
  transaction.phase = 'closed';
  return ok(answer.data);
}

/** What the second list says anew: results, unpredictable number, response code; never the amounts. */
function newerOf(values: ReadonlyMap<number, Bytes>): [number, Bytes][] {
  return [...values].filter(([tag]) => !FIXED_BY_FIRST.has(tag));
}
const FIXED_BY_FIRST: ReadonlySet<number> = new Set([AMOUNT, AMOUNT_OTHER, CURRENCY, TRANSACTION_TYPE]);

function afterAnswer(state: EmvState, authenticated: boolean, isFailed: boolean): EmvState {
  if (authenticated) return state;
  const flag = isFailed ? 'issuerAuthenticationFailed' : 'issuerAuthenticationNotPerformed';
  return withFlags(state, [flag], ['onlineNotCompleted']);
}

function useKey(state: EmvState): EmvState {
  const { limitedUse } = state;
  return limitedUse === undefined || limitedUse.uses === 0
    ? state
    : { ...state, limitedUse: { ...limitedUse, uses: limitedUse.uses - 1 } };
}

/** Makes the cryptogram, commits what it means, and only then gives the answer. */
async function conclude(
  ctx: Context,
  transaction: Transaction,
  key: { readonly key: Bytes; readonly number: number },
  decision: Decision,
  next: EmvState,
  options: { readonly first: CryptogramType; readonly isSecond: boolean; readonly signed: boolean },
  cdol2Data?: Bytes,
) {
  const given = makeCryptogram(ctx, transaction, key, decision, options);
  const { atc } = ctx.state;
  const parts = options.signed ? partsToSign(ctx, transaction, given, cdol2Data) : undefined;
  // Signed before anything is written: if the key fails, nothing happened.
  const data = parts === undefined ? plainAnswer(given, atc) : await signedAnswer(ctx, given, atc, parts);
  if (!decision.debit) {
    if (next !== ctx.state) await commit(ctx, next);
    return { given, data };
  }
  const remembered: EmvState = {
    ...next,
    offlineCount: Math.min(next.offlineCount + 1, 0xff),
    approval: { atc, ...given, recoveryHash: recoveryHash(ctx, transaction.values), signed: parts },
  };
  await commit(ctx, remembered, debited(ctx, transaction, atc, given.cryptogram));
  return { given, data };
}

function debited(ctx: Context, transaction: Transaction, atc: number, cryptogram: Bytes): PurseState {
  const request = approvalOf(transaction, purchaseOf(transaction.values));
  const step = approve(ctx.store.state, { ...request, atc, cryptogram });
  if (step.status !== 'ok') throw new Error(`Bug: an approval was decided on, and is ${step.status}`);
  return step.state;
}

function approvalOf({ values, pin, holderVerified: byDevice }: Transaction, { amount }: Purchase) {
  const [hi = 0, lo = 0] = values.get(CURRENCY) ?? NO_DATA;
  return { currency: (hi << 8) | lo, amount: amount ?? 0n, holderVerified: pin === 'verified' || byDevice };
}

function standingOf(ctx: Context, transaction: Transaction, purchase: Purchase): Standing {
  return {
    state: ctx.state,
    mayBeOffline: ctx.files.control.offline,
    isCovered: mayApprove(ctx.store.state, approvalOf(transaction, purchase)) === 'ok',
  };
}

/** Terminal types that end in 3 and 6 have no way to the issuer (Book 4, Annex A1). */
const OFFLINE_ONLY: ReadonlySet<number> = new Set([3, 6]);

function purchaseOf(values: ReadonlyMap<number, Bytes>): Purchase {
  const other = amountOf(values.get(AMOUNT_OTHER));
  const terminalType = values.get(TERMINAL_TYPE)?.[0] ?? 0;
  return {
    amount: amountOf(values.get(AMOUNT)),
    isPurchase: values.get(TRANSACTION_TYPE)?.[0] === 0 && (other === undefined || other === 0n),
    terminalIsOffline: OFFLINE_ONLY.has(terminalType & 0x0f),
  };
}

function recoveryHash(ctx: Context, values: ReadonlyMap<number, Bytes>): Bytes {
  return sha1(buildDolData(ctx.files.drdol, (tag) => values.get(tag)));
}

export const recoverAc: Command = {
  name: 'RECOVER AC',
  cla: 0x80,
  ins: 0xd0,
  async run(ctx: Context, { p1, p2, data }: CommandApdu) {
    if (p1 !== 0 || p2 !== 0) return failed(SW.incorrectP1P2);
    const { drdol } = ctx.files;
    if (drdol.length === 0) return failed(SW.insNotSupported);
    if (ctx.transaction?.phase !== 'initiated') return failed(SW.conditionsNotSatisfied);
    if (data.length !== dolLength(drdol)) return failed(SW.wrongLength);
    const { approval } = ctx.state;
    if (approval === undefined || !equal(sha1(data), approval.recoveryHash))
      return failed(SW.conditionsNotSatisfied);
    const answer =
      approval.signed === undefined
        ? plainAnswer(approval, approval.atc)
        : await signedAnswer(ctx, approval, approval.atc, approval.signed);
    return ok(answer);
  },
};
