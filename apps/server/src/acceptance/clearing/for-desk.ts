/** The desk's port to clearing: its requests in, answers of its kind out. */
import { compareTotals } from '@sokkin/issuer';
import type { Backend } from '../../backend.ts';
import type { Clearing } from '../clearing.ts';
import type { ShopAnswer } from '../desk.ts';
import type { OfflineApproval } from '../request.ts';
import { compare } from '../settlement/compare.ts';
import { readTotals, totalsFields } from '../settlement/read-totals.ts';
import { clear } from './clear.ts';
import { panOf } from './pan-of.ts';
import { outcomeOfClearing, type PresentedTc } from './presented.ts';

const answer = (more: Pick<ShopAnswer, 'outcome'> & Partial<ShopAnswer>): ShopAnswer => ({
  approved: 0n,
  approvalCode: undefined,
  chip: [],
  fields: {},
  ...more,
});

export const clearingForDesk = (b: Backend): Clearing => ({
  async offlineApproval(request) {
    const presented = presentedOf(request);
    if (presented === undefined) return answer({ outcome: 'card_unknown' });
    const result = await clear(b, presented);
    return answer({ outcome: outcomeOfClearing(result), approved: result.amount });
  },
  async reconcile({ acquirer, key }, { message, profile }) {
    const read = readTotals(message);
    if ('wrongField' in read) return answer({ outcome: 'format_error' });
    const { totals, acceptor, terminal } = read;
    if (terminal !== undefined && acceptor === undefined) return answer({ outcome: 'format_error' });
    return b.store.write(async (tx) => {
      const merchant =
        acceptor === undefined ? undefined : await tx.settlement.merchantOf(acquirer, acceptor);
      if (acceptor !== undefined && merchant === undefined) return answer({ outcome: 'merchant_unknown' });
      const stated = { acquirer, key, merchant, terminal, day: undefined, totals };
      const { isInBalance, theirs } = await compare(b, tx, stated);
      // The key of another message: whoever asks would take its answer for that to this one.
      if (compareTotals(theirs, totals).length > 0) return answer({ outcome: 'duplicate' });
      return answer({ outcome: 'advice_accepted', fields: totalsFields(profile.version, isInBalance) });
    });
  },
});

/** undefined: its number is none that a card can have. */
export function presentedOf({ said, card, amount }: OfflineApproval): PresentedTc | undefined {
  const pan = panOf(card.number);
  if (pan === undefined) return undefined;
  const { acquirer, acceptor, terminal, currency, rrn: reference, stan } = said;
  return { acquirer, acceptor, terminal, pan, amount, currency, chip: card.chip, reference, stan };
}
