/**
 * Tells the outbox what happened. What must hold: in the transaction of what happened, so that either both are there or
 * neither; who is told of it learns ids and amounts, and no name of a person.
 */
import type { FundingRow, LedgerTx, ProposalRow, PurseRow, RedemptionRow, TransferRow } from '@sokkin/issuer';
import { type Backend, newId } from '../backend.ts';

/** Every kind of event, and when it is told. */
export const EVENT_TYPES = {
  'account.created': 'An account was opened',
  'issuance.done': 'CBDC was issued to an account',
  'destruction.done': 'CBDC of an account was destroyed',
  'transfer.done': 'Money moved between accounts; written only where a webhook wants it',
  'funding.paid': 'Money left an account for a purse',
  'funding.credited': 'The purse has it',
  'funding.cancelled': 'The purse will never have it: it is back on the account',
  'redemption.opened': 'A purse may pay into an account',
  'redemption.credited': 'It did',
  'redemption.cancelled': 'What it paid goes back to the purse',
  'purse.enrolled': 'A purse got its certificate',
  'purse.synced': 'A purse proved its journal; written only where a webhook wants it',
  'purse.blocked': 'A purse was blocked',
  'purse.unblocked': 'The block of a purse was lifted',
  'purse.expiring': 'The last day of a certificate is near; told once',
  'device.joined': 'A customer took one more device, with a code',
  'device.given_up': 'A customer gave up a device of theirs, and it is blocked',
  'claim.reported': 'A purse was reported as lost, stolen or broken, or has expired',
  'claim.withdrawn': 'It was found before its refund',
  'claim.refused': 'It is not refunded',
  'claim.refunded': 'What it held is on its account',
  'claim.late_payment': 'A refunded purse had paid after all',
  'claim.closed': 'What was refunded is final',
  'purse.activated': 'A purse that waited for its holder was activated',
  'purse.tier_changed': 'A purse has another tier: its next Grant gives the limits of that',
  'purse.pin_reset':
    'The PIN tries of a purse are to be given back: its Grants say so until its journal proves it',
  'purse.pin_tries_given': 'Its journal proves that it has them',
  'purse.replaced': 'Another purse came in the place of a purse',
  'purse.retired': 'A purse was retired, which is final',
  'card_order.changed': 'Cards of an order were delivered or cancelled, or all of them are personalised',
  'clearing.settled': 'A merchant was paid for an approval that a card gave offline',
  'clearing.refused': 'An offline approval was presented and is not paid',
  'approval.lapsed': 'No shop presented an offline approval in time; its amount is back on the account',
  'settlement.closed': "An acquirer's day was closed",
  'settlement.out_of_balance': "An acquirer's totals are not ours",
  'link.created': 'An account, or a payment card, was linked: tokens may stand for it',
  'link.blocked': 'It pays nothing until its block is lifted',
  'link.unblocked': 'It pays again',
  'link.removed': 'It is gone for good, and its tokens with it',
  'token.created': 'A token was made; it pays once it is active',
  'token.activated': 'A token pays within its domain',
  'token.suspended': 'Somebody suspends a token; `data.by` says as what',
  'token.resumed': 'They do not any more; others may',
  'token.deactivated': 'A token has ended',
  'token.detokenised': 'Somebody was shown the card number behind a token',
  'proposal.waiting': 'Somebody proposed what takes a second person',
  'proposal.approved': 'A second person approved it, and it took effect',
  'proposal.refused': 'A second person refused it',
  'payment.approved':
    'A shop was promised money of an account, or got it; written only where a webhook wants it',
  'payment.captured': 'A shop got what was held for it; written only where a webhook wants it',
  'payment.reversed': 'A payment, or a part of it, was taken back; written only where a webhook wants it',
  'payment.refunded': 'A shop gave money back; written only where a webhook wants it',
  'payment.expired': 'What was held for a shop was let go: its time was over, or the issuer released it',
  'alert.raised': 'The books show what should not be',
  'situation.changed': 'Two agreed to other limits for a while: normal, outage or disaster',
  'situation.emergency':
    'One person switched the situation: it falls back within a day unless a second confirms it',
  'acquirer_link.refused': 'The ledger refused what stand-in had approved or taken for an acquirer',
  'webhook.ping': 'Somebody asked for a test delivery',
  'webhook.disabled': 'An endpoint failed for so long that it is not told any more',
} as const;
export type EventType = keyof typeof EVENT_TYPES;

