/**
 * The cards of the desk: each a card application in a worker of its own, made one of a sandbox customer's when it is first laid there.
 *
 * What must hold: what is shown of a card was read from the card; a card that could not be made ready says why.
 */
import { SokkinError } from '@sokkin/codec';
import { createClient, deviceAuthorize } from '@sokkin/sdk';
import {
  makeSandboxCard,
  openSandboxCustomer,
  orderPaymentCard,
  type SandboxCustomer,
} from '@sokkin/sdk/wallet';
import { select, summary } from '@sokkin/terminal';
import { makePaymentCard, openMadeCard, shelfInMemory, type VirtualCard, webCrypto } from '@sokkin/web';

/** Typed at a reader where an amount needs it. Shown on the desk. */
const PIN = '1234';

/**
 * Opens the card of this name: it pays from its purse, and at terminals that know nothing of purses. One that was not made ready is made anew,
 * with `first` on it, the rest in its holder's account.
 */
export async function readyCard(name: string, holder: string, first: bigint): Promise<VirtualCard> {
  const before = await openMadeCard(name).catch((error: unknown) => {
    if (error instanceof SokkinError && error.code === 'card_unmade') return undefined;
    throw error;
  });
  if (before !== undefined) {
    if (await isActive(before)) return before;
    before.close();
  }
  const url = location.origin;
  const customer = await openSandboxCustomer(url, holder);
  const client = createClient({ url, credentials: deviceAuthorize(customer.identity, { url }) });
  const { chip, carry } = await orderPaymentCard(client, customer.account);
  const card = await makePaymentCard(name, chip);
  return orPutAway(card, async () => {
    await card.use(carry);
    await give(card, customer, first);
    return card;
  });
}

async function give(card: VirtualCard, customer: SandboxCustomer, first: bigint): Promise<void> {
  const wish = { url: location.origin, customer, pin: PIN, first };
  const made = await card.use((purse) => makeSandboxCard(purse, webCrypto(shelfInMemory()), wish));
  if (made.status === 'ok') return;
  throw new SokkinError('card_not_ready', `The card could not be made ready: ${made.status}.`);
}

async function orPutAway<T>(card: VirtualCard, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    card.close();
    throw error;
  }
}

const isActive = (card: VirtualCard): Promise<boolean> =>
  card.use(async (purse) => {
    const selected = await select(purse);
    return selected.status === 'ok' && selected.value.lifecycle === 'active';
  });

/** Minor units, as the card tells whoever asks; undefined: it tells nothing. */
export const balanceOn = (card: VirtualCard): Promise<bigint | undefined> =>
  card.use(async (purse) => {
    const selected = await select(purse);
    if (selected.status !== 'ok') return undefined;
    const found = await summary(purse);
    return found.status === 'ok' ? found.value.balance : undefined;
  });
