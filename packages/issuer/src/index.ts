/** The back-end's pure core: ledger, journals, reconciliation, policy. */
export * from './audit.ts';
export * from './evidence.ts';
export * from './grant.ts';
export * from './issuer-purse.ts';
export * from './ledger.ts';
export * from './policy.ts';
export * from './ports.ts';
export * from './prove.ts';
export * from './provisioning.ts';
export * from './reconcile.ts';
export * from './replay.ts';
export * from './view.ts';
