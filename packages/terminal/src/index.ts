/** The reader's side: how a phone or terminal speaks with purses, carries their messages, and tells people. */
export * from './carried.ts';
export * from './client/birth.ts';
export * from './client/payment-application.ts';
export * from './client/read.ts';
export * from './client/sync.ts';
export * from './client/value.ts';
export * from './exchange.ts';
export * from './mailbox.ts';
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
export * from './taps/collect.ts';
export * from './taps/deliver.ts';
export * from './taps/direct.ts';
export * from './taps/money.ts';
export * from './taps/provision.ts';
export * from './taps/receipts.ts';
export * from './taps/sync.ts';
export type { Range } from './trace/fields.ts';
export * from './trace/trace.ts';
export * from './transport.ts';
export * from './type4.ts';
export * from './words.ts';
