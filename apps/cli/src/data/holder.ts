/**
 * How a phone knows that its holder is there: it was given its right PIN in this tap.
 *
 * What must hold: nothing but an accepted VERIFY counts, for one payment only; a card knows nothing of the kind.
 */
import type { HolderPort } from '@sokkin/card';
import { type Bytes, decodeCommand, decodeResponse, SW } from '@sokkin/codec';
import { CLA, INS } from '@sokkin/purse';

type Transmit = (command: Bytes) => Promise<Bytes>;

export interface Holder {
  readonly ports: { readonly holder?: HolderPort };
  /** The same way to the card, listened in on. */
  watching(transmit: Transmit): Transmit;
}

export const noHolder: Holder = { ports: {}, watching: (transmit) => transmit };

export function phoneHolder(): Holder {
  let isVerified = false;
  return {
    ports: {
      holder: {
        isVerified() {
          const was = isVerified;
          isVerified = false;
          return was;
        },
      },
    },
    watching: (transmit) => async (command) => {
      const answer = await transmit(command);
      if (isVerify(command) && decodeResponse(answer).sw === SW.ok && decodeCommand(command).data.length > 0)
        isVerified = true;
      return answer;
    },
  };
}

const isVerify = (command: Bytes): boolean => command[0] === CLA.interindustry && command[1] === INS.verify;
