/**
 * What a purse may do until it is synced again (docs/spec/protocol.md, section 4.8).
 * Remote and replaceable: they come only in a Grant.
 */
import { type Bytes, type Reader, readAmount, Writer, writeAmount } from '@sokkin/codec';
import { ASSURANCE, type Assurance } from '@sokkin/crypto';

/** The classes of counterparties, in wire order. */
export const CLASSES = [ASSURANCE.secureElement, ASSURANCE.tee, ASSURANCE.software] as const;
export type CounterpartyClass = 0 | 1 | 2;
/** Whom nobody has authenticated, as an EMV terminal, counts as the lowest class: software. */
export const LOWEST_CLASS: CounterpartyClass = 2;

export interface ClassLimits {
  /** Minor units; the most in one payment to a counterparty of this class. */
  readonly perPayment: bigint;
  /** Minor units; the most in all payments to this class since the last acknowledged sync. */
  readonly cumulative: bigint;
}

export interface Limits {
  /** Minor units; balance plus what open tickets reserve. */
  readonly holding: bigint;
  /** Payments since the last acknowledged sync. */
  readonly count: number;
  /** Minor units; the most in one payment without cardholder verification. */
  readonly perPaymentWithoutPin: bigint;
  /** Minor units; the most in all payments since the last cardholder verification. */
  readonly cumulativeWithoutPin: bigint;
  /** By the payee's assurance: secure element, TEE, software. */
  readonly byClass: readonly [ClassLimits, ClassLimits, ClassLimits];
}

export const LIMITS_LENGTH = 74;

/** undefined for certification authorities, which are nobody's counterparty. */
export function classOf(assurance: Assurance): CounterpartyClass | undefined {
  switch (assurance) {
    case ASSURANCE.secureElement:
      return 0;
    case ASSURANCE.tee:
      return 1;
    case ASSURANCE.software:
      return 2;
    case ASSURANCE.none:
      return undefined;
  }
}

export function encodeLimits(limits: Limits): Bytes {
  const w = new Writer();
  writeLimits(w, limits);
  return w.finish();
}

export function writeLimits(w: Writer, limits: Limits): void {
  writeAmount(w, limits.holding);
  w.u16(limits.count);
  writeAmount(w, limits.perPaymentWithoutPin);
  writeAmount(w, limits.cumulativeWithoutPin);
  for (const row of limits.byClass) {
    writeAmount(w, row.perPayment);
    writeAmount(w, row.cumulative);
  }
}

export function readLimits(r: Reader): Limits {
  const holding = readAmount(r);
  const count = r.u16();
  const perPaymentWithoutPin = readAmount(r);
  const cumulativeWithoutPin = readAmount(r);
  const row = (): ClassLimits => ({ perPayment: readAmount(r), cumulative: readAmount(r) });
  return { holding, count, perPaymentWithoutPin, cumulativeWithoutPin, byClass: [row(), row(), row()] };
}

export const NO_LIMITS: Limits = {
  holding: 0n,
  count: 0,
  perPaymentWithoutPin: 0n,
  cumulativeWithoutPin: 0n,
  byClass: [
    { perPayment: 0n, cumulative: 0n },
    { perPayment: 0n, cumulative: 0n },
    { perPayment: 0n, cumulative: 0n },
  ],
};
