/** PC/SC, both ends: a reader as an ApduTransport, and a card of ours in a reader of this machine. */
export {
  type Atr,
  CARD_ATR,
  CARD_ATR_T0,
  CONTACTLESS_ATR,
  contactlessAtr,
  parseAtr,
  takesExtendedLength,
} from './atr.ts';
export { pcscReader } from './card-reader.ts';
export * from './contactless.ts';
export { type CardInfo, openPcsc, type PcscService, type ReaderInfo, type TapWish } from './service.ts';
export { type PcscTransport, pcscTransport } from './transport.ts';
export {
  type AttachableCard,
  type AttachedCard,
  type AttachOptions,
  attachVirtualCard,
  type CardEvent,
  VPCD_PORT,
} from './virtual-card.ts';
