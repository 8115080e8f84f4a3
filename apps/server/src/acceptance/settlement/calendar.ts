/**
 * When an acquirer's days end, where fees go, and what a merchant pays.
 *
 * What must hold: fees go to an account of the acquirer's own; who changed what stands in the log.
 */
import type { FeeTerms, LedgerTx, SettlementCalendar } from '@sokkin/issuer';
import { record } from '../../access/audit-log.ts';
import { actingAccount } from '../../access/owned.ts';
import type { Principal } from '../../access/principal.ts';
import type { Backend } from '../../backend.ts';
import { Problem } from '../../problems.ts';
import { calendarNow } from './days.ts';

export interface ShownCalendar {
  readonly cut_over: string | null;
  readonly fee_account: string | null;
}

const two = (n: number): string => n.toString().padStart(2, '0');

export const showCalendar = (calendar: SettlementCalendar | undefined): ShownCalendar => {
  const minute = calendar?.cutOverMinute;
  return {
    cut_over: minute === undefined ? null : `${two(Math.floor(minute / 60))}:${two(minute % 60)}`,
    fee_account: calendar?.feeAccount ?? null,
  };
};

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

export async function setCalendar(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  acquirer: string,
  wanted: ShownCalendar,
): Promise<ShownCalendar> {
  const { cut_over, fee_account } = wanted;
  if (fee_account !== null) {
    const account = await actingAccount(tx, who, fee_account, 'fee_account');
    if (account.institution !== acquirer || account.party !== undefined)
      throw new Problem(
        'account_unknown',
        `${acquirer} has no account ${fee_account} of its own.`,
        'fee_account',
      );
  }
  await calendarNow(b, tx, acquirer);
  await tx.settlement.setCalendar(acquirer, {
    cutOverMinute: cut_over === null ? undefined : minuteOf(cut_over),
    feeAccount: fee_account ?? undefined,
  });
  record(b, tx, who, 'settlement.calendar_set', acquirer, {
    cut_over: cut_over ?? 'none',
    fee_account: fee_account ?? 'none',
  });
  return wanted;
}

/** The version that they are. Of two at once, the second is the newer. */
export async function setTerms(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  merchant: string,
  terms: FeeTerms,
): Promise<number> {
  const version = ((await tx.settlement.terms(merchant))?.version ?? 0) + 1;
  await tx.settlement.addTerms(merchant, version, terms, who.id, b.clock());
  const { basisPoints: basis_points, fixed } = terms;
  record(b, tx, who, 'settlement.terms_set', merchant, { version, basis_points, fixed: fixed.toString() });
  return version;
}
