export * from './crypto-conformance.ts';
export type { MemoryUnderTest, NvmUnderTest } from './nvm-conformance.ts';
export { memoryConformance, nvmConformance } from './nvm-conformance.ts';
export type { EveryTear, RestorableNvm, TearMode, TearPlan } from './nvm-torn.ts';
export { everyTear, PowerCut, TEAR_MODES, tornNvm } from './nvm-torn.ts';
export * from './transport-conformance.ts';
export * from './transport-faults.ts';
export * from './transport-in-process.ts';
export * from './transport-replay.ts';
