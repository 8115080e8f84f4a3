/**
 * What a contactless reader answers itself, about the card in its field (PC/SC part 3, 3.2.2.1.3: GET DATA): its
 * identifier, and the historical bytes of its answer to select.
 *
 * What must hold: the card never sees class FF; each time in the field it has another identifier, as cards that protect
 * their holder do (ISO/IEC 14443-3, 6.4.4: 08 and three random bytes), and so nobody can follow it by that.
 */
import { type Bytes, concat, fromHex, SW, u16 } from '@sokkin/codec';
import { CONTACTLESS_ATR, parseAtr } from './atr.ts';
import type { AttachableCard } from './virtual-card.ts';

const READER_CLASS = 0xff;
const GET_DATA = 0xca;
const RANDOM_IDENTIFIER = fromHex('08');

export function onContactlessReader(
  card: AttachableCard,
  randomBytes: (length: number) => Bytes,
): AttachableCard {
  const newIdentifier = () => concat(RANDOM_IDENTIFIER, randomBytes(3));
  const { historical } = parseAtr(CONTACTLESS_ATR);
  let identifier = newIdentifier();
  return {
    reset() {
      identifier = newIdentifier();
      card.reset();
    },
    async transmit(command) {
      if (command[0] !== READER_CLASS) return card.transmit(command);
      const [, ins, p1, p2] = command;
      if (ins !== GET_DATA || p2 !== 0) return u16(SW.functionNotSupported);
      if (p1 === 0) return concat(identifier, u16(SW.ok));
      return p1 === 1 ? concat(historical, u16(SW.ok)) : u16(SW.functionNotSupported);
    },
  };
}
