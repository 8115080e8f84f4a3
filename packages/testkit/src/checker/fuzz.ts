/**
 * Fuzzing: random and mutated command APDUs against two cards that hold value and have paid each other, and a blank one.
 *
 * What must hold after each command, whatever its bytes:
 * - the card answers, with a status word that stands in a table; nothing is thrown;
 * - no value is gained or lost: balances and payments in flight are what was paid in;
 * - a command that was refused has not touched memory (a PIN try aside);
 * - memory opens again.
 * Most commands are real ones with a few bits, bytes, lengths or parts changed, because noise alone does not get past
 * the first parser. The seed gives the run; a failure names it, the number of the command, and its bytes.
 */
import { type Card, inMemoryNvm, type MemoryNvm } from '@sokkin/card';
import { type Bytes, command, concat, encodeCommand, equal, hex, SW } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import {
  assertPurse,
  CLA,
  headAfter,
  INS,
  object,
  PURSE_AID,
  type PurseState,
  READOUT,
  STATUS,
} from '@sokkin/purse';
import {
  blockOf,
  creditRequest,
  grantFor,
  makeActiveCard,
  makeWorld,
  only,
  PIN,
  payRequest,
  personaliseCard,
  readStatement,
  say,
  selectPurse,
  settleRequest,
  storeData,
  ticketRequest,
  type World,
  ZERO_NONCE,
} from '../world.ts';
import { type Machinery, realMachinery } from './machinery.ts';
import { type Random, seeded } from './random.ts';
import { symbolicCrypto } from './symbolic-crypto.ts';

export interface FuzzReport {
  readonly commands: number;
  /** How often each status word came. */
  readonly words: ReadonlyMap<number, number>;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly commands: number;
  readonly machinery?: Machinery;
}

const PROFILE = { cells: 20, tickets: 3, outgoing: 3, pinTries: 3, history: 2 };
/** Commands after which the cards start again from one of the stages. */
const EPISODE = 150;

interface Target {
  readonly nvm: MemoryNvm;
  readonly card: Card;
}
/** Cards between two fresh starts, and the payments that were credited so far, whose Receipts may be forgotten by now. */
interface Episode {
  readonly targets: readonly Target[];
  readonly credited: Set<string>;
}
/** Memories of payer, payee and blank card at one moment. */
type Stage = readonly [Bytes, Bytes, Bytes];

interface Field {
  readonly world: World;
  readonly stages: readonly Stage[];
  /** By stage: the commands that could be sent by then. None has a message from the future in it. */
  readonly corpora: readonly (readonly Bytes[])[];
  readonly total: bigint;
}

export async function fuzz({ seed, commands, machinery = realMachinery }: FuzzOptions): Promise<FuzzReport> {
  const random = seeded(seed);
  const field = await makeField();
  const words = new Map<number, number>();
  let episode: Episode = { targets: [], credited: new Set() };
  let corpus: readonly Bytes[] = [];
  for (let n = 0; n < commands; n++) {
    if (n % EPISODE === 0) {
      const stage = random.below(field.stages.length);
      episode = await start(field, machinery, stage);
      corpus = field.corpora[stage] ?? [];
    }
    const bytes = mutate(corpus, random);
    try {
      const sw = await one(field, machinery, episode, random.pick(episode.targets), bytes);
      words.set(sw, (words.get(sw) ?? 0) + 1);
    } catch (cause) {
      throw new Error(`Fuzzing, seed ${seed}, command ${n}: ${hex(bytes)}: ${String(cause)}`, { cause });
    }
  }
  return { commands, words };
}

async function start(field: Field, machinery: Machinery, stage: number): Promise<Episode> {
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
  valueIn(await statesOf(machinery, targets, field), credited);
  return { targets, credited };
}

async function one(
  field: Field,
  machinery: Machinery,
  { targets, credited }: Episode,
  target: Target,
  bytes: Bytes,
): Promise<number> {
  const before = target.nvm.snapshot();
  const response = await target.card.transmit(bytes);
  const sw = ((response[response.length - 2] ?? 0) << 8) | (response[response.length - 1] ?? 0);
  if (!isKnownWord(sw)) throw new Error(`it answered ${sw.toString(16)}, which stands in no table`);
  const after = target.nvm.snapshot();
  if (equal(before, after)) return sw;
  const isPin = bytes[1] === INS.verify || bytes[1] === INS.changeReferenceData;
  if (sw !== SW.ok && sw >> 8 !== 0x61 && !isPin)
    throw new Error(`refused with ${sw.toString(16)}, and memory has changed`);
  const states = await statesOf(machinery, targets, field);
  for (const state of states) assertPurse(state);
  const total = valueIn(states, credited);
  if (total !== field.total) throw new Error(`value went from ${field.total} to ${total}`);
  return sw;
}

const statesOf = (machinery: Machinery, targets: readonly Target[], field: Field): Promise<PurseState[]> =>
  Promise.all(
    targets.map(async ({ nvm }) => {
      const copy = inMemoryNvm(nvm.size);
      copy.restore(nvm.snapshot());
      return (await machinery.open(copy, field.world.crypto)).store.state;
    }),
  );

