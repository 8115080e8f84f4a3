/** What became of a payment, in one sentence for the cashier. */
import { formatAmount } from '@sokkin/codec';
import type { TillEntry } from '@sokkin/terminal';

const yen = (amount: bigint): string => `JPY ${formatAmount(amount)}`;

const DONE: Readonly<Record<TillEntry['kind'], string>> = {
  pay: 'paid',
  hold: 'held',
  refund: 'given back',
  offline: 'paid (offline: the card approved it)',
  capture: 'taken of what was held',
};

export function sentenceOf(entry: TillEntry): string {
  const { kind, standing, asked, stands, wasApproved, code, meaning } = entry;
  const why = code === undefined ? '' : ` Answer ${code}: ${meaning}.`;
  switch (standing) {
    case 'approved':
      if (stands < wasApproved)
        return `${yen(wasApproved - stands)} of ${yen(wasApproved)} were taken back: ${yen(stands)} stand.`;
      return stands < asked
        ? `Only ${yen(stands)} of ${yen(asked)} are ${DONE[kind]}: take the rest otherwise, or cancel it.`
        : `${yen(stands)} ${DONE[kind]}.`;
    case 'declined':
      return `Declined: nothing was ${kind === 'refund' ? 'given back' : 'paid'}.${why}`;
    case 'reversed':
      return wasApproved > 0n
        ? `Taken back: of ${yen(wasApproved)} nothing stands.`
        : `Not paid: no answer came in time, and the payment was taken back.${why}`;
    case 'open':
    case 'reversing':
      return wasApproved > 0n
        ? `${yen(wasApproved)} are to be taken back, and the acquirer does not answer: it is said again before the next payment.`
        : 'Not paid: no answer came, and the acquirer cannot be told yet. It is told before the next payment, or by: sokkin pos upload';
    case 'queued':
      if (kind === 'refund')
        return `No answer came: the refund of ${yen(asked)} is said again by: sokkin pos upload`;
      return `${yen(stands)} ${DONE[kind]}. It waits for the line: sokkin pos upload`;
    case 'sent':
      return `${yen(stands)} ${DONE[kind]}, and the acquirer has it.`;
    case 'refused':
      return `The acquirer does not take it.${why} Settle it by hand: reference ${entry.reference}.`;
  }
}
