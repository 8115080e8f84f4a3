/**
 * What the conformance suites need of a test runner, in a page: they import `vitest`, and the build puts this file there. Its `expect` is vitest's own.
 */

import {
  ASYMMETRIC_MATCHERS_OBJECT,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
} from '@vitest/expect';
import * as chai from 'chai';

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);
const matchers: object = Reflect.get(globalThis, ASYMMETRIC_MATCHERS_OBJECT);
/** Typed where the suites import it: as vitest's. */
export const expect: typeof chai.expect = Object.assign(
  (value: unknown) => chai.expect(value),
  chai.expect,
  matchers,
);
Reflect.set(globalThis, GLOBAL_EXPECT, expect);

type Work = () => unknown;
interface Suite {
  readonly name: string;
  readonly before: Work[];
  readonly beforeEach: Work[];
  readonly afterEach: Work[];
  readonly after: Work[];
  readonly inside: (Suite | { readonly name: string; readonly run: Work })[];
}
const suite = (name: string): Suite => ({
  name,
  before: [],
  beforeEach: [],
  afterEach: [],
  after: [],
  inside: [],
});
const root = suite('');
let now = root;

export function describe(name: string, work: Work): void {
  const outer = now;
  now = suite(name);
  outer.inside.push(now);
  work();
  now = outer;
}
export const it = (name: string, run: Work): void => void now.inside.push({ name, run });
export const test = it;
export const beforeAll = (work: Work): void => void now.before.push(work);
export const beforeEach = (work: Work): void => void now.beforeEach.push(work);
export const afterEach = (work: Work): void => void now.afterEach.push(work);
export const afterAll = (work: Work): void => void now.after.push(work);

export interface Outcome {
  readonly name: string;
  /** undefined: it passed. */
  readonly failed: string | undefined;
}

/** Runs everything that was described. */
export async function runAll(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const all = async (works: readonly Work[]) => {
    for (const work of works) await work();
  };
  const run = async (one: Suite, path: string, around: readonly Suite[]): Promise<void> => {
    await all(one.before);
    const suites = [...around, one];
    for (const inner of one.inside) {
      const name = `${path} ${inner.name}`.trim();
      if ('inside' in inner) {
        await run(inner, name, suites);
        continue;
      }
      let failed: string | undefined;
      try {
        for (const s of suites) await all(s.beforeEach);
        await inner.run();
      } catch (error) {
        failed = error instanceof Error ? `${error.message}\n${error.stack}` : String(error);
      } finally {
        for (const s of suites.toReversed()) await all(s.afterEach);
      }
      outcomes.push({ name, failed });
    }
    await all(one.after);
  };
  await run(root, '', []);
  return outcomes;
}
