/**
 * A card's state as bytes: one head record and a cell an entry (docs/spec/card-application.md, section 6).
 *
 * The head refers to cells by number and by the sequence number that must stand in them, so bytes of a cell
 * that the head does not refer to mean nothing. Certificates never change and have cells of their own; so has
 * what was loaded once for the other applications (`files`).
 *
 * Behind the purse's part stand the sections of the other applications, each in a format of its own.
 */
import { assert, type Bytes, concat, Reader, SokkinError, Writer } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import {
  type Cell,
  type CounterpartyClass,
  type Identity,
  isApproval,
  isPayment,
  isTicket,
  LIFECYCLES,
  MAX_BLOCKED,
  type PaymentState,
  type Profile,
  type PurseState,
  parseEntry,
  readLimits,
  SIGNATURE_LENGTH,
  type TicketState,
  writeLimits,
} from '@sokkin/purse';
import type { Geometry } from './memory/layout.ts';

/** Version 1 ended before the sections; it is still read, and written anew as version 2. */
export const RECORD_VERSION = 2;
/** Root, issuer and purse certificate stand in the first cells. */
export const IDENTITY_CELLS = 3;
/** Length, then a body of at most 120 bytes and its signature, or a certificate. */
export const CELL_SIZE = 240;

const TICKETS: readonly TicketState[] = ['open', 'credited', 'cancelled', 'forgotten'];
const PAYMENTS: readonly PaymentState[] = ['open', 'credited', 'cancelled'];
const FIXED_HEAD = 512;
/** Bytes of the head for the sections. */
const SECTION_ROOM = 512;
/** Cells for the files; they stand behind the journal's. */
export const FILE_CELLS = 16;
export const MOST_FILE_BYTES = FILE_CELLS * CELL_SIZE;

export const geometryOf = (profile: Profile): Geometry => ({
  headSize: FIXED_HEAD + 8 * MAX_BLOCKED + 5 * profile.cells + SECTION_ROOM,
  cellSize: CELL_SIZE,
  cellCount: IDENTITY_CELLS + profile.cells + FILE_CELLS,
});

/** What applications beside the purse remember in the head, in the order of the record. */
const SECTIONS = ['domain', 'emv'] as const;
export type SectionName = (typeof SECTIONS)[number];
export type Sections = Readonly<Partial<Record<SectionName, Bytes>>>;

/** All that a card remembers. */
export interface CardState {
  readonly purse: PurseState;
  readonly sections: Sections;
  /** Written once, and never changed; empty until then. */
  readonly files: Bytes;
}

/** The head ends in its table of cells. */
export function encodeHead({ purse, sections, files }: CardState): Bytes {
  const w = new Writer().u8(RECORD_VERSION);
  writePurse(w, purse);
  w.u16(files.length);
  for (const name of SECTIONS) {
    const section = sections[name];
    w.u16(section?.length ?? 0);
    if (section !== undefined) w.bytes(section);
  }
  for (const cell of purse.cells) {
    if (cell === undefined) w.u8(0).u32(0);
    else w.u8(statusByte(cell)).u32(cell.entry.fields.seq);
  }
  return w.finish();
}

function writePurse(w: Writer, state: PurseState): void {
  w.u16(state.profile.cells)
    .u8(state.profile.tickets)
    .u8(state.profile.outgoing)
    .u8(state.profile.pinTries)
    .u8(state.profile.history)
    .u8(LIFECYCLES.indexOf(state.lifecycle));
  if (state.key === undefined) w.u8(0);
  else w.u8(state.key.handle.length).bytes(state.key.handle).bytes(state.key.publicKey);
  if (state.pin === undefined) w.u8(0);
  else w.u8(1).bytes(state.pin.block).u8(state.pin.triesLeft);
  w.u8(state.identity === undefined ? 0 : 1)
    .u32(state.seq)
    .bytes(state.head)
    .u64(state.balance)
    .u32(state.epoch)
    .u32(state.ackSeq)
    .u32(state.grantNo)
    .bytes(state.grantHash);
  writeLimits(w, state.limits);
  for (const amount of state.spent) w.u64(amount);
  w.u16(state.spentCount).u64(state.spentWithoutPin).u8(state.blocked.length);
  for (const id of state.blocked) w.bytes(id);
}

