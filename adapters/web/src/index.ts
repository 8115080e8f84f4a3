/** The ports on a browser: WebCrypto, IndexedDB. Works in pages and in workers. */
export * from './bridge.ts';
export * from './chip.ts';
export * from './crypto.ts';
export * from './durable.ts';
export * from './field.ts';
export * from './keys.ts';
export * from './nvm.ts';
export * from './places.ts';
export * from './relay.ts';
export * from './virtual-card.ts';
export * from './worker-talk.ts';
