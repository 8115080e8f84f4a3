/**
 * Engines broken on purpose, each in one way that somebody could really get wrong. They live here only; the checker
 * must find each out (checker.mutants.test.ts).
 *
 * How: commands get a distorted view of the state, or a memory that keeps its word badly. Nothing in the engine
 * knows of it but the table of commands that `purseApplet` takes.
 */
import { assert, type Bytes, type CommandApdu, decodeTlvs, Reader, Writer } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import {
  blankPurse,
  burnPinTry,
  checkPin,
  headAfter,
  INS,
  OBJECT,
  type PurseState,
  paymentCell,
  settle,
  verifyReceipt,
} from '@sokkin/purse';
import { contentsText, type Machinery, type PoweredStore, realMachinery } from '@sokkin/testkit';
import { failed, ok } from '../src/applet.ts';
import {
  changedCells,
  createEngine,
  decodeState,
  encodeCell,
  encodeHead,
  geometryOf,
  IDENTITY_CELLS,
  type Nvm,
  openMemory,
  openStore,
  PURSE_COMMANDS,
  type PurseStore,
  purseApplet,
} from '../src/index.ts';
import { crc32 } from '../src/memory/crc32.ts';
import { type Command, type Context, commit, malformed, perform } from '../src/purse/context.ts';
import { readChain, trustOf } from '../src/purse/data.ts';

/** The real engine, but over another store, or with other commands. */
function altered(
  name: string,
  store: (real: PurseStore, nvm: Nvm) => PurseStore,
  command: (real: Command) => Command = (c) => c,
): Machinery {
  return {
    ...realMachinery,
    name,
    async open(nvm, crypto) {
      const real = await openStore(nvm);
      assert(real !== undefined, 'the card was finished');
      const changed = store(real, nvm);
      return {
        card: createEngine([purseApplet(changed, crypto, PURSE_COMMANDS.map(command))]),
        store: alone(changed),
      };
    },
  };
}

/** A store without any other application than the purse. */
const alone = (store: PurseStore): PoweredStore => ({
  get state() {
    return store.state;
  },
  commit: (next) => store.commit(next),
  section: () => undefined,
});

/** The command `ins` sees the state through `view`. */
function seeing(name: string, ins: number, view: (state: PurseState) => PurseState): Machinery {
  return altered(
    name,
    (real) => real,
    (c) => (c.ins === ins ? { ...c, run: (ctx, apdu) => c.run(viewing(ctx, view), apdu) } : c),
  );
}

function viewing(ctx: Context, view: (state: PurseState) => PurseState): Context {
  const real = ctx.store.state;
  const seen = view(real);
  const store: PurseStore = {
    get state() {
      return ctx.store.state === real ? seen : ctx.store.state;
    },
    async commit(next) {
      if (next !== seen) await ctx.store.commit(next);
    },
  };
  return { ...ctx, store };
}

const mapCells = (
  state: PurseState,
  change: (c: NonNullable<PurseState['cells'][number]>) => PurseState['cells'][number],
): PurseState => ({ ...state, cells: state.cells.map((c) => (c === undefined ? c : change(c))) });

export const recreditTwice = seeing('re-credit twice', INS.settle, (s) =>
  mapCells(s, (c) => ('payment' in c && c.payment === 'cancelled' ? { ...c, payment: 'open' } : c)),
);

export const ticketReuse = seeing('ticket not consumed', INS.credit, (s) =>
  mapCells(s, (c) => ('ticket' in c && c.ticket === 'credited' ? { ...c, ticket: 'open' } : c)),
);

export const cancelAfterCredit = seeing('cancel after credit', INS.cancel, (s) =>
  mapCells(s, (c) => ('ticket' in c && c.ticket === 'credited' ? { ...c, ticket: 'open' } : c)),
);

export const debitTwice = seeing('debit twice when PAY is repeated', INS.pay, (s) =>
  mapCells(s, (c) =>
    'payment' in c ? { ...c, entry: { ...c.entry, fields: { ...c.entry.fields, ticketNo: 0 } } } : c,
  ),
);

