/**
 * The page's side of this phone's payment card.
 *
 * What must hold: a worker that fails rejects what waits, and nothing hangs; what was agreed to ends with the tap.
 */
import type { Asked, PhoneAgreement, PhoneCardStanding } from '@sokkin/card';
import { type Bytes, type DataGrouping, SokkinError } from '@sokkin/codec';
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

type Unnumbered<T> = T extends unknown ? Omit<T, 'no'> : never;

/** Fails with `purse_in_use` where another tab has it. */
export async function openOwnPhoneCard(name: string): Promise<OwnPhoneCard> {
  const ask = asking(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }));
  let { standing } = await ask({ do: 'open', name });
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

function asking(worker: Worker): (wish: Unnumbered<PhoneAsked>) => Promise<PhoneTold> {
  const waiting = new Map<number, { resolve(told: PhoneTold): void; reject(error: unknown): void }>();
  let count = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<PhoneTold>) => {
    const asker = waiting.get(data.no);
    waiting.delete(data.no);
    if (data.fault === undefined) asker?.resolve(data);
    else asker?.reject(new SokkinError(data.fault.code, data.fault.message));
  });
  worker.addEventListener('error', ({ message }) => {
    for (const { reject } of waiting.values()) reject(new SokkinError('card_broken', message));
    waiting.clear();
  });
  return (wish) =>
    new Promise((resolve, reject) => {
      const no = ++count;
      waiting.set(no, { resolve, reject });
      worker.postMessage({ ...wish, no });
    });
}