/** Balances, and open payments that no payee has credited. Notes the ones that were. */
function valueIn(states: readonly PurseState[], credited: Set<string>): bigint {
  for (const cell of states.flatMap((s) => s.cells)) {
    if (cell?.entry.type !== 'receipt' || cell.entry.fields.outcome !== 'credited') continue;
    credited.add(hex(cell.entry.fields.paymentHash));
  }
  let total = 0n;
  for (const s of states) {
    total += s.balance;
    for (const c of s.cells) {
      if (c === undefined || !('payment' in c) || c.payment !== 'open') continue;
      if (!credited.has(hex(headAfter(c.body)))) total += c.entry.fields.amount;
    }
  }
  return total;
}

const WORDS: ReadonlySet<number> = new Set([
  ...Object.values(SW),
  ...Object.values(STATUS).map((status) => status.sw),
]);
export const isKnownWord = (sw: number): boolean =>
  sw >> 8 === SW.moreData >> 8 || sw >> 4 === SW.counter >> 4 || sw >> 8 === SW.wrongLe >> 8 || WORDS.has(sw);

/** Two cards with a history, at several moments of it, and every command that was or could be sent to them. */
async function makeField(): Promise<Field> {
  const world = await makeWorld(symbolicCrypto());
  const payer = await makeActiveCard(world, 10, { profile: PROFILE, balance: 100n });
  const payee = await makeActiveCard(world, 11, { profile: PROFILE, balance: 50n });
  const blank = inMemoryNvm(payer.nvm.size);
  await realMachinery.create(blank, world.crypto, PROFILE);
  const corpus: { since: number; bytes: Bytes }[] = [];
  const stages: Stage[] = [];
  const add = (...commands: Bytes[]) => {
    for (const bytes of commands) corpus.push({ since: stages.length - 1, bytes });
  };
  const keep = () => stages.push([payer.nvm.snapshot(), payee.nvm.snapshot(), blank.snapshot()]);
  const send = async (card: Card, ins: number, data: Bytes): Promise<Bytes> => {
    add(apdu(CLA.purse, ins, 0, 0, data));
    return only(await say(card, ins, data));
  };
  keep();
  const tickets: Bytes[] = [];
  for (const n of [1, 2]) tickets.push(await send(payee.card, INS.issueTicket, ticketRequest(20n, n)));
  const [first = new Uint8Array(0), second = first] = tickets;
  keep();
  const payment = await send(payer.card, INS.pay, payRequest(payee.certificate, first, 7n));
  const other = await send(payer.card, INS.pay, payRequest(payee.certificate, second, 5n));
  keep();
  const receipt = await send(payee.card, INS.credit, creditRequest(payer.certificate, payment));
  const cancelled = await send(payee.card, INS.cancel, creditRequest(payer.certificate, other));
  keep();
  for (const word of [receipt, cancelled]) {
    add(apdu(CLA.purse, INS.settle, 0, 0, settleRequest(payee.certificate, word)));
    add(apdu(CLA.purse, INS.settle, 0, 0, object('receipt', word)));
  }
  for (const card of [payer.card, payee.card]) {
    add(apdu(CLA.purse, INS.applyGrant, 0, 0, await grantFor(world, await readStatement(card))));
  }
  const plain = await plainCommands(world, payer.certificate);
  const corpora = stages.map((_, i) => [...plain, ...corpus.filter((c) => c.since <= i).map((c) => c.bytes)]);
  return { world, stages, corpora, total: 150n };
}

async function plainCommands(world: World, purse: Certificate): Promise<Bytes[]> {
  const number = (n: number) => object('number', Uint8Array.of(0, 0, 0, n));
  const numbers = [1, 5, 6, 7, 8, 9, 10].map(number);
  const other = await realMachinery.create(
    inMemoryNvm(realMachinery.memorySize(PROFILE)),
    world.crypto,
    PROFILE,
  );
  const certificate = await personaliseCard(world, other, 12);
  return [
    apdu(CLA.interindustry, INS.select, 4, 0, PURSE_AID),
    apdu(CLA.interindustry, INS.verify, 0, 0x80, blockOf(PIN)),
    apdu(CLA.interindustry, INS.verify, 0, 0x80, blockOf('9999')),
    apdu(CLA.interindustry, INS.changeReferenceData, 0, 0x80, concat(blockOf(PIN), blockOf(PIN))),
    apdu(CLA.interindustry, INS.getResponse, 0, 0, new Uint8Array(0)),
    apdu(CLA.purse, INS.generateKey, 0, 0, object('nonce', ZERO_NONCE)),
    apdu(CLA.purse, INS.statement, 0, 0, object('nonce', ZERO_NONCE)),
    apdu(CLA.purse, INS.storeData, 0, 0, storeData(world, certificate)),
    apdu(CLA.purse, INS.storeData, 0, 0, storeData(world, purse)),
    ...numbers.flatMap((data) =>
      [INS.voidTicket, INS.reissue, INS.readJournal].map((ins) => apdu(CLA.purse, ins, 0, 0, data)),
    ),
    ...Object.values(READOUT).map((tag) =>
      apdu(CLA.purse, INS.getData, tag >> 8, tag & 0xff, new Uint8Array(0)),
    ),
  ];
}

const apdu = (cla: number, ins: number, p1: number, p2: number, data: Bytes): Bytes =>
  encodeCommand(command(cla, ins, p1, p2, data, 256));

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
  return apdu(bytes[0] ?? 0, bytes[1] ?? 0, bytes[2] ?? 0, bytes[3] ?? 0, changed.slice(0, 1200));
}
