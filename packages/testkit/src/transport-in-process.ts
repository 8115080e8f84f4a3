/**
 * A card in this process as an ApduTransport, and a card that can be torn out of the field.
 *
 * What must hold: a power cut in the card is `card_lost` at the reader; a bug in the card stays a bug.
 */
import { type CardParts, type EmvPorts, type MemoryNvm, type Nvm, openCard } from '@sokkin/card';
import { type Bytes, SokkinError } from '@sokkin/codec';
import { type ApduTransport, cardLost } from '@sokkin/terminal';
import { PowerCut, type TearMode, tornNvm } from './nvm-torn.ts';

/** Anything that answers APDUs. */
export interface Answering {
  transmit(command: Bytes): Promise<Bytes>;
}

export interface ReaderOptions {
  /** Whether the reader takes extended length. Default true. */
  readonly extended?: boolean;
}

export function inProcess(card: Answering, { extended = true }: ReaderOptions = {}): ApduTransport {
  let lost = false;
  return {
    extended,
    async transmit(command) {
      if (lost) throw cardLost();
      try {
        return await card.transmit(command);
      } catch (error) {
        lost = true;
        if (error instanceof PowerCut || error instanceof SokkinError) throw cardLost(error);
        throw error;
      }
    },
    async close() {
      lost = true;
    },
  };
}

/** Where in a tap the card leaves the field; exchanges count from 0. */
export interface Tear {
  /** `before`: the card never sees the command. `during`: power goes while it writes. `after`: the answer is lost. */
  readonly when: 'before' | 'during' | 'after';
  readonly exchange: number;
  /** Of `during`: bytes that the card still writes. If it writes no more than that, this is `after`. */
  readonly bytes?: number;
  readonly mode?: TearMode;
  readonly seed?: number;
}

/** A card with a memory that outlives its power. */
export interface FieldCard {
  readonly nvm: MemoryNvm;
  /** Power on and into the field; the tap before is over. */
  tap(tear?: Tear): Promise<ApduTransport>;
}

export interface FieldCardOptions extends ReaderOptions {
  /** What its payment application computes with; left out, it has none. */
  readonly emv?: EmvPorts;
}

/** The card in `nvm` (blank or not, but created), to be tapped as often as one likes. */
export function fieldCard(
  nvm: MemoryNvm,
  crypto: CardParts['crypto'],
  { emv, ...reader }: FieldCardOptions = {},
): FieldCard {
  return {
    nvm,
    async tap(tear) {
      const power = switchable(nvm);
      const card = await openCard({ nvm: power.nvm, crypto, ...(emv && { emv }) });
      const transport = inProcess(card, reader);
      return tear === undefined ? transport : tearing(transport, tear, power);
    },
  };
}

interface Power {
  readonly nvm: Nvm;
  /** From now on, power goes after so many written bytes. */
  cutAfter(tear: Tear): void;
}

function switchable(inner: Nvm): Power {
  let current = inner;
  return {
    nvm: {
      size: inner.size,
      read: (offset, length) => current.read(offset, length),
      write: (offset, bytes) => current.write(offset, bytes),
    },
    cutAfter({ bytes = 1, mode = 'prefix', seed = 0 }) {
      current = tornNvm(inner, { cutAfter: bytes, mode, seed });
    },
  };
}

function tearing(inner: ApduTransport, tear: Tear, power: Power): ApduTransport {
  let exchange = -1;
  let lost = false;
  return {
    extended: inner.extended,
    async transmit(command) {
      exchange += 1;
      if (lost) throw cardLost();
      if (exchange !== tear.exchange) return inner.transmit(command);
      lost = true;
      if (tear.when === 'before') throw cardLost();
      if (tear.when === 'during') power.cutAfter(tear);
      await inner.transmit(command);
      throw cardLost();
    },
  };
}
