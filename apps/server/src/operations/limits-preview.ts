/**
 * What a document of limits would have refused, against what is in force, of payments that syncs of the last days have proven.
 *
 * What must hold: it changes nothing; it looks at a bounded number of purses and payments, and says when there were more; the
 * same state of the database gives the same figures. A journal has no clock: a payment counts on the day of the sync that
 * proved it.
 */
import {
  type ActivePurse,
  type ClassFigures,
  faultOf,
  LimitsPreview,
  profilesOf,
  type Situation,
} from '@sokkin/issuer';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';
import { profilesNow } from './policy.ts';
import type { LimitsDocumentInput } from './policy-documents.ts';
import { situationNow } from './situation.ts';

const DAYS = 30;
const DAY_MS = 86_400_000;
const STATEMENT_MS = 20_000;
const PAGE = 500;
/** The sample, where there is more: purses by their ids, which are random. */
const MOST_PURSES = 20_000;
const MOST_PAYMENTS = 1_000_000;

export interface PreviewResult {
  readonly since: Date;
  readonly until: Date;
  readonly situation: Situation;
  /** Purses that were looked at. */
  readonly purses: number;
  readonly isWhole: boolean;
  readonly classes: readonly ClassFigures[];
}

export async function previewLimits(
  b: Backend,
  document: LimitsDocumentInput,
  situation: Situation | undefined,
  most: { readonly purses: number; readonly payments: number } = {
    purses: MOST_PURSES,
    payments: MOST_PAYMENTS,
  },
): Promise<PreviewResult> {
  const proposed = profilesOf(document);
  const fault = faultOf(proposed);
  if (fault !== undefined) throw new Problem('policy_invalid', fault, 'document');
  const until = b.clock();
  const since = new Date(until.getTime() - DAYS * DAY_MS);
  return b.store.read(async (tx) => {
    await tx.preview.withinMs(STATEMENT_MS);
    const where = situation ?? (await situationNow(b, tx)).situation;
    const preview = new LimitsPreview((await profilesNow(tx))[where], proposed[where]);
    let [after, purses, left]: [string, number, number] = ['', 0, most.payments];
    let isWhole = true;
    for (;;) {
      const limit = Math.min(PAGE, most.purses - purses);
      const page: ActivePurse[] = await tx.preview.active(since, after, limit + 1);
      const some = page.slice(0, limit);
      const found = await tx.preview.histories(some, since, left);
      // A purse of which only a part was read would look better than it is.
      if (!found.isWhole) isWhole = false;
      else for (const history of found.histories) preview.add(history);
      if (found.isWhole) purses += some.length;
      left -= found.read;
      if (page.length <= limit || !found.isWhole) break;
      if (purses === most.purses) {
        isWhole = false;
        break;
      }
      after = some.at(-1)?.id ?? after;
    }
    return { since, until, situation: where, purses, isWhole, classes: preview.figures() };
  });
}
