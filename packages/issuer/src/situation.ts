/**
 * The situation in force: which of the limit profiles the next Grants are made from.
 *
 * What must hold: what is in force follows from the newest document and the time alone, so that every server finds the
 * same, and nothing has to run for it to end; an emergency that nobody confirmed in time leaves what was there before it.
 */
import type { Situation } from './policy.ts';

export interface SituationPeriod {
  readonly situation: Situation;
  readonly since: Date;
  /** From then on it is normal again; undefined: it is normal. */
  readonly until: Date | undefined;
}

export interface SituationDocument extends SituationPeriod {
  /** One person alone switched it. */
  readonly emergency:
    | { readonly confirmBy: Date; readonly by: string; readonly before: SituationPeriod }
    | undefined;
}

export interface SituationInForce extends SituationPeriod {
  /** By then it takes a second person, or it falls back. */
  readonly confirmBy: Date | undefined;
}

export function situationAt(document: SituationDocument, now: Date): SituationInForce {
  const { emergency } = document;
  if (emergency === undefined) return { ...periodAt(document, now), confirmBy: undefined };
  if (now < emergency.confirmBy) {
    const period = periodAt(document, now);
    return { ...period, confirmBy: period.since === document.since ? emergency.confirmBy : undefined };
  }
  return { ...periodAt(emergency.before, now), confirmBy: undefined };
}

function periodAt({ situation, since, until }: SituationPeriod, now: Date): SituationPeriod {
  if (until === undefined || now < until) return { situation, since, until };
  return { situation: 'normal', since: until, until: undefined };
}

/** Which of two ends comes first; undefined is never. */
export function earlier(a: Date | undefined, b: Date | undefined): Date | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}