export const forgetsOpenTicket = seeing('the window forgets an open ticket', INS.issueTicket, (s) => {
  const remembered = s.cells.flatMap((c) =>
    c !== undefined && 'ticket' in c && c.ticket !== 'forgotten' ? [c] : [],
  );
  if (remembered.length < s.profile.tickets) return s;
  const oldest = Math.min(...remembered.map((c) => c.entry.fields.seq));
  return mapCells(s, (c) =>
    'ticket' in c && c.entry.fields.seq === oldest ? { ...c, ticket: 'cancelled' } : c,
  );
});

/** The command `ins` says yes first and writes afterwards. */
const storingLate = (name: string, ins: number): Machinery =>
  altered(
    name,
    (real) => real,
    (c) =>
      c.ins === ins ? { ...c, run: (ctx, apdu) => c.run({ ...ctx, store: late(ctx.store) }, apdu) } : c,
  );

const late = (real: PurseStore): PurseStore => ({
  get state() {
    return real.state;
  },
  async commit(next) {
    if (next !== real.state) setTimeout(() => real.commit(next).catch(() => undefined), 0);
  },
});

export const creditBeforeStore = storingLate('credit before store', INS.credit);
export const debitAfterAnswer = storingLate('debit after the answer', INS.pay);

/** SETTLE believes the number of a payment and does not look whether it is that payment. */
export const settlesWithoutHash = altered(
  'settle without checking the hash',
  (real) => real,
  (c) => (c.ins === INS.settle ? { ...c, run: settleByNumber } : c),
);

async function settleByNumber(ctx: Context, { data }: CommandApdu) {
  const { state } = ctx.store;
  const shown = (tag: number): Bytes =>
    decodeTlvs(data).find((t) => t.tag === tag)?.value ?? new Uint8Array(0);
  const trust = trustOf(state);
  const chain = readChain(state, ctx.readCertificate, shown(OBJECT.purse), undefined);
  if (trust === undefined || chain === 'certificate_malformed') return malformed();
  const receipt = await verifyReceipt(ctx.crypto, trust, chain, shown(OBJECT.receipt));
  if (receipt.status !== 'ok') return malformed();
  const { fields } = receipt.value;
  const cell = paymentCell(state, fields.paymentNo);
  const believed = cell === undefined ? fields : { ...fields, paymentHash: headAfter(cell.body) };
  return perform(ctx, settle(state, believed), undefined);
}

/** Compares first, and takes a try off only when the PIN was wrong. */
export const pinComparedFirst = altered(
  'PIN compared before a try is burnt',
  (real) => real,
  (c) => (c.ins === INS.verify ? { ...c, run: verifyCarelessly } : c),
);

async function verifyCarelessly(ctx: Context, { data }: CommandApdu) {
  const right = checkPin(ctx.store.state, data);
  const burnt = burnPinTry(ctx.store.state);
  if (right !== undefined) await commit(ctx, right);
  else if (burnt.status === 'ok') await commit(ctx, burnt.state);
  return right === undefined ? failed(0x63c0) : ok();
}

/** Puts a new entry into a cell that this very commit frees, and that the old head still refers to. */
export const overwritesCell = altered('a cell overwritten while it is referred to', (real, nvm) => {
  let state = real.state;
  return {
    get state() {
      return state;
    },
    async commit(next) {
      if (next === state) return;
      const moved = intoFreedCell(state, next);
      const memory = await openMemory(nvm);
      const written = moved.cells.flatMap((cell, i) =>
        cell === undefined || cell.body === state.cells[i]?.body
          ? []
          : [{ index: IDENTITY_CELLS + i, bytes: encodeCell(cell) }],
      );
      await memory.commit(encodeHead(cardOf(moved)), written);
      state = moved;
    },
  };
});

/** A card of nothing but this purse. */
const cardOf = (purse: PurseState) => ({ purse, sections: {}, files: NONE });
const NONE = new Uint8Array(0);

