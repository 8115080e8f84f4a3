/** The card application: applets over one purse in tear-safe memory, behind APDUs. */
export { EMV_MODULE_AID } from '@sokkin/codec';
export * from './applet.ts';
export * from './card.ts';
export { MOST_PENDING } from './domain/personaliser.ts';
export { type FactoryKeys, factorySection } from './domain/state.ts';
export { EMV_COMMANDS, emvApplets } from './emv/applet.ts';
export { decodeEmvState, type EmvState, encodeEmvState, newEmvState } from './emv/state.ts';
export * from './engine.ts';
export * from './memory/memory.ts';
export * from './memory/memory-nvm.ts';
export * from './memory/nvm.ts';
export * from './phone-card.ts';
export type { EmvPorts, HolderPort } from './ports.ts';
export * from './purse/applet.ts';
export * from './record.ts';
export * from './store.ts';
export * from './tag/applet.ts';
export type { TagOptions, TagRequest, TagRole } from './tag/messages.ts';
