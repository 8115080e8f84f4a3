/**
 * Application cryptograms and what the card says with them (Book 2, 8.1 and 6.6; Book 3, 6.5.5): verification
 * results, issuer application data, the cryptogram, and its signature.
 *
 * What must hold: everything that was said in clear is in the cryptogram by the profile's list, and in the signature
 * with CDA.
 */
import {
  assert,
  type Bytes,
  buildDolData,
  CRYPTOGRAM,
  type CryptogramType,
  CVR_TAG,
  type CvrBit,
  concat,
  encodeCvr,
  encodeIad,
  tlv,
  u8,
} from '@sokkin/codec';
import {
  applicationCryptogram,
  type CdaTransaction,
  cryptogramSessionKey,
  signCdaOver,
  transactionDataHash,
} from '@sokkin/crypto';
import { type Context, counterBytes, type Transaction } from './context.ts';
import { type Decision, standingBits } from './decision.ts';
import { UNPREDICTABLE_NUMBER } from './files.ts';
import type { SignedParts } from './state.ts';

/** The key that this transaction's cryptograms are made with; undefined if none is left. */
export function sessionKeyOf(ctx: Context): { key: Bytes; number: number } | undefined {
  const { control, keys } = ctx.files;
  const { limitedUse, atc } = ctx.state;
  const isLimited = control.limitedUseOnly;
  if (isLimited && (limitedUse === undefined || limitedUse.uses === 0)) return undefined;
  const master = isLimited ? limitedUse?.key : keys.cryptogram;
  assert(master !== undefined, 'a limited-use key was found');
  const key =
    control.sessionKey === 'none'
      ? master
      : cryptogramSessionKey(ctx.ports.symmetric, control.cipher, master, counterBytes(atc));
  return { key, number: isLimited ? (limitedUse?.number ?? 0) : 0 };
}

export interface Given {
  readonly information: number;
  readonly cryptogram: Bytes;
  readonly iad: Bytes;
}

/** Cryptogram and issuer data for a decision. `second`: in answer to the second GENERATE AC. */
export function makeCryptogram(
  ctx: Context,
  transaction: Transaction,
  key: { readonly key: Bytes; readonly number: number },
  decision: Decision,
  options: { readonly first: CryptogramType; readonly isSecond: boolean; readonly signed: boolean },
): Given {
  const { control, profile } = ctx.files;
  const { state } = ctx;
  const cvr = encodeCvr({
    first: options.first,
    second: options.isSecond ? decision.type : undefined,
    pinTriesLeft: ctx.store.state.pin?.triesLeft ?? 0,
    scripts: state.scripts,
    bits: new Set([
      ...standingBits(state),
      ...transactionBits(ctx, transaction, options.signed),
      ...decision.bits,
    ]),
  });
  const iad = encodeIad(control.iad, {
    keyIndex: control.keyIndex,
    version: control.version,
    cvr,
    offlineCount: state.offlineCount,
    keyNumber: key.number,
    debited: decision.debit,
  });
  const own = new Map([
    [0x82, profile],
    [0x9f36, counterBytes(state.atc)],
    [0x9f10, iad],
    [CVR_TAG, cvr],
  ]);
  const data = buildDolData(control.cryptogramData, (tag) => own.get(tag) ?? transaction.values.get(tag));
  const { symmetric } = ctx.ports;
  const cryptogram = applicationCryptogram(symmetric, control.cipher, key.key, data, control.padding);
  return { information: CRYPTOGRAM[decision.type] << 6, cryptogram, iad };
}

function transactionBits(ctx: Context, t: Transaction, signed: boolean): CvrBit[] {
  const bits: CvrBit[] = [];
  if (signed) bits.push('cdaPerformed');
  if (t.ddaPerformed) bits.push('ddaPerformed');
  if (t.pin !== 'none') bits.push('pinVerificationPerformed');
  if (t.pin === 'failed') bits.push('pinVerificationFailed');
  if (ctx.store.state.pin?.triesLeft === 0) bits.push('pinTryLimitExceeded');
  if (t.issuer === 'failed') bits.push('issuerAuthenticationFailed');
  return bits;
}

/** The objects of the answer that stand in clear, with CDA and without the cryptogram. */
const clearObjects = (given: Given, atc: number, inside?: Bytes): Bytes =>
  concat(
    tlv(0x9f27, u8(given.information)),
    tlv(0x9f36, counterBytes(atc)),
    inside ?? new Uint8Array(0),
    tlv(0x9f10, given.iad),
  );

/** Response message template 77 with the cryptogram in clear. */
export const plainAnswer = (given: Given, atc: number): Bytes =>
  tlv(0x77, clearObjects(given, atc, tlv(0x9f26, given.cryptogram)));

/** What a signature over this answer is made of; the dynamic number is new for each. */
export function partsToSign(
  ctx: Context,
  transaction: Transaction,
  given: Given,
  cdol2Data: Bytes | undefined,
): SignedParts {
  const hashed: CdaTransaction = {
    pdolData: transaction.pdolData,
    cdol1Data: transaction.cdol1Data,
    ...(cdol2Data === undefined ? {} : { cdol2Data }),
    answer: clearObjects(given, ctx.state.atc),
  };
  const unpredictableNumber = transaction.values.get(UNPREDICTABLE_NUMBER);
  assert(unpredictableNumber !== undefined, 'CDOL1 has an unpredictable number');
  return {
    dynamicNumber: ctx.ports.symmetric.randomBytes(8),
    transactionHash: transactionDataHash(hashed),
    unpredictableNumber,
  };
}

/** Response message template 77 with the cryptogram inside the signature (Book 2, 6.6.1). */
export async function signedAnswer(
  ctx: Context,
  given: Given,
  atc: number,
  parts: SignedParts,
): Promise<Bytes> {
  const { rsa } = ctx.files;
  assert(rsa !== undefined, 'a card that is asked for CDA has a key');
  const signature = await signCdaOver(
    ctx.ports.rsa,
    { handle: rsa.handle, modulusLength: rsa.modulus.length },
    { dynamicNumber: parts.dynamicNumber, information: given.information, cryptogram: given.cryptogram },
    parts.transactionHash,
    parts.unpredictableNumber,
  );
  return tlv(0x77, clearObjects(given, atc, tlv(0x9f4b, signature)));
}
