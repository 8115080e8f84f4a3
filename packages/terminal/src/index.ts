/** The reader's side: how a phone or terminal speaks with purses, carries their messages, and tells people. */
export * from './acquirer/answers.ts';
export { panOf, type ReadCard } from './acquirer/card.ts';
export * from './acquirer/messages.ts';
export type { PosEntry, Shop, Stamp } from './acquirer/shop.ts';
export { type DayClosed, Till, type TillPorts } from './acquirer/till.ts';
export {
  EMPTY_TILL,
  givenBack,
  type ShownCard,
  type TillEntry,
  type TillKind,
  type TillSale,
  type TillStanding,
  type TillState,
  totalsOf,
  waiting,
} from './acquirer/till-state.ts';
export * from './acquirer/totals.ts';
export * from './bridge.ts';
export * from './carried.ts';
export * from './client/birth.ts';
export * from './client/payment-application.ts';
export * from './client/read.ts';
export * from './client/sync.ts';
export * from './client/value.ts';
export { parseTerminalConfig, readTerminalConfig, TERMINAL_CONFIG_FORMAT } from './emv/config/read.ts';
export type {
  ActionCodes,
  Combination,
  HolderMethod,
  RandomSelection,
  TerminalCaKey,
  TerminalConfig,
} from './emv/config/types.ts';
export type { Transaction, TransactionType } from './emv/entry-point/preprocess.ts';
export type { TerminalTime } from './emv/kernel/env.ts';
export type { TornLog, TornTransaction } from './emv/kernel/torn.ts';
export {
  type ContactlessOutcome,
  type CvmOutcome,
  type DataRecord,
  type DiscretionaryData,
  MESSAGE,
  type MessageName,
  type OutcomeName,
  type Reason,
  type RecoveredTransaction,
  type Start,
  type UiRequest,
  type UiStatus,
} from './emv/outcome.ts';
export * from './emv/terminal.ts';
export { formatTornLog, readTornLog } from './emv/torn-log.ts';
export * from './exchange.ts';
export * from './field-relay.ts';
export * from './mailbox.ts';
export * from './optical/frames.ts';
export * from './optical/messages.ts';
export * from './outcome.ts';
export * from './perso/open.ts';
export { type DomainFailure, type DomainOutcome, tellDomain } from './perso/outcome.ts';
export * from './perso/purse.ts';
export type {
  CardApplicationStatus,
  DomainInfo,
  DomainSession,
  PersonaliseProgress,
} from './perso/session.ts';
export type {
  AssuranceName,
  BackendApi,
  Funding,
  FundingRequest,
  Provisioned,
  ProvisionRequest,
  Redemption,
  RedemptionRequest,
  SyncAnswer,
  SyncRequest,
} from './ports.ts';
export * from './reader.ts';
export * from './taps/collect.ts';
export * from './taps/deliver.ts';
export * from './taps/direct.ts';
export * from './taps/money.ts';
export * from './taps/provision.ts';
export * from './taps/receipts.ts';
export * from './taps/sync.ts';
export type { Range } from './trace/fields.ts';
export * from './trace/trace.ts';
export * from './trace/traced.ts';
export * from './transport.ts';
export * from './type4.ts';
export * from './words.ts';
