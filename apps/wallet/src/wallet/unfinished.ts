/**
 * What was begun and not finished: the page was closed, or the network went, in the middle.
 *
 * What must hold: finishing goes on with the names that it was begun with, so that nothing moves twice.
 */
import { equal } from '@sokkin/codec';
import { decodeCarried, openTickets } from '@sokkin/terminal';
import type { OwnPurse } from '@sokkin/web/purse';
import type { Attempt, WalletStore } from '../keep/store.ts';

export type UnfinishedKind = 'top_up' | 'cash_out' | 'receive';

export interface Unfinished {
  /** Of the attempt. */
  readonly name: string;
  readonly kind: UnfinishedKind;
  readonly amount: bigint;
}

const NAMED = /^(top up|cash out|receive) ([0-9]{1,18})$/;
const KINDS: Readonly<Record<string, UnfinishedKind>> = {
  'top up': 'top_up',
  'cash out': 'cash_out',
  receive: 'receive',
};

export async function unfinishedIn(store: WalletStore): Promise<Unfinished[]> {
  return (await store.attempts()).filter(({ isRequest }) => isRequest !== true).flatMap(unfinished);
}

function unfinished({ name }: Attempt): Unfinished[] {
  const [, word = '', amount = ''] = NAMED.exec(name) ?? [];
  const kind = KINDS[word];
  return kind === undefined ? [] : [{ name, kind, amount: BigInt(amount) }];
}

/** After a sync: what the purse has got meanwhile over another way is finished, and its payer hears of it from the bank. */
export async function finishReceived(store: WalletStore, purse: OwnPurse): Promise<void> {
  // Looked at before the purse is asked: a ticket that is issued meanwhile is not taken for one that was used up.
  const attempts = await store.attempts();
  const open = await purse.use(openTickets);
  if (open.status !== 'ok') return;
  for (const { name, ticket } of attempts) {
    if (ticket === undefined || !name.startsWith('receive ')) continue;
    const { seq, reference } = decodeCarried('ticket', ticket).fields;
    const isOpen = open.value.some((one) => one.ticketNo === seq && equal(one.reference, reference));
    if (!isOpen) await store.finish(name);
  }
}
