/**
 * Payment applications broken on purpose, as mutants.ts breaks purses: their commands get a memory that keeps its word
 * badly, or words that the terminal did not say. The checker must find each out (checker.mutants.test.ts).
 */
import { type Bytes, concat, type ResponseApdu, SW } from '@sokkin/codec';
import { approve, isApproval, type PurseState } from '@sokkin/purse';
import { CHECKER_EMV, type Machinery, realMachinery } from '@sokkin/testkit';
import { type Command, type Context, contextOver } from '../src/emv/context.ts';
import { amountOf } from '../src/emv/decision.ts';
import { AMOUNT, CURRENCY } from '../src/emv/files.ts';
import { generateAc, recoverAc } from '../src/emv/transaction.ts';
import {
  type CardStore,
  createEngine,
  decodeEmvState,
  EMV_COMMANDS,
  emvApplets,
  openStore,
  purseApplet,
} from '../src/index.ts';

/** The real card, but with another store, or with other commands in its payment application. */
function altered(
  name: string,
  { store = (real) => real, command = (c) => c }: { store?: Altered<CardStore>; command?: Altered<Command> },
): Machinery {
  return {
    ...realMachinery,
    name,
    async open(nvm, crypto) {
      const real = await openStore(nvm);
      if (real === undefined) throw new Error('the card was never finished');
      const changed = store(real);
      const payment = emvApplets(changed, CHECKER_EMV, EMV_COMMANDS.map(command));
      return { card: createEngine([purseApplet(changed, crypto), ...payment]), store: changed };
    },
  };
}
type Altered<T> = (real: T) => T;

/** The real store, but for the methods given, and for how the purse in it is seen. */
function storeLike(
  real: CardStore,
  other: Partial<Pick<CardStore, 'commitAll' | 'section'>>,
  seen: Altered<PurseState> = (s) => s,
): CardStore {
  return {
    get state() {
      return seen(real.state);
    },
    get files() {
      return real.files;
    },
    fileRoom: real.fileRoom,
    section: (name) => real.section(name),
    commit: (next) => real.commit(next),
    commitAll: (change) => real.commitAll(change),
    ...other,
  };
}

/** GENERATE AC works on another store, in the same transaction. */
const generatingOver = (name: string, store: (real: CardStore, ctx: Context) => CardStore): Machinery =>
  altered(name, {
    command: (c) => {
      if (c !== generateAc) return c;
      return {
        ...c,
        async run(ctx, apdu) {
          const seen = contextOver(store(ctx.store, ctx), ctx.ports, ctx.files);
          seen.transaction = ctx.transaction;
          return c.run(seen, apdu);
        },
      };
    },
  });

export const debitInTwoWrites = generatingOver('the debit and its approval in two writes', (real) =>
  storeLike(real, {
    async commitAll({ purse, ...rest }) {
      if (purse !== undefined) await real.commitAll({ purse });
      await real.commitAll(rest);
    },
  }),
);

export const debitAfterTc = generatingOver('the debit stored after the TC left', (real) =>
  storeLike(real, {
    async commitAll(change) {
      if (change.purse === undefined) await real.commitAll(change);
      else setTimeout(() => real.commitAll(change).catch(() => undefined), 0);
    },
  }),
);

/** Saves a write: counts in RAM, and stores the count with whatever is written next. */
export const atcInRam = altered('the ATC not stored before it is used', {
  store(real) {
    let held: Bytes | undefined;
    const section: CardStore['section'] = (name) =>
      name === 'emv' && held !== undefined ? held : real.section(name);
    return storeLike(real, {
      section,
      async commitAll(change) {
        const [old, next] = [section('emv'), change.sections?.emv];
        const counts = old && next && decodeEmvState(next).atc > decodeEmvState(old).atc;
        held = counts === true ? next : undefined;
        if (held === undefined) await real.commitAll(change);
      },
    });
  },
});

/** Sees more than is there, and takes the missing part from nowhere: nothing is left, and that is all. */
export const forgetsBalance = generatingOver('an approval that forgets to look at the balance', (real) =>
  storeLike(
    real,
    {
      async commitAll({ purse, ...rest }) {
        if (purse === undefined) return real.commitAll(rest);
        const balance = purse.balance < MORE ? 0n : purse.balance - MORE;
        return real.commitAll({ ...rest, purse: { ...purse, balance } });
      },
    },
    (purse) => ({ ...purse, balance: purse.balance + MORE }),
  ),
);
const MORE = 1000n;

/** Sets money aside when the issuer is asked. */
export const arqcDebits = generatingOver('an ARQC that debits', (real, { transaction }) =>
  storeLike(real, {
    async commitAll(change) {
      const isAsking = change.purse === undefined && transaction?.phase === 'initiated';
      if (!isAsking) return real.commitAll(change);
      const { atc } = decodeEmvState(real.section('emv') ?? new Uint8Array(0));
      const [hi = 0, lo = 0] = transaction.values.get(CURRENCY) ?? [];
      const step = approve(real.state, {
        currency: (hi << 8) | lo,
        amount: amountOf(transaction.values.get(AMOUNT)) ?? 0n,
        holderVerified: false,
        atc,
        cryptogram: new Uint8Array(8),
      });
      return real.commitAll(step.status === 'ok' ? { ...change, purse: step.state } : change);
    },
  }),
);

/** Takes the debit for a part of the answer. */
export const recoverDebits = altered('RECOVER AC that debits again', {
  command: (c) => (c === recoverAc ? { ...c, run: recoverCarelessly } : c),
});

async function recoverCarelessly(ctx: Context, apdu: Parameters<Command['run']>[1]): Promise<ResponseApdu> {
  const answer = await recoverAc.run(ctx, apdu);
  const approval = ctx.store.state.cells
    .filter(isApproval)
    .find((cell) => cell.entry.fields.atc === ctx.state.approval?.atc);
  if (answer.sw !== SW.ok || approval === undefined) return answer;
  const step = approve(ctx.store.state, { ...approval.entry.fields, holderVerified: false });
  if (step.status === 'ok') await ctx.store.commit(step.state);
  return answer;
}

/** Does not listen to the issuer: decides the second time as if nobody had been reached. */
export const onlineDebits = altered('a second GENERATE AC that debits although approved online', {
  command: (c) => (c === generateAc ? { ...c, run: generateDeaf } : c),
});

async function generateDeaf(ctx: Context, apdu: Parameters<Command['run']>[1]): Promise<ResponseApdu> {
  if (ctx.transaction?.phase !== 'asked') return generateAc.run(ctx, apdu);
  // CDOL2: response code, then what the issuer proves itself with.
  const data = concat(Uint8Array.of(0x59, 0x33), new Uint8Array(apdu.data.length - 2));
  return generateAc.run(ctx, { ...apdu, data });
}
