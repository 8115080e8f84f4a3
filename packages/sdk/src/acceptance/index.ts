/** The acceptance SDK: a shop's terminal that takes purses and EMV cards, over any reader (docs/sdk-acceptance.md). */
export {
  type Acceptance,
  type ChargeRequest,
  createAcceptance,
  type RefundRequest,
} from './acceptance.ts';
export { type HttpsLineParts, httpsLine } from './https-line.ts';
export { isTornRefund, isUnfinished, memoryStore } from './memory-store.ts';
export { DEFAULT_POLICY, type Language, type WayPolicy } from './policy.ts';
export type {
  AcceptancePorts,
  AcceptanceStore,
  AuthorisationAnswer,
  AuthorisationRequest,
  OnlinePort,
  PinGiven,
  PinWish,
  StoreChange,
} from './ports.ts';
export type { Flushed, QueueStanding } from './queue.ts';
export { receiptLines } from './receipt.ts';
export type { Session } from './session.ts';
export { type DayTotals, type Sum, totalsOf } from './totals.ts';
export type {
  AcceptanceEvent,
  Approved,
  DeclineReason,
  Hint,
  PinFor,
  QueueItem,
  ReceiptData,
  RecordState,
  SaleRecord,
  SaleResult,
  Way,
} from './types.ts';
