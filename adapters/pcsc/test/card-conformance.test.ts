/** The same suite that holds our engine in process, over pcscd: the PC/SC half of issue 3's `cardConformance`. */
import { nodeCrypto } from '@sokkin/node';
import { type CardUnderTest, cardConformance } from '@sokkin/testkit';
import { afterAll, describe } from 'vitest';
import { blankFieldCard } from '../../../packages/terminal/test/scene.ts';
import { openPcsc } from '../src/index.ts';
import { fieldReader } from './field-reader.ts';
import { type House, openHouse } from './house.ts';

const opened = await openHouse();
const skipped = typeof opened === 'string' ? `: skipped, ${opened}` : '';

describe.skipIf(skipped !== '')(`over pcscd${skipped}`, () => {
  const house = opened as House;
  afterAll(() => house.close());

  async function onReader(): Promise<CardUnderTest> {
    const pcsc = openPcsc();
    const reader = fieldReader(house, pcsc, 0, await blankFieldCard(true));
    let tears = 0;
    return {
      tap: () => reader.tap(),
      tapTorn: (exchange) => reader.tap({ when: 'during', exchange, bytes: (tears++ * 97) % 900 }),
      async dispose() {
        await reader.pull().finally(() => pcsc.close());
      },
    };
  }
  cardConformance('our engine in a reader', onReader, { crypto: nodeCrypto() });
});
