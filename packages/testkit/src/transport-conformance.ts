/**
 * What every ApduTransport has to do. An implementation runs it in a few lines:
 *
 *     transportConformance('in process', async () => ({ transport, remove, dispose }));
 */
import { command, decodeResponse, encodeCommand, hex, SW } from '@sokkin/codec';
import { type ApduTransport, select } from '@sokkin/terminal';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A transport to any purse, blank or not. */
export interface TransportUnderTest {
  transport: ApduTransport;
  /** Takes the card out of the field. */
  remove(): Promise<void> | void;
  dispose(): Promise<void> | void;
}

export function transportConformance(name: string, make: () => Promise<TransportUnderTest>): void {
  describe(`transport: ${name}`, () => {
    let made: TransportUnderTest;
    beforeEach(async () => {
      made = await make();
    });
    afterEach(() => made.dispose());

    it('carries a command there and its answer back', async () => {
      expect((await select(made.transport)).status).toBe('ok');
    });

    it('carries an answer that is only a status word', async () => {
      const answer = await made.transport.transmit(encodeCommand(command(0x80, 0x01, 0, 0)));
      expect(hex(answer)).toHaveLength(4);
    });

    it('answers the same to the same', async () => {
      const again = encodeCommand(command(0x80, 0x01, 0, 0));
      expect(hex(await made.transport.transmit(again))).toBe(hex(await made.transport.transmit(again)));
    });

    it('takes what it says it takes', async () => {
      const long = command(0x80, 0x01, 0, 0, new Uint8Array(300), 0x1_0000);
      if (!made.transport.extended) return;
      const answer = decodeResponse(await made.transport.transmit(encodeCommand(long)));
      expect(answer.sw).not.toBe(SW.ok);
    });

    it('keeps no hand on the bytes it was given', async () => {
      const bytes = encodeCommand(command(0x80, 0x01, 0, 0));
      const sent = made.transport.transmit(bytes);
      await sent;
      bytes.fill(0);
      expect((await select(made.transport)).status).toBe('ok');
    });

    it('says card_lost when the card is gone, then and ever after', async () => {
      await made.remove();
      const dead = { code: 'card_lost' };
      const bytes = encodeCommand(command(0x80, 0x01, 0, 0));
      await expect(made.transport.transmit(bytes)).rejects.toMatchObject(dead);
      await expect(made.transport.transmit(bytes)).rejects.toMatchObject(dead);
    });
  });
}
