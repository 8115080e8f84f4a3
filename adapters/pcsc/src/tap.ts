/**
 * A card on a reader, for one tap.
 *
 * What must hold:
 * - from the first command to `close` no other program comes in between (a PC/SC transaction), and after it no
 *   verified PIN is left: the card is reset;
 * - whatever goes wrong once a command was sent is `card_lost`, then and ever after, because whether the card worked it
 *   off is then unknown. A card that was reset by another program has lost its session: that is `card_lost`, too.
 */
import type { Bytes } from '@sokkin/codec';
import { type ApduTransport, cardLost, TransportError } from '@sokkin/terminal';
import type { Card, Transaction } from 'pcsc-mini';
import { parseAtr, takesExtendedLength } from './atr.ts';
import { pcscMini } from './native.ts';
import { readerTakesExtended } from './reader-properties.ts';

export interface PcscTransport extends ApduTransport {
  readonly reader: string;
  readonly atr: Bytes;
  close(): Promise<void>;
}

/** Another program may reset the card while we come: then once more. */
const CONNECT_ATTEMPTS = 3;
/** Another program that has the card to itself is waited for so long. */
const TURN_MS = 20_000;
const STATUS_WORD = 2;
/** The longest answer of extended length. pcsc-mini's own room ends at 264 bytes, and then the answer is lost. */
const LONGEST_ANSWER = 0x1_0000 + STATUS_WORD;

export async function openTap(reader: string, connect: () => Promise<Card>): Promise<PcscTransport> {
  const { card, transaction } = await inTime(begin(connect));
  try {
    const { atr, protocol } = await card.state();
    const isT0 = protocol === pcscMini().Protocol.T0;
    const extended = !isT0 && saysExtended(atr) && (await readerTakesExtended(card));
    return tapOn({ reader, card, transaction, atr: Uint8Array.from(atr), isT0, extended });
  } catch (cause) {
    await end(card, transaction);
    throw cardLost(cause);
  }
}

async function begin(connect: () => Promise<Card>): Promise<Begun> {
  let cause: unknown;
  for (let attempt = 1; attempt <= CONNECT_ATTEMPTS; attempt++) {
    let card: Card | undefined;
    try {
      card = await connect();
      return { card, transaction: await card.transaction() };
    } catch (error) {
      cause = error;
      await card?.disconnect(pcscMini().CardDisposition.LEAVE).catch(() => undefined);
    }
  }
  throw new TransportError('no_card', 'The card on the reader cannot be used. Lay it on again.', { cause });
}

interface Begun {
  readonly card: Card;
  readonly transaction: Transaction;
}

/** Both calls wait for the transaction of another program, without an end. What comes late is ended at once. */
async function inTime(begun: Promise<Begun>): Promise<Begun> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), TURN_MS);
  });
  const first = await Promise.race([begun, late]).finally(() => clearTimeout(timer));
  if (first !== 'late') return first;
  void begun.then(({ card, transaction }) => end(card, transaction)).catch(() => undefined);
  throw new TransportError(
    'no_card',
    'Another program does not let go of the card on the reader. End it, and lay the card on again.',
  );
}

interface Parts {
  readonly reader: string;
  readonly card: Pick<Card, 'transmit' | 'disconnect'>;
  readonly transaction: Pick<Transaction, 'end'>;
  readonly atr: Bytes;
  readonly isT0: boolean;
  readonly extended: boolean;
}

export function tapOn({ reader, card, transaction, atr, isT0, extended }: Parts): PcscTransport {
  let over = false;
  let cause: unknown;
  let closing: Promise<void> | undefined;
  const room = new ArrayBuffer(LONGEST_ANSWER);
  return {
    reader,
    atr,
    extended,
    async transmit(command) {
      if (over) throw cardLost(cause);
      try {
        const answer = await transmitHeld(card, isT0 ? asTpdu(command) : command.slice(), room);
        // A driver may call it a success when the card left over the command: vpcd does, with no answer at all.
        if (answer.length < STATUS_WORD) throw new Error(`the reader gave ${answer.length} bytes`);
        return Uint8Array.from(answer);
      } catch (error) {
        over = true;
        cause = error;
        throw cardLost(error);
      }
    },
    close() {
      over = true;
      closing ??= end(card, transaction);
      return closing;
    },
  };
}

/**
 * The commands that are on their way, and the room for their answers. pcsc-mini 0.1.3 keeps their addresses, but not the
 * bytes: a garbage collection in the meantime frees them, and what the card then gets begins with whatever was written
 * over them.
 */
const held = new Set<Bytes | ArrayBuffer>();

async function transmitHeld(card: Parts['card'], command: Bytes, room: ArrayBuffer): Promise<Bytes> {
  held.add(command).add(room);
  try {
    return await card.transmit(command, room);
  } finally {
    held.delete(command);
    held.delete(room);
  }
}

/** A card that is gone cannot be let go of: nothing is lost by that. */
async function end(card: Parts['card'], transaction: Parts['transaction']): Promise<void> {
  const { CardDisposition } = pcscMini();
  await transaction.end(CardDisposition.LEAVE).catch(() => undefined);
  await card.disconnect(CardDisposition.RESET).catch(() => undefined);
}

function saysExtended(atr: Bytes): boolean {
  try {
    return takesExtendedLength(parseAtr(atr));
  } catch {
    // A reader may make up an ATR for a contactless card. Short length works with every card.
    return false;
  }
}

/** T=0 carries data one way only: a command with data goes without Le, and its answer is fetched by GET RESPONSE. */
export function asTpdu(command: Bytes): Bytes {
  const lc = command[4] ?? 0;
  return command.length > 5 && command.length === 6 + lc ? command.slice(0, -1) : command.slice();
}
