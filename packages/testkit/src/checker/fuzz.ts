/**
 * Fuzzing: random and mutated command APDUs against two cards that hold value, have paid each other and in a shop, and
 * a blank one.
 *
 * What must hold after each command, whatever its bytes:
 * - the card answers, with a status word that stands in a table; nothing is thrown;
 * - no value is gained or lost: balances, payments and approvals in flight, and what was cleared are what was paid in;
 * - a command that was refused has not touched memory (a PIN try, and the note that a script failed, aside);
 * - memory opens again.
 * Most commands are real ones with a few bits, bytes, lengths or parts changed, because noise alone does not get past
 * the first parser; some come at the end of a real transaction. The seed gives the run; a failure names it, the number of the command, and its bytes.
 */
import { type Card, inMemoryNvm, type MemoryNvm } from '@sokkin/card';
import { type Bytes, concat, equal, hex, SW } from '@sokkin/codec';
import {
  assertPurse,
  headAfter,
  INS,
  isApproval,
  isOutgoing,
  outgoingState,
  type PaymentState,
  type PurseState,
  STATUS,
} from '@sokkin/purse';
import { selectPurse } from '../world.ts';
import { type Field, fuzzApdu, makeField, type Script } from './fuzz-field.ts';
import { type Machinery, realMachinery } from './machinery.ts';
import { type Random, seeded } from './random.ts';
import { SELECT_PURSE } from './session.ts';

export interface FuzzReport {
  readonly commands: number;
  /** How often each status word came. */
  readonly words: ReadonlyMap<number, number>;
  /** How many different approvals were seen open, cleared, taken back. */
  readonly approvals: Readonly<Record<PaymentState, number>>;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly commands: number;
  readonly machinery?: Machinery;
}

/** Commands after which the cards start again from one of the stages. */
const EPISODE = 150;
/** One turn in so many is a script, and one begins with SELECT of the purse. */
const SCRIPTED = 6;

interface Target {
  readonly nvm: MemoryNvm;
  readonly card: Card;
}
/** Cards between two fresh starts, and the payments that were credited so far, whose Receipts may be forgotten by now. */
interface Episode {
  readonly targets: readonly Target[];
  readonly credited: Set<string>;
  /** All through the run. */
  readonly met: Met;
}
/** Approvals by their entries' hashes. */
type Met = Readonly<Record<PaymentState, Set<string>>>;
export async function fuzz({ seed, commands, machinery = realMachinery }: FuzzOptions): Promise<FuzzReport> {
  const random = seeded(seed);
  const field = await makeField();
  const words = new Map<number, number>();
  const met: Met = { open: new Set(), credited: new Set(), cancelled: new Set() };
  let episode: Episode = { targets: [], credited: new Set(), met };
  let [corpus, scripts]: readonly [readonly Bytes[], readonly Script[]] = [[], []];
  for (let n = 0; n < commands; n++) {
    if (n % EPISODE === 0) {
      const stage = random.below(field.stages.length);
      episode = await start(field, machinery, stage, met);
      corpus = field.corpora[stage] ?? [];
      scripts = field.scripts[stage] ?? [];
    }
    const target = random.pick(episode.targets);
    const said = next(corpus, scripts, random);
    for (const bytes of said) {
      try {
        const sw = await one(field, machinery, episode, target, bytes);
        words.set(sw, (words.get(sw) ?? 0) + 1);
      } catch (cause) {
        throw new Error(`Fuzzing, seed ${seed}, command ${n}: ${hex(bytes)}: ${String(cause)}`, { cause });
      }
    }
  }
  const approvals = { open: met.open.size, credited: met.credited.size, cancelled: met.cancelled.size };
  return { commands, words, approvals };
}

async function start(field: Field, machinery: Machinery, stage: number, met: Met): Promise<Episode> {
  const targets = await Promise.all(
    (field.stages[stage] ?? []).map(async (image) => {
      const nvm = inMemoryNvm(image.length);
      nvm.restore(image);
      const { card } = await machinery.open(nvm, field.world.crypto);
      await selectPurse(card);
      return { nvm, card };
    }),
  );
  const credited = new Set<string>();
  valueIn(await statesOf(machinery, targets, field), credited, field);
  return { targets, credited, met };
}

async function one(
  field: Field,
  machinery: Machinery,
  { targets, credited, met }: Episode,
  target: Target,
  bytes: Bytes,
): Promise<number> {
  const before = target.nvm.snapshot();
  const response = await target.card.transmit(bytes);
  const sw = ((response[response.length - 2] ?? 0) << 8) | (response[response.length - 1] ?? 0);
  if (!isKnownWord(sw)) throw new Error(`it answered ${sw.toString(16)}, which stands in no table`);
  const after = target.nvm.snapshot();
  if (equal(before, after)) return sw;
  if (sw !== SW.ok && sw >> 8 !== 0x61 && !mayNoteFailure(bytes))
    throw new Error(`refused with ${sw.toString(16)}, and memory has changed`);
  const states = await statesOf(machinery, targets, field);
  for (const state of states) {
    assertPurse(state);
    for (const c of state.cells.filter(isApproval)) met[c.approval].add(hex(headAfter(c.body)));
  }
  const total = valueIn(states, credited, field);
  if (total !== field.total) throw new Error(`value went from ${field.total} to ${total}`);
  return sw;
}

