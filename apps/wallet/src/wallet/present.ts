/**
 * Paying: this phone is held to the payee's reader, and answers as a card does.
 *
 * What must hold: nothing is paid beyond what was agreed to (guard.ts); what the screen says at the end was read from the purse, not
 * guessed from what went over the air.
 */
import { SokkinError } from '@sokkin/codec';
import { type ApduTransport, select, verifyPin } from '@sokkin/terminal';
import { type Answering, type HeldCard, type HowEnded, holdCard, type Wire } from '@sokkin/web';
import type { MoneyRecord } from '../keep/store.ts';
import type { OwnPhoneCard } from '../phone-card/card.ts';
import { type Agreement, guarded, type Overheard } from '../purse/guard.ts';
import { type HeardReceipt, overhearing } from '../purse/overhear.ts';
import { keepHeard } from './proofs.ts';
import { refillShopCard, routed, shopCard } from './shop-card.ts';
import type { Undone, Wallet } from './wallet.ts';

export type Presented =
  | { readonly status: 'paid'; readonly record: MoneyRecord }
  /** It left this purse, and whether it arrived is not known yet. `carried`: the other side took it, and let this phone go. */
  | { readonly status: 'open'; readonly record: MoneyRecord; readonly carried: boolean }
  /** A card terminal has this phone's word for so much: whether it was paid, the terminal says. */
  | { readonly status: 'at_terminal'; readonly amount: bigint }
  | { readonly status: 'refused'; readonly why: Overheard }
  /** This phone could not keep what became of it. */
  | { readonly status: 'failed'; readonly fault: Undone }
  /** The other side took this phone, and asked for nothing. */
  | { readonly status: 'nothing' }
  | { readonly status: 'stopped' };

export interface Presenting {
  /** Of one tap. */
  readonly over: Promise<Presented>;
  /** Takes the phone away. */
  stop(): void;
}

/** `onTaken`: a reader has it now. */
export function present(wallet: Wallet, wire: Wire, agreement: Agreement, onTaken: () => void): Presenting {
  let overheard: Overheard | undefined;
  let heard: HeardReceipt | undefined;
  let wasTaken = false;
  let held: HeldCard | undefined;
  let card: OwnPhoneCard | undefined;
  let fault: Undone | undefined;
  const power = (): Promise<Answering> =>
    new Promise((resolve, reject) => {
      wasTaken = true;
      onTaken();
      wallet.parts.purse
        .use(async (purse) => {
          const watched = watching(purse, (what) => (fault = what));
          const listened = overhearing(watched, (what) => (heard = what));
          const own = guarded(listened, agreement, (what) => (overheard = what));
          // Without the card the purse still pays.
          card = await shopCard(wallet).catch(() => undefined);
          const { most, pin } = agreement;
          const arm = async () => {
            const isVerified = pin !== undefined && (await isRight(purse, pin));
            await card?.agree({ most, isVerified });
          };
          resolve(card === undefined ? own : routed(own, card, arm));
          // Nobody else uses the purse until the tap is over.
          await held?.over;
        })
        .catch(reject);
    });
  held = holdCard(wire, power);
  const whatBecame = async (how: HowEnded): Promise<Presented> => {
    if (!wasTaken) return { status: 'stopped' };
    const asked = await card?.disagree();
    if (asked?.status === 'given') void refillShopCard(wallet);
    const before = new Map(wallet.parts.showing.now().records.map((record) => [record.id, record]));
    await keepHeard(wallet, heard);
    await wallet.refresh();
    const changed = wallet.parts.showing
      .now()
      .records.find((record) => isNews(record, before.get(record.id)));
    if (changed?.state === 'open') return { status: 'open', record: changed, carried: how === 'let_go' };
    if (changed !== undefined) return { status: 'paid', record: changed };
    if (asked?.status === 'given') return { status: 'at_terminal', amount: asked.amount };
    if (asked?.status === 'too_much')
      return { status: 'refused', why: { kind: 'too_much', amount: asked.amount } };
    if (overheard !== undefined) return { status: 'refused', why: overheard };
    return fault === undefined ? { status: 'nothing' } : { status: 'failed', fault };
  };
  const over = held.over
    .then(whatBecame)
    .catch((error): Presented => ({ status: 'failed', fault: faultOf(error) }));
  return { over, stop: () => held.remove() };
}

/** Tells when the purse itself could not answer. */
const watching = (purse: ApduTransport, tell: (fault: Undone) => void): ApduTransport => ({
  ...purse,
  async transmit(command) {
    try {
      return await purse.transmit(command);
    } catch (error) {
      tell(faultOf(error));
      throw error;
    }
  },
});

function faultOf(error: unknown): Undone {
  if (!(error instanceof SokkinError)) throw error;
  return { status: 'said', code: error.code, message: error.message };
}

/** The PIN that the holder typed, held against the purse's. */
async function isRight(purse: ApduTransport, pin: string): Promise<boolean> {
  const selected = await select(purse);
  return selected.status === 'ok' && (await verifyPin(purse, pin)).status === 'ok';
}

/** A payment of this purse that was made, or came to its end, in this tap. */
const isNews = (now: MoneyRecord, before: MoneyRecord | undefined): boolean =>
  (now.kind === 'paid' || now.kind === 'cashed_out') && now.state !== before?.state;
