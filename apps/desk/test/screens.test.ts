/** Every look of the desk: nothing is in anybody's way, and everything is in view. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from '../../../tests/browser.ts';
import { openStage, type Stage } from '../../wallet/test/stage.ts';
import { walkDesk } from './screens.ts';
import { APPS } from './world.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(APPS);
}, 120_000);
afterAll(() => stage?.close());

const LOOKS = [
  { language: 'ja', width: 1280, dark: true },
  { language: 'en', width: 360, dark: false },
] as const;

test.each(LOOKS)(
  '$language, $width pixels',
  async (look) => {
    await walkDesk(stage, look, async (name, page) => {
      expect(await violations(page), name).toEqual([]);
      const overflow = await page.evaluate(
        '({ x: document.documentElement.scrollWidth - innerWidth, y: document.documentElement.scrollHeight - innerHeight })',
      );
      expect(overflow, name).toEqual({ x: 0, y: 0 });
    });
  },
  120_000,
);
