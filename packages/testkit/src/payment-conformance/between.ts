/**
 * Who may stand between terminal and card: one that turns bits, one that loses an answer, one that counts.
 *
 * What must hold: only what is said here is changed; everything else passes as it came.
 */
import { type Bytes, decodeTlvs, SokkinError, type Tlv } from '@sokkin/codec';
import { type ApduTransport, cardLost } from '@sokkin/terminal';

export const INS = {
  generateAc: 0xae,
  internalAuthenticate: 0x88,
  processingOptions: 0xa8,
  verify: 0x20,
} as const;

/** Turns one bit in the middle of the first element with this tag that an answer to `ins` (default: any) brings. */
export function turning(
  card: ApduTransport,
  tag: number,
  ins?: number,
): ApduTransport & { turned(): boolean } {
  let done = false;
  return {
    extended: card.extended,
    turned: () => done,
    async transmit(command) {
      const answer = await card.transmit(command);
      if (done || (ins !== undefined && command[1] !== ins)) return answer;
      const at = middleOf(answer, tag);
      if (at === undefined) return answer;
      done = true;
      return answer.map((byte, i) => (i === at ? byte ^ 1 : byte));
    },
  };
}

function middleOf(answer: Bytes, tag: number): number | undefined {
  const found = find(objectsIn(answer), tag);
  return found && found.valueStart + ((found.end - found.valueStart) >> 1);
}

function find(objects: readonly Tlv[], tag: number): Tlv | undefined {
  for (const object of objects) {
    const found = object.tag === tag ? object : find(object.children ?? [], tag);
    if (found !== undefined) return found;
  }
  return undefined;
}

function objectsIn(answer: Bytes): readonly Tlv[] {
  try {
    return decodeTlvs(answer.subarray(0, -2));
  } catch (error) {
    if (error instanceof SokkinError) return [];
    throw error;
  }
}

/** Sends every command `ins` twice; the terminal hears the first answer, and `again` are the others. */
export function repeating(card: ApduTransport, ins: number, again: Bytes[]): ApduTransport {
  return {
    extended: card.extended,
    async transmit(command) {
      const answer = await card.transmit(command);
      if (command[1] === ins) again.push(await card.transmit(command));
      return answer;
    },
  };
}

/** The data of the second GENERATE AC is other than the terminal's. */
export function altering(card: ApduTransport, change: (command: Bytes) => Bytes): ApduTransport {
  let seen = 0;
  return {
    extended: card.extended,
    transmit(command) {
      const isSecond = command[1] === INS.generateAc && ++seen === 2;
      return card.transmit(isSecond ? change(command) : command);
    },
  };
}

/** The card works off its first command `ins`, and leaves before it is heard. */
export function losing(card: ApduTransport, ins: number): ApduTransport {
  return {
    extended: card.extended,
    async transmit(command) {
      const answer = await card.transmit(command);
      if (command[1] === ins) throw cardLost();
      return answer;
    },
  };
}

/** Says at which exchange, from 0, the first command `ins` went by. */
export function counting(card: ApduTransport, ins: number): ApduTransport & { at(): number } {
  let [count, at] = [0, -1];
  return {
    extended: card.extended,
    at: () => at,
    transmit(command) {
      if (at < 0 && command[1] === ins) at = count;
      count += 1;
      return card.transmit(command);
    },
  };
}

/** A terminal of the issuer's own, which goes on with an application that is blocked. */
export function heedless(card: ApduTransport): ApduTransport {
  return {
    extended: card.extended,
    async transmit(command) {
      const answer = await card.transmit(command);
      const isBlocked = answer.at(-2) === 0x62 && answer.at(-1) === 0x83;
      return isBlocked ? answer.map((byte, i) => [0x90, 0x00][i - answer.length + 2] ?? byte) : answer;
    },
  };
}
