/**
 * The directory of a contactless card and what of it this terminal can serve (Book B, 3.3.2).
 *
 * What must hold: pure; an entry that is wrong is passed over, a directory that does not parse has none; candidates come
 * in the order in which they are tried.
 */
import { ascii, type Bytes, concat, decodeTlv, equal, hex, SokkinError, type Tlv } from '@sokkin/codec';
import { TAG } from '../tags.ts';
import type { Prepared } from './preprocess.ts';

/** 2PAY.SYS.DDF01: the Proximity Payment System Environment. */
export const DIRECTORY_NAME: Bytes = ascii('2PAY.SYS.DDF01');

export interface DirectoryEntry {
  readonly adfName: Bytes;
  /** 1 to 15, 1 the best; 16 for an entry that names none (Book B, 3.3.3.2). */
  readonly priority: number;
  /** Tag 9F2A. */
  readonly kernel: Bytes | undefined;
  /** Tag 9F29. */
  readonly extendedSelection: Bytes | undefined;
}

/** A combination that card and terminal have in common. */
export interface Candidate {
  readonly entry: DirectoryEntry;
  readonly prepared: Prepared;
}

/** An answer without contacts has at most 256 bytes of data; so a directory has no more than some dozens of entries. */
const MOST_BYTES = 256;
const NO_PRIORITY = 16;
/** Doubled elements spoil their entry, not the directory. */
const READ = {
  padding: true,
  repeatable: new Set<number>([
    TAG.entry,
    TAG.adfName,
    TAG.priority,
    TAG.kernel,
    TAG.extendedSelection,
    0x50,
  ]),
};

/** The entries of the answer to SELECT of the directory; none if it is no such answer (3.3.2.4). */
export function readDirectory(answer: Bytes): readonly DirectoryEntry[] {
  if (answer.length > MOST_BYTES) return [];
  const fci = readOrNothing(answer);
  const name = childOf(fci, TAG.dfName)?.value;
  if (fci?.tag !== TAG.fci || name === undefined || !equal(name, DIRECTORY_NAME)) return [];
  const list = childOf(childOf(fci, TAG.proprietary), TAG.discretionary);
  return (list?.children ?? []).filter((t) => t.tag === TAG.entry).flatMap((t) => readEntry(t) ?? []);
}

function readOrNothing(answer: Bytes): Tlv | undefined {
  try {
    return decodeTlv(answer, READ);
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

const childOf = (node: Tlv | undefined, tag: number): Tlv | undefined =>
  node?.children?.find((t) => t.tag === tag);

/** 3.3.2.5 A: an entry without a proper ADF name is passed over; so is one that says a thing twice. */
function readEntry({ children = [] }: Tlv): DirectoryEntry | undefined {
  const tags = children.map((t) => t.tag);
  if (new Set(tags).size !== tags.length) return undefined;
  const value = (tag: number): Bytes | undefined => children.find((t) => t.tag === tag)?.value.slice();
  const adfName = value(TAG.adfName);
  if (adfName === undefined || adfName.length < 5 || adfName.length > 16) return undefined;
  const [kernel, extendedSelection] = [value(TAG.kernel), value(TAG.extendedSelection)];
  if ((kernel?.length ?? 0) > 8 || (extendedSelection?.length ?? 0) > 8) return undefined;
  const priority = (value(TAG.priority)?.[0] ?? 0) & 0x0f || NO_PRIORITY;
  return { adfName, priority, kernel, extendedSelection };
}

/** 3.3.2.5 C: the kernel of an entry that names none, by its RID (Book B, table 3-6). */
const DEFAULT_KERNELS: ReadonlyMap<string, number> = new Map([
  ['a000000004', 2],
  ['a000000003', 3],
  ['a000000025', 4],
  ['a000000065', 5],
  ['a000000152', 6],
  ['a000000333', 7],
]);

/** 3.3.2.5 C: what an entry asks for: `any` of the terminal's, this one, or nothing that the books define. */
function requestedKernel({ kernel, adfName }: DirectoryEntry): Bytes | 'any' | 'undefined' {
  const first = kernel?.[0];
  if (kernel === undefined || first === undefined) {
    const number = DEFAULT_KERNELS.get(hex(adfName.subarray(0, 5)));
    return number === undefined ? 'any' : Uint8Array.of(number);
  }
  // bits 8 and 7: 00 and 01 are followed by the number of a kernel, 10 and 11 by that of a domestic one
  if ((first & 0x80) === 0) return first === 0 ? 'any' : Uint8Array.of(first);
  // a domestic kernel has its country behind it; number 0 is between card and terminal, and this terminal knows none
  return kernel.length < 3 || (first & 0x3f) === 0 ? 'undefined' : kernel.subarray(0, 3);
}

/** The candidates, the best first (3.3.2.5 and 3.3.3.2): by priority, then as the directory has them. */
export function candidatesOf(
  entries: readonly DirectoryEntry[],
  combinations: readonly Prepared[],
): readonly Candidate[] {
  const found = entries.flatMap((entry) => {
    const wanted = requestedKernel(entry);
    return combinations
      .filter(({ combination }) => serves(combination, entry.adfName, wanted))
      .map((prepared) => ({ entry, prepared }));
  });
  return found.sort((a, b) => a.entry.priority - b.entry.priority);
}

/** 3.3.2.5 B and D: AID or its beginning, and the kernel. */
function serves(
  { aid, kernel }: Prepared['combination'],
  adfName: Bytes,
  wanted: Bytes | 'any' | 'undefined',
): boolean {
  if (wanted === 'undefined' || !equal(aid, adfName.subarray(0, aid.length))) return false;
  return wanted === 'any' || equal(kernel, wanted);
}

/** The name in the SELECT of a candidate: with its extended selection where both know it (3.3.3.3). */
export function nameToSelect({ entry, prepared }: Candidate): Bytes {
  const { adfName, extendedSelection } = entry;
  if (!prepared.combination.extendedSelection || extendedSelection === undefined) return adfName;
  const name = concat(adfName, extendedSelection);
  return name.length <= 16 ? name : adfName;
}
