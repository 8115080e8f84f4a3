export * from './crypto-conformance.ts';
export type { MemoryUnderTest, NvmUnderTest } from './nvm-conformance.ts';
export { memoryConformance, nvmConformance } from './nvm-conformance.ts';
export type { EveryTear, RestorableNvm, TearMode, TearPlan } from './nvm-torn.ts';
export { everyTear, PowerCut, TEAR_MODES, tornNvm } from './nvm-torn.ts';