function intoFreedCell(old: PurseState, next: PurseState): PurseState {
  const freed = next.cells.findIndex((c, i) => c === undefined && old.cells[i] !== undefined);
  const added = next.cells.findIndex((c, i) => c !== undefined && old.cells[i] === undefined);
  if (freed < 0 || added < 0) return next;
  const cells = [...next.cells];
  cells[freed] = cells[added];
  cells[added] = undefined;
  return { ...next, cells };
}

/**
 * A memory as somebody in a hurry writes it: slots of head and counter, cells beside them. Two slots with a checksum
 * are right (but for bit rot); with one slot, or without a checksum, a torn write leaves no state or a mixed one.
 */
function hastyMemory(name: string, { slots, checksum }: { slots: 1 | 2; checksum: boolean }): Machinery {
  const HEAD = 8;
  const SLOT = 900;
  const CELL = 250;
  const at = (counter: number) => (counter % slots) * SLOT;
  const cellAt = (index: number) => 2 * SLOT + index * CELL;

  function readSlot(image: Bytes, slot: number): { counter: number; head: Bytes } | undefined {
    const r = new Reader(image.subarray(slot * SLOT), 'slot');
    const [counter, length] = [r.u32(), r.u32()];
    if (counter === 0 || length > SLOT - 12) return undefined;
    const head = r.take(length);
    const sum = r.u32();
    if (checksum && sum !== crc32(image, slot * SLOT, slot * SLOT + HEAD + length)) return undefined;
    return { counter, head: head.slice() };
  }

  async function load(nvm: Nvm) {
    const image = await nvm.read(0, nvm.size);
    const found = [0, 1].slice(0, slots).flatMap((slot) => readSlot(image, slot) ?? []);
    const newest = found.sort((a, b) => b.counter - a.counter)[0];
    if (newest === undefined) throw new Error('no slot is valid');
    const cell = (index: number) => {
      const r = new Reader(image.subarray(cellAt(index), cellAt(index) + CELL), 'cell');
      return r.take(r.u8()).slice();
    };
    return { ...newest, cell };
  }

  async function save(nvm: Nvm, counter: number, old: PurseState, next: PurseState) {
    for (const { index, bytes } of changedCells(cardOf(old), cardOf(next))) {
      await nvm.write(cellAt(index), new Writer().u8(bytes.length).bytes(bytes).finish());
    }
    const head = encodeHead(cardOf(next));
    const record = new Writer().u32(counter).u32(head.length).bytes(head).finish();
    await nvm.write(at(counter), new Writer().bytes(record).u32(crc32(record)).finish());
  }

  function storeOver(nvm: Nvm, first: { counter: number; state: PurseState }): PurseStore {
    let { counter, state } = first;
    return {
      get state() {
        return state;
      },
      async commit(next) {
        if (next === state) return;
        await save(nvm, counter + 1, state, next);
        counter++;
        state = next;
      },
    };
  }

  const cardAt = (store: PurseStore, crypto: CryptoPort) => ({
    card: createEngine([purseApplet(store, crypto)]),
    store: alone(store),
  });
  return {
    name,
    memorySize: (profile) => 2 * SLOT + CELL * geometryOf(profile).cellCount,
    async create(nvm, crypto, profile) {
      const state = blankPurse(profile);
      await save(nvm, 1, state, state);
      return cardAt(storeOver(nvm, { counter: 1, state }), crypto).card;
    },
    async open(nvm, crypto) {
      const { counter, head, cell } = await load(nvm);
      return cardAt(storeOver(nvm, { counter, state: decodeState(head, cell).purse }), crypto);
    },
    async recover(nvm) {
      const { head, cell } = await load(nvm);
      return contentsText(head, cell);
    },
  };
}

export const singleSlot = hastyMemory('single slot', { slots: 1, checksum: true });
export const noChecksum = hastyMemory('no checksum', { slots: 2, checksum: false });
/** Not broken: shows that it is the slot and the checksum that the two above lack. */
export const hastyButRight = hastyMemory('two slots with checksum', { slots: 2, checksum: true });
