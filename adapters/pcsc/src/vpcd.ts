/**
 * The protocol between vsmartcard's virtual reader (vpcd) and a card: both ways, 2 bytes of length, big-endian, and
 * as many bytes. One byte from the reader is a control, more are a command APDU; only the commands and the question
 * for the ATR are answered. (vsmartcard, "Virtual Smart Card", section "Protocol between vpcd and vpicc".)
 *
 * What must hold: whatever pieces TCP cuts the stream into, the same messages come out, each once.
 */
import { type Bytes, concat, u16 } from '@sokkin/codec';

/** Each reader that Debian's vpcd shows has two slots: this port, and the one after it. */
export const VPCD_PORT = 35963;

export const CONTROL = { powerOff: 0, powerOn: 1, reset: 2, atr: 4 } as const;

export const frame = (message: Bytes): Bytes => concat(u16(message.length), message);

/** Takes what came, gives the messages that are complete. */
export function unframer(): (chunk: Bytes) => Bytes[] {
  let pending: Bytes = new Uint8Array(0);
  return (chunk) => {
    pending = concat(pending, chunk);
    const messages: Bytes[] = [];
    while (pending.length >= 2) {
      const end = 2 + (((pending[0] ?? 0) << 8) | (pending[1] ?? 0));
      if (pending.length < end) break;
      messages.push(pending.slice(2, end));
      pending = pending.slice(end);
    }
    return messages;
  };
}
