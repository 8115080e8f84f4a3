/** The ports of the packages on Node.js: cryptography and card files. */
export * from './crypto.ts';
export type { FileNvm } from './file-nvm.ts';
export { openFileNvm } from './file-nvm.ts';
export type { IsoChannelEvents, IsoChannelLimits } from './iso/iso-channel.ts';
export { ISO_CHANNEL_LIMITS, IsoChannel } from './iso/iso-channel.ts';
export type { MacVerdict } from './iso/iso-line.ts';
export { IsoLine } from './iso/iso-line.ts';
export type { IsoAsk, IsoLinkOptions } from './iso/iso-link.ts';
export { IsoLink, repeatOf } from './iso/iso-link.ts';
export * from './iso/iso-mac.ts';
export type { IsoNetworkAct } from './iso/iso-network.ts';
export { IsoNetwork, keyBlockValue, keyFieldOf, networkActOf } from './iso/iso-network.ts';
export type { OutboxCipher, OutboxReport } from './iso/iso-outbox.ts';
export { IsoOutbox } from './iso/iso-outbox.ts';
export type { RecordFile } from './iso/record-file.ts';
export { openRecordFile } from './iso/record-file.ts';
export * from './rsa.ts';
export * from './symmetric.ts';
