/**
 * The desk: messages of acquirers in, answers out (desk.ts).
 *
 * What must hold: whatever a message says has an answer; what is not for the books of accounts goes to who clears; only a store that
 * cannot be reached, or too many messages at once, fail a call, and then nothing was done that a repeat would not find.
 */
import {
  type AcceptanceOutcome,
  type AtcRules,
  type AuthorisationPolicy,
  DEFAULT_ATC_RULES,
  DEFAULT_AUTHORISATION_POLICY,
} from '@sokkin/issuer';
import type pg from 'pg';
import type { Clearing } from './clearing.ts';
import type { AcceptanceDesk, ShopAnswer } from './desk.ts';
import { answerBatch } from './desk-batch.ts';
import { DESK_LANES, deskWriter } from './desk-writer.ts';
import type { Instruments } from './instruments.ts';
import { type Money, readRequest } from './read-request.ts';
import type { OpenSecret } from './scripts.ts';

export interface DeskParts {
  /** Of `openWriterPool`, for nobody else. */
  readonly pool: pg.Pool;
  readonly instruments: Instruments;
  readonly money: Money;
  readonly clock: () => Date;
  /** Undefined: nobody clears here; offline approvals and totals are refused. */
  readonly clearing: Clearing | undefined;
  readonly openSecret: OpenSecret;
  readonly policy?: AuthorisationPolicy;
  readonly atc?: AtcRules;
  readonly lanes?: number;
}

export interface OpenDesk extends AcceptanceDesk {
  close(): Promise<void>;
}

export function openDesk(parts: DeskParts): OpenDesk {
  const {
    pool,
    clearing,
    money,
    clock,
    policy = DEFAULT_AUTHORISATION_POLICY,
    atc = DEFAULT_ATC_RULES,
  } = parts;
  const batch = { ...parts, rules: { policy, atc, currency: money.digits } };
  const writer = deskWriter(pool, parts.lanes ?? DESK_LANES, (client, requests) =>
    answerBatch(batch, client, requests, clock()),
  );
  return {
    async answer(message) {
      const request = readRequest(message, money);
      switch (request.kind) {
        case 'unreadable':
          return answerOf(request.outcome);
        case 'offline_approval':
          return clearing?.offlineApproval(request) ?? answerOf('transaction_invalid');
        case 'reconciliation':
          return clearing?.reconcile(request, message) ?? answerOf('transaction_invalid');
        default:
          return writer.submit(request);
      }
    },
    close: () => writer.close(),
  };
}

const answerOf = (outcome: AcceptanceOutcome): ShopAnswer => ({
  outcome,
  approved: 0n,
  approvalCode: undefined,
  chip: [],
  fields: {},
});