/** PIN tries burn, and what came under a wrong MAC is noted. */
const mayNoteFailure = ([cla = 0, ins]: Bytes): boolean =>
  ins === INS.verify || ins === INS.changeReferenceData || (cla & SECURE_MESSAGING) !== 0;
const SECURE_MESSAGING = 0x0c;

const statesOf = (machinery: Machinery, targets: readonly Target[], field: Field): Promise<PurseState[]> =>
  Promise.all(
    targets.map(async ({ nvm }) => {
      const copy = inMemoryNvm(nvm.size);
      copy.restore(nvm.snapshot());
      return (await machinery.open(copy, field.world.crypto)).store.state;
    }),
  );

/** Balances, open payments that no payee has credited (notes the ones that were), approvals open or cleared. */
function valueIn(states: readonly PurseState[], credited: Set<string>, { clearing }: Field): bigint {
  for (const cell of states.flatMap((s) => s.cells)) {
    if (cell?.entry.type !== 'receipt' || cell.entry.fields.outcome !== 'credited') continue;
    credited.add(hex(cell.entry.fields.paymentHash));
  }
  let total = 0n;
  for (const s of states) {
    total += s.balance;
    for (const c of s.cells) {
      if (!isOutgoing(c) || outgoingState(c) !== 'open') continue;
      if (isApproval(c) || !credited.has(hex(headAfter(c.body)))) total += c.entry.fields.amount;
    }
    if (equal(s.grantHash, clearing.grantHash)) total += clearing.amount;
  }
  return total;
}

const WORDS: ReadonlySet<number> = new Set([
  ...Object.values(SW),
  ...Object.values(STATUS).map((status) => status.sw),
]);
export const isKnownWord = (sw: number): boolean =>
  sw >> 8 === SW.moreData >> 8 || sw >> 4 === SW.counter >> 4 || sw >> 8 === SW.wrongLe >> 8 || WORDS.has(sw);

/** Mostly one command to whatever is selected; now and then to the purse again, or to a transaction that has begun. */
function next(corpus: readonly Bytes[], scripts: readonly Script[], random: Random): readonly Bytes[] {
  switch (random.below(SCRIPTED)) {
    case 0:
      return [SELECT_PURSE, mutate(corpus, random)];
    case 1: {
      const script = random.pick(scripts);
      const isWhole = random.below(2) === 0;
      return isWhole ? script : [...script.slice(0, -1), mutate(script.slice(-1), random)];
    }
    default:
      return [mutate(corpus, random)];
  }
}

function mutate(corpus: readonly Bytes[], random: Random): Bytes {
  const bytes = random.pick(corpus).slice();
  switch (random.below(12)) {
    case 0:
      return Uint8Array.from({ length: random.below(300) }, () => random.below(256));
    case 1:
      return bytes;
    case 2:
      return bytes.slice(0, random.below(bytes.length + 1));
    case 3:
      return spliced(bytes, random.pick(corpus), random);
    case 4:
      return concat(
        bytes,
        Uint8Array.from({ length: 1 + random.below(8) }, () => random.below(256)),
      );
    case 5:
      return reheaded(bytes, random);
    case 6:
      return chained(bytes, random);
    case 7:
      return repacked(bytes, random);
    default:
      return flipped(bytes, random);
  }
}

function flipped(bytes: Bytes, random: Random): Bytes {
  for (let n = 1 + random.below(3); n > 0; n--) {
    const at = random.below(bytes.length);
    bytes[at] = random.below(3) === 0 ? random.below(256) : (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  return bytes;
}

const spliced = (a: Bytes, b: Bytes, random: Random): Bytes =>
  concat(a.slice(0, random.below(a.length + 1)), b.slice(random.below(b.length + 1)));

function reheaded(bytes: Bytes, random: Random): Bytes {
  bytes[random.below(4)] = random.below(256);
  return bytes;
}

/** One piece of a chain: the card waits for more, or takes what came before for the beginning. */
function chained(bytes: Bytes, random: Random): Bytes {
  const piece = bytes.slice(0, 5 + random.below(Math.min(bytes.length, 200)));
  piece[0] = (piece[0] ?? 0) | 0x10;
  if (piece.length > 4) piece[4] = piece.length - 5;
  return piece;
}

/** A changed data field under lengths that are right, so that it reaches the parsers behind the first one. */
function repacked(bytes: Bytes, random: Random): Bytes {
  const extended = bytes.length > 7 && bytes[4] === 0;
  const from = extended ? 7 : 5;
  const until = bytes.length - (extended ? 2 : 1);
  if (until <= from) return bytes;
  const data = bytes.slice(from, until);
  const [a, b] = [random.below(data.length), random.below(data.length)];
  const [start, end] = [Math.min(a, b), Math.max(a, b)];
  const changed =
    random.below(2) === 0
      ? concat(data.slice(0, start), data.slice(end))
      : concat(data.slice(0, end), data.slice(start, end), data.slice(end));
  return fuzzApdu(bytes[0] ?? 0, bytes[1] ?? 0, bytes[2] ?? 0, bytes[3] ?? 0, changed.slice(0, 1200));
}
