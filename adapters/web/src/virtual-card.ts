/**
 * A card in a browser, to be held to a virtual field as a plastic one is to a reader: for tests, for trying a wallet without a card, and for
 * the desk. It is the card application of `packages/card` in a worker, and speaks in APDUs alone.
 *
 * What must hold: it is open in one place at a time (`purse_in_use`), and free again after `close`; one tap at a time, each with a card that
 * was put under power anew; whoever holds it chooses nothing for it: no display, no PIN, no agreement.
 */
import type { FactoryKeys } from '@sokkin/card';
import { type Bytes, SokkinError } from '@sokkin/codec';
import { type ApduTransport, cardLost } from '@sokkin/terminal';
import { type HeldCard, holdCard, type Wire } from './field.ts';
import type { CardAsked, CardTold } from './virtual-card-words.ts';
import { type Line, lineTo } from './worker-talk.ts';

export interface VirtualCard {
  readonly name: string;
  /** A tap without a field: to personalise it, or to read it. Others wait until it is over. */
  use<T>(run: (card: ApduTransport) => Promise<T>): Promise<T>;
  /** Holds it to the first field of this wire that is on; `over` when the tap has ended. */
  hold(wire: Wire): HeldCard;
  /** Puts it away: the memory is free for another window. */
  close(): void;
}

const BROKEN = 'card_broken';
/** 1 to 40 small letters, digits and hyphens. */
const NAME = /^[a-z0-9-]{1,40}$/;

/** As it was made; a blank purse where there is none of this name. Fails with `purse_in_use` where another window has it. */
export const openVirtualCard = (name: string): Promise<VirtualCard> => begin(name, { do: 'open', name });

/** Fails with `card_unmade` where there is none of this name. */
export const openMadeCard = (name: string): Promise<VirtualCard> => begin(name, { do: 'open_made', name });

/** In place of whatever is there: who holds the chip's keys can personalise it. */
export const makePaymentCard = (name: string, chip: FactoryKeys): Promise<VirtualCard> =>
  begin(name, { do: 'make', name, chip });

async function begin(name: string, asked: CardAsked): Promise<VirtualCard> {
  if (!NAME.test(name))
    throw new SokkinError('bad_name', `"${name}" names no card: take small letters, digits and hyphens.`);
  const worker = new Worker(new URL('./virtual-card-worker.ts', import.meta.url), { type: 'module' });
  const line = lineTo<CardAsked, CardTold>(worker, BROKEN);
  const close = () => line.end(cardLost());
  try {
    await line.ask(asked);
  } catch (error) {
    close();
    throw error;
  }
  const use = inTurns(line);
  return {
    name,
    use,
    hold(wire) {
      let held: HeldCard | undefined;
      const power = () =>
        new Promise<ApduTransport>((resolve, reject) => {
          use(async (card) => {
            resolve(card);
            // Nobody else has the card until the tap is over.
            await held?.over;
          }).catch(reject);
        });
      held = holdCard(wire, power);
      return held;
    },
    close,
  };
}

/** Each turn is a tap: under power anew, and lost when it is over. */
function inTurns({ ask }: Line<CardAsked, CardTold>): VirtualCard['use'] {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const turn = last.then(async () => {
      await ask({ do: 'power' });
      let isOver = false;
      const transmit = async (apdu: Bytes): Promise<Bytes> => {
        if (isOver) throw cardLost();
        const answer = await ask({ do: 'transmit', apdu });
        if (answer === undefined) throw new SokkinError(BROKEN, 'The card did not answer a command.');
        return answer;
      };
      return run({ extended: true, transmit }).finally(() => {
        isOver = true;
      });
    });
    last = turn.catch(() => undefined);
    return turn;
  };
}
