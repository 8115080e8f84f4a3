/**
 * The wallet's own purse as a card on a reader of this machine.
 *
 * What must hold: whoever uses the purse has it alone until they are done, as with one in a worker; a card that is not there is said to be so at
 * once, and nothing hangs; another card than the wallet's own is not used.
 */
import { hex, SokkinError } from '@sokkin/codec';
import { type ApduTransport, type CardInField, cardLost, select, TransportError } from '@sokkin/terminal';
import { type Bridge, openBridge } from '@sokkin/web';
import type { OwnPurse } from '@sokkin/web/purse';
import type { ReaderPlace } from './place.ts';

/** Why the purse cannot be used now. */
export type Away =
  /** `sokkin bridge` does not run. */
  | 'bridge'
  /** It runs anew, and its code has to be typed. */
  | 'code'
  /** No card lies on the reader. */
  | 'empty'
  /** Another card does. */
  | 'other'
  /** Another page has the reader. */
  | 'taken';

export interface Presence {
  /** undefined: it is there. */
  onChange(away: Away | undefined): void;
  /** Which card it is, when it is known first. */
  onPurse(purse: string): void;
}

/** Resolves when the card lies there for the first time. */
export async function openReaderPurse(place: ReaderPlace, presence: Presence): Promise<OwnPurse> {
  let card: CardInField | undefined;
  let wanted = place.purse;
  let last: Promise<unknown> = Promise.resolve();
  const isOwn = async (found: ApduTransport): Promise<boolean> => {
    const selected = await select(found);
    if (selected.status !== 'ok') return false;
    const id = selected.value.certificate && hex(selected.value.certificate.subjectRef);
    if (wanted === undefined && id !== undefined) {
      wanted = id;
      presence.onPurse(id);
    }
    return id === wanted;
  };
  const purse: OwnPurse = {
    use(run) {
      const turn = last.then(async () => {
        if (card === undefined)
          throw new SokkinError('purse_away', 'Your purse is a card: lay it on the reader.');
        const transport = bounded(card);
        const done = await run(transport);
        // A blank one that was made this wallet's: it is the one from now on.
        if (wanted === undefined) await isOwn(transport).catch(() => false);
        return done;
      });
      last = turn.catch(() => undefined);
      return turn;
    },
  };
  /** One card after the other, until the bridge is gone. */
  const follow = async (bridge: Bridge, onFirst: () => void): Promise<void> => {
    const reader = bridge.reader(place.reader);
    for (;;) {
      const found = await reader.next();
      if (await isOwn(found).catch(() => false)) {
        card = found;
        presence.onChange(undefined);
        onFirst();
        await found.gone;
        card = undefined;
        presence.onChange('empty');
      } else {
        presence.onChange('other');
        await found.gone;
        presence.onChange('empty');
      }
    }
  };
  await new Promise<void>((resolve) => {
    presence.onChange('empty');
    openBridge({ url: place.url, pair: { key: place.key } })
      .then((bridge) => follow(bridge, resolve))
      .catch((error: unknown) => {
        card = undefined;
        presence.onChange(awayBecause(error));
      });
  });
  return purse;
}

/** A card answers within this, or its reader is out of order. */
const ANSWER_MS = 10_000;

const bounded = (card: CardInField): ApduTransport => ({
  extended: card.extended,
  transmit: (command) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(cardLost()), ANSWER_MS);
      void card
        .transmit(command)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    }),
});

function awayBecause(error: unknown): Away {
  if (error instanceof SokkinError && error.code === 'not_paired') return 'code';
  if (error instanceof SokkinError && error.code === 'reader_taken') return 'taken';
  if (error instanceof TransportError || error instanceof SokkinError) return 'bridge';
  throw error;
}
