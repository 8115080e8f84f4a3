/** Debian's cardpeek, a program that we did not write, reads the card with scripts of its own and with ours. */
import { existsSync } from 'node:fs';
import { decodeTlvs, hex, type Tlv } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import { makeActiveCard, makeWorld } from '@sokkin/testkit/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AttachedCard, attachVirtualCard, CARD_ATR } from '../src/index.ts';
import { CARDPEEK, cardpeek, shownIn } from './cardpeek.ts';
import { attachable } from './field-reader.ts';
import { type House, openHouse } from './house.ts';
import { livingPaymentCard } from './payment-card.ts';

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

/** Objects that hold no others, at whatever depth. */
const leaves = (objects: readonly Tlv[]): readonly Tlv[] =>
  objects.flatMap((o) => (o.children === undefined ? [o] : leaves(o.children)));
const hexOf = (n: number): string => n.toString(16).toUpperCase();

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

  describe('a payment card', () => {
    it('its script emv finds the application in the directory, and reads all of it', async () => {
      const { card, bank } = await livingPaymentCard(4_321n);
      const payment = await attachVirtualCard({
        card: attachable(() => card.tap()),
        dial: () => house.dial(1),
      });
      const { log, trouble, tree } = await cardpeek(house, 1, 'emv').finally(() => payment.detach());
      // It asks for records until there are none in each of 31 files, and warns of each that is not there.
      expect(trouble.filter((line) => !line.includes('Read record failed'))).toEqual([]);
      const { aid, label } = bank.profile.control;
      const name = hex(aid).toUpperCase();
      expect(log).toContain(`INFO    PSE contains application #${name}`);
      expect(log).toContain('INFO    Attempting GPO');
      const shown = shownIn(tree);
      expect(shown).toContainEqual({ id: '4F', value: name });
      expect(shown).toContainEqual({ id: '50', value: hex(label).toUpperCase(), text: 'SOKKIN' });
      expect(shown).toContainEqual({ id: '5A', value: bank.order.pan, text: bank.order.pan });
      expect(shown).toContainEqual({ id: '5F24', value: '311231', text: '12/31/31' });
      expect(shown).toContainEqual({ id: '5F20', value: expect.any(String), text: bank.order.holderName });
      expect(shown).toContainEqual({ id: '9F36', value: '0001', text: '1' });
      expect(shown).toContainEqual({ id: '9F17', value: '03', text: '3' });
      // Every element of every record that was loaded.
      const records = bank.groupings.filter(({ dgi }) => dgi >> 8 <= 30);
      expect(records.length).toBeGreaterThanOrEqual(4);
      for (const { tag, value } of records.flatMap((r) => leaves(decodeTlvs(r.value))))
        expect(shown).toContainEqual(
          expect.objectContaining({ id: hexOf(tag), value: hex(value).toUpperCase() }),
        );
    });
  });
});