/** Low nibble: 1 + what became of it. High nibble: 1 + the class a payment counted against, or 0. */
function statusByte(cell: Cell): number {
  if (isTicket(cell)) return 1 + TICKETS.indexOf(cell.ticket);
  if (isPayment(cell)) {
    return (1 + PAYMENTS.indexOf(cell.payment)) | (cell.counted === undefined ? 0 : (1 + cell.counted) << 4);
  }
  if (isApproval(cell)) return 1 + PAYMENTS.indexOf(cell.approval);
  return 1;
}

export function encodeCell(cell: Cell): Bytes {
  const w = new Writer().u8(cell.body.length).bytes(cell.body);
  if (cell.signature !== undefined) w.bytes(cell.signature);
  return w.finish();
}

/** The cells in which `next` differs from `old`, ready to be written. Freed cells are not touched. */
export function changedCells(old: CardState, next: CardState): { index: number; bytes: Bytes }[] {
  return [...changedEntries(old.purse, next.purse), ...changedFiles(old, next)];
}

function changedFiles(old: CardState, next: CardState): { index: number; bytes: Bytes }[] {
  if (next.files === old.files) return [];
  assert(old.files.length === 0, 'files are written once');
  const first = IDENTITY_CELLS + next.purse.profile.cells;
  const count = Math.ceil(next.files.length / CELL_SIZE);
  return Array.from({ length: count }, (_, i) => ({
    index: first + i,
    bytes: next.files.slice(i * CELL_SIZE, (i + 1) * CELL_SIZE),
  }));
}

function changedEntries(old: PurseState, next: PurseState): { index: number; bytes: Bytes }[] {
  const changed: { index: number; bytes: Bytes }[] = [];
  if (next.identity !== undefined && next.identity !== old.identity) {
    const { root, issuer, purse } = next.identity;
    for (const [index, certificate] of [root, issuer, purse].entries()) {
      changed.push({ index, bytes: certificate.bytes });
    }
  }
  next.cells.forEach((cell, i) => {
    if (cell === undefined || cell.body === old.cells[i]?.body) return;
    assert(
      old.cells[i] === undefined,
      'a cell is written only while the committed head does not refer to it',
    );
    changed.push({ index: IDENTITY_CELLS + i, bytes: encodeCell(cell) });
  });
  return changed;
}

const damaged = (what: string): SokkinError =>
  new SokkinError('memory_damaged', `The card's memory is damaged: ${what}. It was not changed.`);

/** Rebuilds the state. `readCell` gives the bytes of a cell of the memory, identity cells first. */
export function decodeState(head: Bytes, readCell: (index: number) => Bytes | undefined): CardState {
  const r = new Reader(head, 'card state');
  const version = r.u8();
  if (version !== 1 && version !== RECORD_VERSION) {
    throw new SokkinError(
      'memory_version',
      `The card's memory has format ${version}; this program reads formats 1 and ${RECORD_VERSION}.`,
    );
  }
  const purse = readPurse(r, readCell);
  const first = IDENTITY_CELLS + purse.profile.cells;
  const { sections, files } = version === 1 ? NOTHING_MORE : readMore(r, (i) => readCell(first + i));
  const cells = Array.from({ length: purse.profile.cells }, (_, i) => {
    const status = r.u8();
    const cellSeq = r.u32();
    return status === 0 ? undefined : readEntryCell(readCell(IDENTITY_CELLS + i), status, cellSeq, i);
  });
  r.end();
  return { purse: { ...purse, cells }, sections, files };
}

const NOTHING_MORE = { sections: {}, files: new Uint8Array(0) };

