/** The desk's port to clearing: its requests in, answers of its kind out. */
import { Pan } from '@sokkin/issuer';
import type { Backend } from '../../backend.ts';
import type { Clearing } from '../clearing.ts';
import type { ShopAnswer } from '../desk.ts';
import type { OfflineApproval } from '../request.ts';
import { clear } from './clear.ts';
import { outcomeOfClearing, type PresentedTc } from './presented.ts';

const answer = (more: Pick<ShopAnswer, 'outcome'> & Partial<ShopAnswer>): ShopAnswer => ({
  approved: 0n,
  approvalCode: undefined,
  chip: [],
  fields: {},
  ...more,
});

export const clearingForDesk = (b: Backend): Pick<Clearing, 'offlineApproval'> => ({
  async offlineApproval(request) {
    const presented = presentedOf(request);
    if (presented === undefined) return answer({ outcome: 'card_unknown' });
    const result = await clear(b, presented);
    return answer({ outcome: outcomeOfClearing(result), approved: result.amount });
  },
});

/** undefined: its number is none that a card can have. */
function presentedOf({ said, card, amount }: OfflineApproval): PresentedTc | undefined {
  const pan = panOf(card.number);
  if (pan === undefined) return undefined;
  const { acquirer, acceptor, terminal, currency, rrn: reference, stan } = said;
  return { acquirer, acceptor, terminal, pan, amount, currency, chip: card.chip, reference, stan };
}

export function panOf(digits: string): Pan | undefined {
  try {
    return Pan.of(digits);
  } catch {
    return undefined;
  }
}
