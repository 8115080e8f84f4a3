/**
 * Grants, and answers, of a batch of accepted uploads.
 *
 * What must hold: a Grant and the answer with it are in the transaction of the journal that they acknowledge.
 */
import { assert, type Epoch, fromHex } from '@sokkin/codec';
import {
  type Acknowledged,
  composeGrant,
  type JournalView,
  type LedgerTx,
  type PinResetWord,
  type PurseRow,
  pinResetWord,
} from '@sokkin/issuer';
import { encodeGrant, type Grant, type Limits, MAX_BLOCKED } from '@sokkin/purse';
import { type Backend, dayOf, lineOfPurse, newId, purseName, sign } from '../../backend.ts';
import { fastSha256 } from '../../store/segments.ts';
import { emit } from '../events.ts';
import { standingOf } from '../fleet.ts';
import { limitsNow } from '../policy.ts';
import { type FromOthers, fromOthers } from './counterparts.ts';
import type { ReadUpload } from './read.ts';
import type { SyncAnswer } from './upload.ts';

/** An upload that is believed, with the purse and the view after it. */
export interface Accepted {
  readonly read: ReadUpload;
  readonly row: PurseRow;
  readonly view: JournalView;
  /** The first Grant that was applied since it was here last. */
  readonly firstApplied: Grant | undefined;
}

/** The answers, in the order of the uploads. */
export async function acknowledge(
  b: Backend,
  tx: LedgerTx,
  accepted: readonly Accepted[],
): Promise<object[]> {
  if (accepted.length === 0) return [];
  const shared = await sharedBy(
    b,
    tx,
    accepted.map((a) => a.view),
  );
  const granted: Granted[] = [];
  for (const one of accepted) granted.push(await grantTo(b, tx, one, shared));
  // Signatures are made on other threads, all at once.
  const answers = await Promise.all(granted.map((one) => answerWith(b, one)));
  await tx.uploads.acknowledge(answers, b.clock());
  await tell(b, tx, accepted);
  return answers.map(({ sync }) => Object(sync.answer));
}

/** What is the same for all uploads of a batch. */
async function sharedBy(b: Backend, tx: LedgerTx, views: readonly JournalView[]) {
  const blocked = await tx.purses.blocked(MAX_BLOCKED + 1);
  const others = await fromOthers(tx, views);
  const limits = new Map<string, Promise<Limits>>();
  return {
    blocked,
    others,
    limitsOf(purse: PurseRow): Promise<Limits> {
      const { assurance, tier, isAnonymous } = purse;
      const kind = `${assurance}/${tier}/${isAnonymous}`;
      const known = limits.get(kind) ?? limitsNow(b, tx, purse);
      limits.set(kind, known);
      return known;
    },
  };
}

/** An accepted upload with the Grant that answers it. */
interface Granted extends Accepted {
  readonly grant: Grant;
  readonly others: FromOthers;
}

async function grantTo(
  b: Backend,
  tx: LedgerTx,
  accepted: Accepted,
  shared: Awaited<ReturnType<typeof sharedBy>>,
): Promise<Granted> {
  const { read, row, view } = accepted;
  const { authority, issuerPurse } = lineOfPurse(b, read.leaf);
  const others = shared.others.get(row.id);
  assert(others !== undefined, 'each purse was asked for');
  const tries = pinResetWord(row.pinReset, accepted.firstApplied);
  const grant = composeGrant({
    authority: authority.certificate.subjectRef,
    view,
    issuedGrantNo: row.issuedGrantNo,
    nonce: read.statement.nonce,
    epoch: grantDate(dayOf(b.clock()), [read.leaf, authority.certificate, issuerPurse.certificate]),
    limits: await shared.limitsOf(row),
    resolutions: others.resolutions,
    blocked: shared.blocked.filter((id) => id !== row.id).map(fromHex),
    givesPinTries: tries.kind === 'carry',
    ...(await standingOf(b, tx, row, view)),
  });
  await keepPinTries(b, tx, accepted, tries, grant);
  return { ...accepted, grant, others };
}

/** Of the few purses whose issuer gives them their PIN tries back. */
async function keepPinTries(
  b: Backend,
  tx: LedgerTx,
  { read, row }: Accepted,
  tries: PinResetWord,
  grant: Grant,
): Promise<void> {
  if (tries.kind === 'given') {
    await tx.fleet.pinResetGiven(row.id, b.clock());
    const subject = purseName(row.id);
    const data = { purse: subject, account: row.accountId };
    const { institution } = read.purse.owner;
    await emit(b, tx, { type: 'purse.pin_tries_given', institution, subject, data });
  } else if (tries.kind === 'carry' && tries.isFirst) {
    await tx.fleet.carryPinReset(row.id, grant.resetPinTries ? grant.grantNo : undefined);
  }
}

async function answerWith(b: Backend, { read, row, view, grant, others }: Granted): Promise<Acknowledged> {
  const { authority } = lineOfPurse(b, read.leaf);
  const body = encodeGrant(grant);
  const grantMessage = await sign(b, authority.key, body);
  const answer: SyncAnswer = {
    id: newId(b, 'syn'),
    acknowledgedSeq: view.seq,
    grant: grantMessage,
    authority: authority.certificate.bytes,
    payments: others.payments,
    receipts: others.receipts,
    refused: read.handed.refused,
  };
  const { upload, statementHash } = read;
  const sync = {
    id: answer.id,
    purse: row.id,
    statementHash,
    statement: upload.request.statement,
    seq: view.seq,
    answer: upload.shape(answer),
  };
  return { sync, grant, grantHash: fastSha256(body), grantMessage };
}

/**
 * Today, but not later than the last day on which the purse, and the certificates it must still believe to be
 * settled and to pay its value home, are valid: a purse whose epoch has passed them takes no further Grant.
 */
const grantDate = (today: Epoch, certificates: readonly { readonly expiration: Epoch }[]): Epoch =>
  Math.min(today, ...certificates.map((c) => c.expiration));

/** Only where somebody listens: an event for each upload would cost as much as the rest of it. */
async function tell(b: Backend, tx: LedgerTx, accepted: readonly Accepted[]): Promise<void> {
  const type = 'purse.synced';
  const institutions = new Set(accepted.map(({ read }) => read.purse.owner.institution));
  const hearers = new Set(await tx.events.hearers(type, [...institutions]));
  const events = accepted
    .filter(({ read }) => hearers.has(read.purse.owner.institution))
    .map(({ read, row, view }) => {
      const subject = purseName(row.id);
      const proven = { acknowledged_seq: view.seq, balance: view.balance.toString() };
      const data = { purse: subject, account: row.accountId, ...proven };
      return { type, institution: read.purse.owner.institution, subject, data } as const;
    });
  await emit(b, tx, ...events);
}
