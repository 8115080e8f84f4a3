/** Every screen, in both languages and themes, on a small phone and a wide screen: nothing is in the way of anybody. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from '../../../tests/browser.ts';
import { LOOKS, lookName, walkThrough } from './screens.ts';
import { openStage, type Stage } from './stage.ts';

const SETTLED = `Promise.all(
  document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished.catch(() => undefined)),
).then(() => undefined)`;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

test.each(LOOKS.map((look) => [`${lookName(look)}, ${look.width} px`, look] as const))(
  '%s',
  async (_name, look) => {
    const found: Record<string, unknown> = {};
    const seen: string[] = [];
    await walkThrough(stage, look, async (name, page) => {
      seen.push(name);
      // A button that has just been enabled is on its way to its colour.
      await page.evaluate(SETTLED);
      const faults = await violations(page);
      const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      const language = await page.evaluate('document.documentElement.lang');
      if (faults.length > 0 || Number(beyond) > 0 || language !== look.language)
        found[name] = { faults, beyond, language };
    });
    expect(found).toEqual({});
    expect(seen.length).toBe(52);
  },
);
