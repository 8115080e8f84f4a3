/** Debian's cardpeek, a program that we did not write, reads the card with scripts of its own and with ours. */
import { existsSync } from 'node:fs';
import { hex } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import { makeActiveCard, makeWorld } from '@sokkin/testkit/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AttachedCard, attachVirtualCard, CARD_ATR } from '../src/index.ts';
import { CARDPEEK, cardpeek } from './cardpeek.ts';
import { type House, openHouse } from './house.ts';

const opened = existsSync(CARDPEEK)
  ? await openHouse()
  : 'cardpeek is not installed: run scripts/install-pcsc.sh as root';
const skipped = typeof opened === 'string' ? `: skipped, ${opened}` : '';

const OWN = `
card.connect()
card.tree_startup('SOKKIN')
for _, apdu in ipairs({ '00A4040008F0534F4B4B494E0100', '80CADF2000' }) do
  local sw, data = card.send(bytes.new(8, apdu))
  nodes.append(nodes.root(), { label = string.format('%X', sw), val = data })
end
card.disconnect()`;

describe.skipIf(skipped !== '')(`cardpeek${skipped}`, () => {
  const house = opened as House;
  let attached: AttachedCard | undefined;

  beforeAll(async () => {
    const { card } = await makeActiveCard(await makeWorld(nodeCrypto()), 7, { balance: 1_234n });
    attached = await attachVirtualCard({ card, dial: () => house.dial(0) });
  });
  afterAll(async () => {
    await attached?.detach();
    await house.close();
  });

  it('its script atr reads the ATR', async () => {
    const { log, trouble, tree } = await cardpeek(house, 0, 'atr');
    expect(trouble).toEqual([]);
    expect(log).toContain(`INFO    ATR is 14 bytes: ${hex(CARD_ATR).toUpperCase()}`);
    expect(tree).toContain(hex(CARD_ATR).toUpperCase());
  });

  it('its script emv asks for every payment application it knows; each question has an answer', async () => {
    const { log, trouble } = await cardpeek(house, 0, 'emv');
    expect(trouble).toEqual([]);
    const sent = log.filter((line) => line.includes('send: ')).length;
    expect(sent).toBeGreaterThan(50);
    expect(log.filter((line) => line.includes('Recv: '))).toHaveLength(sent);
  });

  it('a script of ours reads SELECT and the summary', async () => {
    const { trouble, tree } = await cardpeek(house, 0, OWN);
    expect(trouble).toEqual([]);
    expect(tree.match(/9000/g)).toHaveLength(2);
    expect(tree).toContain('DF205402039200000000000004D2');
  });
});
