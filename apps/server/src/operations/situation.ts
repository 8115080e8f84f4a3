/**
 * The situation in force (normal, outage, disaster): a policy of its own, switched by two, or by one in an emergency.
 *
 * What must hold: anything but normal ends by itself; what one person switched is in the log and told to every institution
 * at once, and falls back to what was there before unless a second one confirms it within a day; who was not confirmed
 * cannot go on by doing it again.
 */
import {
  earlier,
  type LedgerTx,
  type PolicyVersion,
  type SituationDocument,
  type SituationInForce,
  type SituationPeriod,
  situationAt,
} from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import type { Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';
import { emitToAll } from './events.ts';
import {
  type EmergencyRequest,
  type SituationProposal,
  type StoredSituation,
  storedSituation,
} from './policy-documents.ts';
import { addVersion, assertFollows, policyInForce } from './policy-versions.ts';

export const SITUATION = 'situation';
const DAY_MS = 86_400_000;
const LONGEST_MS = 90 * DAY_MS;
const CONFIRM_MS = DAY_MS;
/** Who was not confirmed does not do it again before. */
const AGAIN_MS = 7 * DAY_MS;

export const firstSituation = (at: Date): StoredSituation => ({
  situation: 'normal',
  since: at.toISOString(),
  until: null,
  emergency: null,
});

export const situationNow = async (b: Backend, tx: LedgerTx): Promise<SituationInForce> =>
  situationAt(documentOf(await policyInForce(tx, SITUATION)), b.clock());

export const situationVersion = (tx: LedgerTx): Promise<PolicyVersion> => policyInForce(tx, SITUATION);
export const situationHistory = (tx: LedgerTx, before: number | undefined, limit: number) =>
  tx.policies.history(SITUATION, before, limit);

export function documentOf({ document }: PolicyVersion): SituationDocument {
  const { emergency, ...period } = storedSituation.parse(document);
  return {
    ...periodOf(period),
    emergency:
      emergency === null
        ? undefined
        : {
            confirmBy: new Date(emergency.confirm_by),
            by: emergency.by,
            before: periodOf(emergency.before),
          },
  };
}

const periodOf = (p: Omit<StoredSituation, 'emergency'>): SituationPeriod => ({
  situation: p.situation,
  since: new Date(p.since),
  until: p.until === null ? undefined : new Date(p.until),
});

const stored = ({ situation, since, until }: SituationPeriod) => ({
  situation,
  since: since.toISOString(),
  until: until?.toISOString() ?? null,
});

/** What is wished for, from now on. */
function wished(
  b: Backend,
  { situation, until }: Pick<SituationProposal, 'situation' | 'until'>,
): SituationPeriod {
  const now = b.clock();
  if (situation === 'normal') {
    if (until === undefined) return { situation, since: now, until: undefined };
    throw new Problem('policy_invalid', 'Normal has no end: leave `until` out.', 'until');
  }
  const end = until === undefined ? undefined : new Date(until);
  const ahead = (end?.getTime() ?? 0) - now.getTime();
  if (end === undefined || ahead <= 0 || ahead > LONGEST_MS)
    throw new Problem('policy_invalid', `${situation} needs an end within the next 90 days.`, 'until');
  return { situation, since: now, until: end };
}

export async function checkSituation(b: Backend, tx: LedgerTx, wish: SituationProposal): Promise<void> {
  wished(b, wish);
  await assertFollows(tx, SITUATION, wish.from_version);
}

export async function setSituation(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  proposal: string,
  wish: SituationProposal,
) {
  await checkSituation(b, tx, wish);
  const period = wished(b, wish);
  const document: StoredSituation = { ...stored(period), emergency: null };
  const made = await addVersion(b, tx, { name: SITUATION, from: wish.from_version, document, proposal });
  record(b, tx, who, 'situation.changed', SITUATION, { ...stored(period), version: made.version });
  await tell(b, tx, 'situation.changed', period);
  return made;
}

/** One person alone, now. Gives the version. */
export async function switchInEmergency(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { from_version, reason, ...wish }: EmergencyRequest,
): Promise<number> {
  const current = documentOf(await assertFollows(tx, SITUATION, from_version));
  const now = b.clock();
  assertMayAgain(current, now);
  const { situation, since, until, confirmBy } = situationAt(current, now);
  const end = earlier(until, confirmBy);
  const period = wished(b, wish);
  const confirm_by = new Date(now.getTime() + CONFIRM_MS);
  const before = stored({ situation, since, until: end });
  const document: StoredSituation = {
    ...stored(period),
    emergency: { confirm_by: confirm_by.toISOString(), by: who.id, before },
  };
  const { version } = await addVersion(b, tx, { name: SITUATION, from: from_version, document });
  const entry = { ...stored(period), version, reason, confirm_by: confirm_by.toISOString() };
  record(b, tx, who, 'situation.emergency', SITUATION, entry);
  await tell(b, tx, 'situation.emergency', period);
  return version;
}

function assertMayAgain({ emergency }: SituationDocument, now: Date): void {
  if (emergency === undefined) return;
  const { confirmBy } = emergency;
  if (now.getTime() >= confirmBy.getTime() + AGAIN_MS) return;
  throw new Problem(
    'emergency_unconfirmed',
    now < confirmBy
      ? `The last emergency waits for a second person until ${confirmBy.toISOString()}: have it confirmed, or propose another situation.`
      : `Nobody confirmed the last emergency by ${confirmBy.toISOString()}: for a week, it takes two to switch.`,
  );
}

const tell = (
  b: Backend,
  tx: LedgerTx,
  type: 'situation.changed' | 'situation.emergency',
  period: SituationPeriod,
): Promise<void> => emitToAll(b, tx, { type, subject: SITUATION, data: stored(period) });
