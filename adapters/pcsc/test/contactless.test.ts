/** Class FF is the reader's; and the ATRs that the card can show. No reader needed. */
import { fromHex, hex } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import { describe, expect, test } from 'vitest';
import { CARD_ATR, CARD_ATR_T0, CONTACTLESS_ATR, onContactlessReader, parseAtr } from '../src/index.ts';

describe('a contactless reader', () => {
  const seen: string[] = [];
  const card = {
    reset: () => undefined,
    async transmit(command: Uint8Array) {
      seen.push(hex(command));
      return fromHex('9000');
    },
  };
  const reader = onContactlessReader(card, (n) => nodeCrypto().randomBytes(n));
  const ask = async (command: string) => hex(await reader.transmit(fromHex(command)));

  test('tells a random identifier, another one each time, and the historical bytes', async () => {
    const first = await ask('ffca000000');
    expect(first).toMatch(/^08[0-9a-f]{6}9000$/);
    expect(await ask('ffca000000')).toBe(first);
    reader.reset();
    expect(await ask('ffca000000')).not.toBe(first);
    expect(await ask('ffca010000')).toBe('8073c001c09000');
  });

  test('refuses other commands of its class, and passes all others on', async () => {
    expect([await ask('ffca020000'), await ask('ffb0000000'), await ask('ff')]).toEqual([
      '6a81',
      '6a81',
      '6a81',
    ]);
    expect(seen).toEqual([]);
    expect(await ask('00a4040000')).toBe('9000');
    expect(seen).toEqual(['00a4040000']);
  });
});

test('each ATR offers one protocol, but for what readers make of contactless cards', () => {
  expect(parseAtr(CARD_ATR).protocols).toEqual([1]);
  expect(parseAtr(CARD_ATR_T0).protocols).toEqual([0]);
  expect(parseAtr(CONTACTLESS_ATR).protocols).toEqual([0, 1]);
  expect(hex(parseAtr(CARD_ATR_T0).historical)).toBe(hex(parseAtr(CARD_ATR).historical));
});
