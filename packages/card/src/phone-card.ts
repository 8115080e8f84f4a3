/**
 * A payment card in a phone (host card emulation): the payment application alone, over a memory of its own, loaded by the phone itself and asked by
 * terminals.
 *
 * What must hold: no cryptogram without its holder's agreement: one payment, up to the amount that the holder saw, however often the tap has to be
 * repeated before its cryptogram was given; what was given is told, so that the holder sees the terminal's figure and not its own; only limited-use keys
 * make cryptograms here, and their use is in memory before the cryptogram leaves (emv/transaction.ts).
 */
import { type Bytes, type DataGrouping, SokkinError, SW } from '@sokkin/codec';
import { CARD_PROFILE } from '@sokkin/purse';
import { failed } from './applet.ts';
import { EMV_COMMANDS, emvApplets } from './emv/applet.ts';
import { type Command, valuesOf } from './emv/context.ts';
import { amountOf } from './emv/decision.ts';
import { AMOUNT } from './emv/files.ts';
import { decodeEmvState } from './emv/state.ts';
import { generateAc, getProcessingOptions, recoverAc } from './emv/transaction.ts';
import { createEngine } from './engine.ts';
import type { EmvPorts, Nvm } from './ports.ts';
import { type CardStore, createStore, openStore } from './store.ts';

export interface PhoneAgreement {
  /** Minor units. */
  readonly most: bigint;
  /** The phone has verified its holder for it. */
  readonly isVerified: boolean;
}

export interface PhoneCardStanding {
  /** Of the key that cryptograms are made with now. */
  readonly keyNumber: number;
  readonly usesLeft: number;
  /** Application transaction counter. */
  readonly atc: number;
}

/** What came of an agreement. */
export type Asked =
  /** A cryptogram over this amount was given. */
  | { readonly status: 'given'; readonly amount: bigint }
  /** A terminal wanted more than was agreed to. */
  | { readonly status: 'too_much'; readonly amount: bigint };

export interface PhoneCard {
  transmit(command: Bytes): Promise<Bytes>;
  /** Power off and on. */
  reset(): void;
  /** A blank card: all its data; a card: its next key. False: it does not fit. */
  load(groupings: readonly DataGrouping[]): Promise<boolean>;
  /** undefined: it is blank. */
  standing(): PhoneCardStanding | undefined;
  /** For the next payment; undefined: for none. */
  agree(agreement: PhoneAgreement | undefined): void;
  /** Since the last `agree`. */
  asked(): Asked | undefined;
}

/** Memory of the size `cardMemorySize()`; erased, or that of a phone card. */
export async function openPhoneCard(
  nvm: Nvm,
  ports: Omit<EmvPorts, 'holder'>,
  wanted: 'new' | 'kept',
): Promise<PhoneCard> {
  const store = wanted === 'new' ? await createStore(nvm, CARD_PROFILE) : await openStore(nvm);
  if (store === undefined)
    throw new SokkinError('card_unfinished', 'The card was never finished: its creation was cut off.');
  return phoneCardOver(store, ports);
}

function phoneCardOver(store: CardStore, ports: Omit<EmvPorts, 'holder'>): PhoneCard {
  let agreement: PhoneAgreement | undefined;
  let asked: Asked | undefined;
  const mayBegin = () => agreement !== undefined && asked?.status !== 'given';
  const begin: Command = {
    ...getProcessingOptions,
    run: (ctx, command) => (mayBegin() ? getProcessingOptions.run(ctx, command) : REFUSED),
  };
  const give: Command = {
    ...generateAc,
    async run(ctx, command) {
      // The second cryptogram belongs to the payment that was agreed to with the first.
      if (ctx.transaction?.phase !== 'initiated') return generateAc.run(ctx, command);
      const amount = amountOf(valuesOf(ctx.files.cdol1, command.data).get(AMOUNT));
      if (agreement === undefined || amount === undefined || !mayBegin()) return REFUSED;
      if (amount > agreement.most) {
        asked = { status: 'too_much', amount };
        return REFUSED;
      }
      const answer = await generateAc.run(ctx, command);
      if (answer.sw === SW.ok) asked = { status: 'given', amount };
      return answer;
    },
  };
  const others = EMV_COMMANDS.filter((c) => ![getProcessingOptions, generateAc, recoverAc].includes(c));
  const holder = { isVerified: () => agreement?.isVerified === true };
  const applets = emvApplets(store, { ...ports, holder }, [begin, give, ...others]);
  const engine = createEngine(applets);
  return {
    transmit: engine.transmit,
    reset: engine.reset,
    async load(groupings) {
      const target = applets.find(({ personalisation }) => personalisation !== undefined)?.personalisation;
      if (target === undefined || target.begin().sw !== SW.ok) return false;
      for (const grouping of groupings) if ((await target.store(grouping)).sw !== SW.ok) return false;
      return (await target.finish()).sw === SW.ok;
    },
    standing() {
      const section = store.section('emv');
      if (section === undefined) return undefined;
      const { limitedUse, atc } = decodeEmvState(section);
      return { keyNumber: limitedUse?.number ?? 0, usesLeft: limitedUse?.uses ?? 0, atc };
    },
    agree(next) {
      agreement = next;
      asked = undefined;
    },
    asked: () => asked,
  };
}

const REFUSED = failed(SW.conditionsNotSatisfied);
