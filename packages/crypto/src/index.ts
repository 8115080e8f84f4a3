/** Suites, certificates, and the port to platform cryptography. */
export * from './chain.ts';
export * from './cvc.ts';
export * from './hash.ts';
export * from './lru.ts';
export * from './mac.ts';
export * from './ports.ts';
export * from './rsa.ts';
export * from './suites.ts';
export * from './symmetric.ts';
export * from './webcrypto.ts';
