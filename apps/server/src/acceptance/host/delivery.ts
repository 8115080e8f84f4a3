/**
 * Bringing to the desk what is owed.
 *
 * What must hold: what stand-in approved goes as the terminal's own message said again, so that it counts once, whether the desk had seen it
 * before or not; what the desk refuses then is an alert with its evidence, and never silence.
 */
import { decodeIso, type IsoMessage } from '@sokkin/codec';
import { ACCEPTANCE_OUTCOMES, FIRST_ISSUER } from '@sokkin/issuer';
import { repeatOf } from '@sokkin/node';
import { type Backend, issuerPurseId, lineFor, newId } from '../../backend.ts';
import { emit } from '../../operations/events.ts';
import type { ShopAnswer } from '../desk.ts';
import { cardOf } from './card-of.ts';
import type { DeskGate } from './desk-gate.ts';
import type { LinkBook } from './links.ts';
import { type HostLog, nameOfMessage } from './log.ts';
import type { Owed } from './owed.ts';
import { reversalOf } from './reversal-of.ts';
import type { Deliver } from './spool.ts';
import type { StandIn } from './stand-in.ts';

export interface DeliveryParts {
  readonly backend: Backend;
  readonly book: LinkBook;
  readonly gate: DeskGate;
  readonly standIn: StandIn;
  readonly log: HostLog;
}

export function delivery(parts: DeliveryParts): Deliver {
  const { book, gate, standIn, log } = parts;
  return async (owed) => {
    try {
      const profile = await book.profileOf(owed.link);
      const original = decodeIso(profile, owed.octets);
      const message = owed.kind === 'reversal' ? reversalOf(original) : repeatOf(original);
      const { acquirer, receivedAt } = owed;
      const reply = await gate.ask({ acquirer, profile, message, receivedAt });
      if (reply.kind === 'away' || isUndecided(reply.answer)) return 'later';
      if (isRefused(owed, reply.answer)) await raise(parts.backend, owed, original, reply.answer);
      if (owed.kind === 'approved')
        standIn.release(owed.link, { card: cardOf(original) ?? '', amount: owed.approved });
      log.info({ ...nameOfMessage(message), owed: owed.kind, outcome: reply.answer.outcome }, 'forwarded');
      return 'done';
    } catch (error) {
      log.warn({ err: error, owed: owed.id }, 'what is owed waits');
      return 'later';
    }
  };
}

/** No decision: the same message may have one later. */
function isUndecided({ outcome }: ShopAnswer): boolean {
  return ['in_progress', 'timed_out', 'issuer_unavailable', 'system_error', 'cutover'].includes(outcome);
}

/** It is not in the books as the terminal was told. A reversal of what never was is no harm. */
function isRefused({ kind, approved }: Owed, answer: ShopAnswer): boolean {
  if (kind === 'reversal' && answer.outcome === 'original_unknown') return false;
  const { kind: outcome } = ACCEPTANCE_OUTCOMES[answer.outcome];
  if (outcome !== 'approved' && outcome !== 'accepted') return true;
  return kind === 'approved' && answer.approved < approved;
}

const SAYS: Readonly<Record<Owed['kind'], string>> = {
  reversal: 'A payment that was answered without a decision could not be taken back',
  approved: 'What stand-in approved was refused by the ledger: the acquirer bears it',
  taken: 'An advice that stand-in took was refused by the ledger',
};

async function raise(b: Backend, owed: Owed, original: IsoMessage, answer: ShopAnswer): Promise<void> {
  const { id, kind, link, acquirer, approved, approvalCode, receivedAt } = owed;
  const evidence = {
    ...{
      link,
      acquirer,
      kind,
      outcome: answer.outcome,
      told: approved.toString(),
      approval_code: approvalCode ?? null,
    },
    ...{ received_at: new Date(receivedAt).toISOString(), message: nameOfMessage(original) },
    amount: String(original.fields.get(4) ?? ''),
    // The first six digits and the last four, as receipts show them.
    card: masked(cardOf(original)),
  };
  await b.store.write(async (tx) => {
    const alert = newId(b, 'alt');
    const raised = await tx.alerts.raise(
      {
        ...{ id: alert, kind: 'stand_in_refused', severity: 'proven', subject: id, evidence },
        // It is about no purse: the first issuer's own stands for the ledger.
        purse: issuerPurseId(lineFor(b, FIRST_ISSUER)),
        says: `${SAYS[kind]} (${answer.outcome}).`,
      },
      b.clock(),
    );
    if (raised !== alert) return;
    const data = { alert, link, kind, outcome: answer.outcome, amount: approved.toString() };
    await emit(b, tx, { type: 'acquirer_link.refused', institution: acquirer, subject: link, data });
  });
}

const masked = (card: string | undefined): string | null =>
  card === undefined || card.length < 12
    ? null
    : `${card.slice(0, 6)}${'*'.repeat(card.length - 10)}${card.slice(-4)}`;
