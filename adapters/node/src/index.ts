/** The ports of the packages on Node.js: cryptography and card files. */
export * from './crypto.ts';
export type { FileNvm } from './file-nvm.ts';
export { openFileNvm } from './file-nvm.ts';
export * from './rsa.ts';
export * from './symmetric.ts';
