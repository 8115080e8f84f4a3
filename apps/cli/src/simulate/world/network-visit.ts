/**
 * A purse meets the network: Statement and journal out, Grant in, then money from the account or back to it.
 *
 * What must hold: the Grant is applied by the purse machine; what it takes back is counted as arrived.
 */
import { assert } from '@sokkin/codec';
import {
  applyGrant,
  type Grant,
  headAfter,
  journalAfter,
  parseStatementBody,
  paymentCell,
  statement as statementStep,
} from '@sokkin/purse';
import { type BackEnd, FRESH_NONCE } from '../network/back-end.ts';
import { ISSUER_PURSE } from '../network/issuance.ts';
import type { Seen } from '../network/signed.ts';
import { askFor, isCredited, learn, payOn, take } from './element.ts';
import type { Money } from './money.ts';
import type { Purse } from './society.ts';

/** The Grant that the purse applied; undefined: it got none, or did not take it. */
export async function visit(
  backEnd: BackEnd,
  money: Money,
  purse: Purse,
  seen: readonly Seen[],
  at: number,
  obeys = true,
): Promise<Grant | undefined> {
  const said = statementStep(purse.state, FRESH_NONCE);
  assert(said.status === 'ok' && said.answer.kind === 'attestation', 'a purse states where it stands');
  const statement = parseStatementBody(said.answer.body);
  const entries = journalAfter(purse.state, purse.state.ackSeq);
  const answer = await backEnd.sync({ statement, entries, seen }, at);
  if (answer.status === 'refused') return undefined;
  const { grant, grantHash } = answer;
  if (grant.order === 'block' && !obeys) return undefined;
  const taken = grant.resolutions.flatMap(({ paymentNo, outcome }) => {
    const cell = paymentCell(purse.state, paymentNo);
    return outcome === 'cancelled' && cell?.payment === 'open' ? [cell] : [];
  });
  const applied = applyGrant(purse.state, { grant, grantHash });
  if (applied.status !== 'ok') return undefined;
  purse.state = applied.state;
  for (const { entry, body } of taken) money.arrives(Number(entry.fields.amount), headAfter(body));
  return grant;
}

/** Fills the purse up to `target`, as far as it may hold; what came. */
export function fund({ issuance }: BackEnd, purse: Purse, target: number): number {
  const { balance, limits } = purse.state;
  const most = Math.min(target, Number(limits.holding));
  const amount = most - Number(balance);
  if (amount <= 0) return 0;
  const asked = askFor(purse.state, amount);
  if (asked.status !== 'ok') return 0;
  const payment = issuance.fund(asked.message);
  const taken = take(asked.state, {
    payment: payment.message,
    paymentHash: payment.hash,
    payer: ISSUER_PURSE,
  });
  assert(taken.status === 'ok', 'a purse takes what the issuer pays on its new ticket');
  purse.state = taken.state;
  issuance.settle(taken.message);
  return isCredited(taken.message) ? amount : 0;
}

/** Pays everything above `keep` back to the issuer; what went. `isWelcome`: the issuer takes it. */
export function redeem({ issuance }: BackEnd, purse: Purse, keep: number, isWelcome: boolean): number {
  const amount = Number(purse.state.balance) - keep;
  if (amount <= 0 || !isWelcome) return 0;
  const ticket = issuance.ticketFor(BigInt(amount));
  const paid = payOn(purse.state, ticket, ISSUER_PURSE, amount);
  if (paid.status !== 'ok') return 0;
  const receipt = issuance.take(ticket, paid.message, paid.hash, true);
  purse.state = learn(paid.state, receipt);
  return amount;
}