export interface NewEvent {
  readonly type: EventType;
  /** Whose webhooks hear of it. */
  readonly institution: string;
  /** The id of what it happened to. */
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Several at once cost one statement. */
export async function emit(b: Backend, tx: LedgerTx, ...events: readonly NewEvent[]): Promise<void> {
  const createdAt = b.clock();
  await tx.events.add(events.map((event) => ({ ...event, id: newId(b, 'evt'), createdAt })));
}

/** What all institutions are to know. */
export async function emitToAll(
  b: Backend,
  tx: LedgerTx,
  event: Omit<NewEvent, 'institution'>,
): Promise<void> {
  const limit = 500;
  let after: string | undefined;
  do {
    const page = await tx.institutions.list({ limit, after });
    if (page.length > 0) await emit(b, tx, ...page.map(({ id: institution }) => ({ ...event, institution })));
    after = page.length === limit ? page.at(-1)?.id : undefined;
  } while (after !== undefined);
}

/** Of something that concerns an account: its institution hears of it. */
export async function emitOfAccount(
  b: Backend,
  tx: LedgerTx,
  accountId: string,
  event: Omit<NewEvent, 'institution'>,
): Promise<void> {
  const account = await tx.accounts.byId(accountId);
  if (account === undefined) throw new Error('Bug: what happened, happened to an account');
  await emit(b, tx, { ...event, institution: account.institution });
}

export const emitOfPurse = (
  b: Backend,
  tx: LedgerTx,
  purse: PurseRow,
  type: EventType,
  data: Readonly<Record<string, unknown>> = {},
): Promise<void> => {
  const subject = `pur_${purse.id}`;
  const whole = { purse: subject, account: purse.accountId, ...data };
  return emitOfAccount(b, tx, purse.accountId, { type, subject, data: whole });
};

const amountOf = (amount: bigint) => ({ amount: amount.toString() });

export const emitFunding = (b: Backend, tx: LedgerTx, f: FundingRow): Promise<void> => {
  const data = { funding: f.id, account: f.accountId, purse: `pur_${f.purse}`, ...amountOf(f.amount) };
  return emitOfAccount(b, tx, f.accountId, { type: `funding.${f.status}`, subject: f.id, data });
};

export const emitRedemption = (b: Backend, tx: LedgerTx, r: RedemptionRow): Promise<void> => {
  const type = r.status === 'open' ? ('redemption.opened' as const) : (`redemption.${r.status}` as const);
  const amount = amountOf(r.amount ?? r.maxAmount);
  const data = { redemption: r.id, account: r.accountId, purse: `pur_${r.purse}`, ...amount };
  return emitOfAccount(b, tx, r.accountId, { type, subject: r.id, data });
};

/** To the institution that proposed. Whom it is about stays with the proposal, which not everybody may read. */
export const emitProposal = (
  b: Backend,
  tx: LedgerTx,
  { id, kind, institution }: Pick<ProposalRow, 'id' | 'kind' | 'institution'>,
  status: 'waiting' | 'approved' | 'refused',
): Promise<void> =>
  emit(b, tx, { type: `proposal.${status}`, institution, subject: id, data: { proposal: id, kind } });

/**
 * Of a reversal; store/transfer-batch.ts tells the same of transfers. Each institution hears of it, and only if it has
 * asked for it: to write them for nobody would double the writes of a transfer.
 */
export async function emitReversal(
  b: Backend,
  tx: LedgerTx,
  row: TransferRow,
  sides: readonly { readonly institution: string }[],
): Promise<void> {
  const type = 'transfer.done';
  const institutions = await tx.events.hearers(type, [...new Set(sides.map((side) => side.institution))]);
  const { id: subject, kind, from, to, amount, reverses } = row;
  const data = { transfer: subject, kind, from, to, ...amountOf(amount), reverses };
  await emit(b, tx, ...institutions.map((institution) => ({ type, institution, subject, data }) as const));
}
