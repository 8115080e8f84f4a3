/**
 * In which order test files run: those that take longest come first, so that no worker is left alone with one of them at the end.
 *
 * What must hold: files that have a process each come before those that share one, because a worker ends when the next file wants its own.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const ROOT = join(import.meta.dirname, '..');
/** 20 s and more with two cores for the whole run; what has been measured here before is known to vitest, a fresh clone only knows sizes. */
const LONG = [
  'apps/cli/test/cli.test.ts',
  'packages/card/test/checker.test.ts',
  'apps/softpos/test/screens.test.ts',
  'apps/desk/test/desk.test.ts',
  'apps/wallet/test/screens.test.ts',
  'apps/wallet/test/between.test.ts',
  'apps/server/test/steps-kill.test.ts',
  'packages/ui/test/gallery.test.ts',
  'apps/server/test/uploads-bulk.test.ts',
  'apps/cli/test/story.test.ts',
  'apps/wallet/test/codes.test.ts',
  'apps/softpos/test/day.test.ts',
  'apps/server/test/scale-processes.test.ts',
  'apps/server/test/claims.test.ts',
  'apps/server/test/faults.test.ts',
  'packages/card/test/checker.shop.test.ts',
  'apps/server/test/contract.test.ts',
  'apps/cli/test/simulate-study.test.ts',
  'apps/wallet/test/losing.test.ts',
  'apps/server/test/claims-kill.test.ts',
].map((name) => join(ROOT, name));

const gone = LONG.find((path) => !existsSync(path));
if (gone !== undefined)
  throw new Error(`${gone} is in the list of long tests of tests/order.ts, and is not there.`);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted
      .map((file, at) => ({ file, rank: rankOf(file), at }))
      .sort((a, b) => a.rank - b.rank || a.at - b.at)
      .map(({ file }) => file);
  }
}

function rankOf({ moduleId, project }: TestSpecification): number {
  if (project.config.isolate) return -1;
  const at = LONG.indexOf(moduleId);
  return at < 0 ? LONG.length : at;
}