function readMore(r: Reader, readCell: (index: number) => Bytes | undefined): Omit<CardState, 'purse'> {
  const length = r.u16();
  const sections: Partial<Record<SectionName, Bytes>> = {};
  for (const name of SECTIONS) {
    const section = r.take(r.u16());
    if (section.length > 0) sections[name] = section.slice();
  }
  const parts = Array.from({ length: Math.ceil(length / CELL_SIZE) }, (_, i) => {
    const bytes = readCell(i);
    if (bytes === undefined) throw damaged(`file cell ${i} is empty`);
    return bytes;
  });
  const files = concat(...parts);
  if (files.length !== length) throw damaged(`its files have ${files.length} of ${length} bytes`);
  return { sections, files };
}

function readPurse(r: Reader, readCell: (index: number) => Bytes | undefined): Omit<PurseState, 'cells'> {
  const profile: Profile = {
    cells: r.u16(),
    tickets: r.u8(),
    outgoing: r.u8(),
    pinTries: r.u8(),
    history: r.u8(),
  };
  const lifecycle = LIFECYCLES[r.u8()];
  if (lifecycle === undefined) throw damaged('its lifecycle is unknown');
  const handleLength = r.u8();
  const key = handleLength === 0 ? undefined : { handle: r.take(handleLength), publicKey: r.take(65) };
  const pin = r.u8() === 0 ? undefined : { block: r.take(8), triesLeft: r.u8() };
  const identity = r.u8() === 0 ? undefined : readIdentity(readCell);
  const seq = r.u32();
  const chainHead = r.take(32);
  const balance = r.u64();
  const epoch = r.u32();
  const ackSeq = r.u32();
  const grantNo = r.u32();
  const grantHash = r.take(32);
  const limits = readLimits(r);
  const spent: [bigint, bigint, bigint] = [r.u64(), r.u64(), r.u64()];
  const spentCount = r.u16();
  const spentWithoutPin = r.u64();
  const blocked = Array.from({ length: r.u8() }, () => r.take(8));
  return {
    profile,
    lifecycle,
    key,
    identity,
    pin,
    seq,
    head: chainHead,
    balance,
    epoch,
    ackSeq,
    grantNo,
    grantHash,
    limits,
    spent,
    spentCount,
    spentWithoutPin,
    blocked,
  };
}

function readIdentity(readCell: (index: number) => Bytes | undefined): Identity {
  const [root, issuer, purse] = [0, 1, 2].map((i) => {
    const bytes = readCell(i);
    if (bytes === undefined) throw damaged(`certificate cell ${i} is empty`);
    return parseCertificate(bytes);
  });
  if (root === undefined || issuer === undefined || purse === undefined)
    throw damaged('a certificate is missing');
  return { root, issuer, purse };
}

function readEntryCell(bytes: Bytes | undefined, status: number, seq: number, index: number): Cell {
  if (bytes === undefined) throw damaged(`journal cell ${index} is empty`);
  const r = new Reader(bytes, `journal cell ${index}`);
  const body = r.take(r.u8());
  const rest = r.rest();
  if (rest.length !== 0 && rest.length !== SIGNATURE_LENGTH)
    throw damaged(`journal cell ${index} has a wrong length`);
  const signature = rest.length === 0 ? undefined : rest;
  const entry = parseEntry(body);
  if (entry.fields.seq !== seq)
    throw damaged(`journal cell ${index} holds entry ${entry.fields.seq}, not ${seq}`);
  const state = (status & 0x0f) - 1;
  switch (entry.type) {
    case 'ticket': {
      const ticket = TICKETS[state];
      if (ticket === undefined) throw damaged(`journal cell ${index} has an unknown ticket state`);
      return { entry, body, signature, ticket };
    }
    case 'payment': {
      const payment = PAYMENTS[state];
      const counted = (status >> 4) - 1;
      if (payment === undefined || counted > 2)
        throw damaged(`journal cell ${index} has an unknown payment state`);
      return {
        entry,
        body,
        signature,
        payment,
        counted: counted < 0 ? undefined : (counted as CounterpartyClass),
      };
    }
    case 'approval': {
      const approval = PAYMENTS[state];
      if (approval === undefined || status >> 4 !== 0)
        throw damaged(`journal cell ${index} has an unknown approval state`);
      return { entry, body, signature, approval };
    }
    default:
      return { entry, body, signature } as Cell;
  }
}
