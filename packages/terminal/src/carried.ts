/**
 * What a phone carries between purses: a signed message together with the certificates of its signer, so that
 * whoever gets it can judge it alone (docs/spec/protocol.md, sections 4.11 and 9).
 *
 *     Carried = message object (C1, C2 or C3) || E3 purse certificate || E2 issuer certificate
 *
 * What must hold: what `believe...` returns was verified down to the root by the phone's own cryptography.
 */
import { type Bytes, concat, equal, parseTemplate } from '@sokkin/codec';
import { type Certificate, type CryptoPort, parseCertificate } from '@sokkin/crypto';
import {
  type HeldBlockList,
  isListed,
  listAge,
  OBJECT,
  object,
  type Payment,
  parsePayment,
  parseReceipt,
  parseTicket,
  type Receipt,
  type ShownChain,
  type Signed,
  type Ticket,
  type Trust,
  type Verified,
  verifyPayment,
  verifyReceipt,
  verifyTicket,
} from '@sokkin/purse';
import { type Failure, type Outcome, ok, untrusted } from './outcome.ts';

export interface Carried<T> {
  /** Body and signature, as they travel. */
  readonly message: Bytes;
  readonly fields: T;
  /** Of the signer. */
  readonly chain: ShownChain;
}
export type CarriedTicket = Carried<Ticket>;
export type CarriedPayment = Carried<Payment>;
/** Receipt or Refusal. */
export type CarriedReceipt = Carried<Receipt>;

/** Whose word this device takes, and what it checks it with. */
export interface Verifier {
  readonly crypto: CryptoPort;
  readonly trust: Trust;
  /** Whom it neither pays nor takes from; undefined: it carries no list. */
  readonly blockList?: HeldBlockList | undefined;
  /** Refuses to move value with a list that is older than this, and without one; undefined: goes on, and its caller says so. */
  readonly mostListDays?: number | undefined;
}

/** undefined: the list that this device carries is good enough for it. */
export function outdatedList({ blockList, mostListDays, trust }: Verifier): Failure | undefined {
  if (mostListDays === undefined) return undefined;
  const { state, days } = listAge(blockList, trust.epoch, mostListDays);
  return state === 'current' ? undefined : { status: 'block_list_outdated', days };
}

/**
 * Whether one of these purses is on the list that this device carries. Asked before value moves between two of them, and
 * only then: a listed purse still syncs, and pays its money home to its issuer.
 */
export const areListed = ({ blockList }: Verifier, ...purses: readonly Certificate[]): boolean =>
  blockList !== undefined && purses.some((purse) => isListed(blockList, purse));

type Verify<T> = (
  crypto: CryptoPort,
  trust: Trust,
  chain: ShownChain,
  message: Bytes,
) => Promise<Verified<Signed<T>>>;

const believing =
  <T>(what: string, verify: Verify<T>) =>
  async (verifier: Verifier, chain: ShownChain, message: Bytes): Promise<Outcome<Carried<T>>> => {
    const verified = await verify(verifier.crypto, verifier.trust, chain, message);
    if (verified.status !== 'ok') return untrusted(`${what}: ${verified.status}`);
    return ok({ message: message.slice(), fields: verified.value.fields, chain });
  };

export const believeTicket = believing('Ticket', verifyTicket);
export const believePayment = believing('Payment', verifyPayment);
export const believeReceipt = believing('Receipt', verifyReceipt);

const KINDS = { ticket: parseTicket, payment: parsePayment, receipt: parseReceipt } as const;
export type CarriedKind = keyof typeof KINDS;
type FieldsOf<K extends CarriedKind> = ReturnType<(typeof KINDS)[K]>['fields'];

export const encodeCarried = (kind: CarriedKind, { message, chain }: Carried<unknown>): Bytes =>
  concat(object(kind, message), object('purse', chain.leaf.bytes), object('issuer', chain.issuer.bytes));

/** Reads what `encodeCarried` wrote. Parsing proves nothing: `believe...` does. */
export function decodeCarried<K extends CarriedKind>(kind: K, bytes: Bytes): Carried<FieldsOf<K>> {
  const tags = { message: OBJECT[kind], purse: OBJECT.purse, issuer: OBJECT.issuer };
  const parts = parseTemplate(bytes, `carried ${kind}`, tags);
  const chain = { issuer: parseCertificate(parts.issuer), leaf: parseCertificate(parts.purse) };
  return { message: parts.message.slice(), fields: KINDS[kind](parts.message).fields as FieldsOf<K>, chain };
}

/** Whether a receipt is the payee's word on this very payment. */
export function answers(receipt: Receipt, payment: Payment, paymentHash: Bytes): boolean {
  return (
    equal(receipt.purse, payment.payee) &&
    equal(receipt.payer, payment.purse) &&
    receipt.paymentNo === payment.seq &&
    receipt.ticketNo === payment.ticketNo &&
    receipt.amount === payment.amount &&
    receipt.currency === payment.currency &&
    equal(receipt.paymentHash, paymentHash)
  );
}
