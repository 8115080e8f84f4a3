/** The suite of all readers, over a real pcscd. */
import { readerConformance } from '@sokkin/testkit';
import { afterAll, describe } from 'vitest';
import { blankFieldCard } from '../../../packages/terminal/test/scene.ts';
import { type AttachedCard, attachVirtualCard, CARD_ATR, openPcsc, pcscReader } from '../src/index.ts';
import { attachable } from './field-reader.ts';
import { type House, openHouse } from './house.ts';

const opened = await openHouse();
const skipped = typeof opened === 'string' ? `: skipped, ${opened}` : '';

describe.skipIf(skipped !== '')(`over pcscd${skipped}`, () => {
  const house = opened as House;
  const name = house.slots?.[0] ?? '';
  afterAll(() => house.close());

  readerConformance('PC/SC', async () => {
    const pcsc = openPcsc();
    const card = await blankFieldCard(true);
    let attached: AttachedCard | undefined;
    const remove = async () => {
      attached?.tear();
      attached = undefined;
      await pcsc.until(name, 'empty');
    };
    await pcsc.until(name, 'empty');
    return {
      reader: pcscReader(pcsc, name),
      async lay() {
        attached = await attachVirtualCard({
          card: attachable(() => card.tap()),
          atr: CARD_ATR,
          dial: () => house.dial(0),
        });
      },
      remove,
      async dispose() {
        await remove();
        pcsc.close();
      },
    };
  });
});
