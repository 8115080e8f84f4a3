/**
 * The page's side of this phone's payment card.
 *
 * What must hold: a worker that fails rejects what waits, and nothing hangs; what was agreed to ends with the tap.
 */
import type { Asked, PhoneAgreement, PhoneCardStanding } from '@sokkin/card';
import { type Bytes, type DataGrouping, SokkinError } from '@sokkin/codec';
import { lineTo } from '@sokkin/web';
import type { PhoneAsked, PhoneTold } from './words.ts';

export interface OwnPhoneCard {
  /** undefined: blank. */
  standing(): PhoneCardStanding | undefined;
  load(groupings: readonly DataGrouping[]): Promise<boolean>;
  agree(agreement: PhoneAgreement): Promise<void>;
  /** Ends what was agreed to; what a terminal asked for meanwhile. */
  disagree(): Promise<Asked | undefined>;
  transmit(command: Bytes): Promise<Bytes>;
}

/** Fails with `purse_in_use` where another tab has it. */
export async function openOwnPhoneCard(name: string): Promise<OwnPhoneCard> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const { ask, end } = lineTo<PhoneAsked, PhoneTold>(worker, 'card_broken');
  let { standing } = await ask({ do: 'open', name }).catch((error) => {
    end(new SokkinError('card_broken', 'The card could not be opened.'));
    throw error;
  });
  return {
    standing: () => standing,
    async load(groupings) {
      const told = await ask({ do: 'load', groupings });
      standing = told.standing;
      return told.isLoaded === true;
    },
    async agree(agreement) {
      await ask({ do: 'agree', agreement });
    },
    async disagree() {
      const told = await ask({ do: 'agree', agreement: undefined });
      standing = told.standing;
      return told.asked;
    },
    async transmit(apdu) {
      const told = await ask({ do: 'transmit', apdu });
      if (told.apdu === undefined) throw new SokkinError('card_broken', 'The card did not answer a command.');
      return told.apdu;
    },
  };
}
