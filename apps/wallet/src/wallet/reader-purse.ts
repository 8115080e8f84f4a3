/**
 * The wallet's own purse as a card on a reader of this machine.
 *
 * What must hold: whoever uses the purse has it alone until they are done, as with one in a worker; a card that is not there is said to be so at
 * once, and nothing hangs; another card than the wallet's own is not used.
 */
import { hex, SokkinError } from '@sokkin/codec';
import { type CardInField, select, TransportError } from '@sokkin/terminal';
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
  const purse: OwnPurse = {
    use(run) {
      const turn = last.then(() => {
        if (card === undefined)
          throw new SokkinError('purse_away', 'Your purse is a card: lay it on the reader.');
        return run(card);
      });
      last = turn.catch(() => undefined);
      return turn;
    },
  };
  const isOwn = async (found: CardInField): Promise<boolean> => {
    const selected = await select(found);
    if (selected.status !== 'ok') return false;
    const id = selected.value.certificate && hex(selected.value.certificate.subjectRef);
    if (wanted === undefined && id !== undefined) {
      wanted = id;
      presence.onPurse(id);
    }
    return id === wanted;
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

function awayBecause(error: unknown): Away {
  if (error instanceof SokkinError && error.code === 'not_paired') return 'code';
  if (error instanceof SokkinError && error.code === 'reader_taken') return 'taken';
  if (error instanceof TransportError || error instanceof SokkinError) return 'bridge';
  throw error;
}
