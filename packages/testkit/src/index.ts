/** What tests are made of: torn memory, faulty transports, the checker, a small world, and the conformance suites. */

export type { CardUnderTest } from './card-conformance/tapping.ts';
export * from './card-conformance.ts';
export { explore, type Report, told } from './checker/explore.ts';
export { fuzz, isKnownWord } from './checker/fuzz.ts';
export { contentsText, type Machinery, realMachinery } from './checker/machinery.ts';
export type { Move, MoveKind } from './checker/moves.ts';
export { assertPinBurnsFirst, pinTriesUnderCuts } from './checker/pin.ts';
export { play } from './checker/play.ts';
export { seeded } from './checker/random.ts';
export { prepare, SETUPS, type Setup } from './checker/setups.ts';
export { learn, memoryOf, type Situation } from './checker/situation.ts';
export { symbolicCrypto } from './checker/symbolic-crypto.ts';
export { ALL_CHECKS, type Invariant, Violation } from './checker/violation.ts';
export { walk } from './checker/walk.ts';
export * from './crypto-conformance.ts';
export { payWithEmv } from './emv-terminal/transaction.ts';
export type * from './emv-terminal/types.ts';
export { EmvViolation } from './emv-terminal/violation.ts';
export type { MemoryUnderTest, NvmUnderTest } from './nvm-conformance.ts';
export { memoryConformance, nvmConformance } from './nvm-conformance.ts';
export type { EveryTear, RestorableNvm, TearMode, TearPlan } from './nvm-torn.ts';
export { everyTear, PowerCut, TEAR_MODES, tornNvm } from './nvm-torn.ts';
export * from './transport-conformance.ts';
export * from './transport-faults.ts';
export * from './transport-in-process.ts';
export * from './transport-replay.ts';
export * from './world.ts';
