/**
 * Gives up what was begun to receive. What must hold: its room in the purse is given back, and a payment that comes for it all the same goes back to its payer.
 */
import { issueTicket, meet, ok, voidTicket } from '@sokkin/terminal';
import type { Unfinished } from './unfinished.ts';
import type { Done, Wallet } from './wallet.ts';

/** Nobody is to pay on it any more. */
export function leaveAlone(wallet: Wallet, { name, amount }: Unfinished): Promise<Done> {
  return wallet.trying(async () => {
    const { store, purse } = wallet.parts;
    const verifier = await wallet.verifier();
    const { reference } = await store.attempt(name);
    const gone = await purse.use(async (t) => {
      const met = await meet(t, verifier);
      if (met.status !== 'ok') return met;
      const ticket = await issueTicket(met.value, verifier, { maxAmount: amount, reference });
      return ticket.status === 'ok' ? voidTicket(t, ticket.value.fields.seq) : ticket;
    });
    // It was paid meanwhile, and stands among the activity.
    if (gone.status !== 'ok' && gone.status !== 'ticket_spent') return gone;
    await store.finish(name);
    await wallet.refresh();
    return ok(undefined);
  });
}
