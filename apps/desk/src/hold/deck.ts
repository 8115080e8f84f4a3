/**
 * The cards of the desk: each a card application in a worker of its own, made one of a sandbox customer's when it is first laid there.
 *
 * What must hold: what is shown of a card was read from the card; a card that could not be made ready says why.
 */
import { hex, SokkinError } from '@sokkin/codec';
import { type Certificate, verifyLink, verifyRoot } from '@sokkin/crypto';
import { createClient, deviceAuthorize, SokkinApiError, SokkinNetworkError } from '@sokkin/sdk';
import * as read from '@sokkin/sdk/json';
import { openSandboxCustomer, type Post, sandboxCardIssuer } from '@sokkin/sdk/wallet';
import { fund, type Outcome, provision, select, summary, syncPurse, type Verifier } from '@sokkin/terminal';
import {
  makePaymentCard,
  openPaymentCard,
  openVirtualCard,
  shelfInMemory,
  type VirtualCard,
  webCrypto,
} from '@sokkin/web';
import { orderPaymentCard } from './bureau.ts';

/** Typed at a reader where an amount needs it. Shown on the desk. */
const PIN = '1234';
const FIRST = 5_000n;
const DAY_MS = 86_400_000;

/** Opens the card of this name; a blank one becomes somebody's, with money on it. */
export async function readyCard(name: string, holder: string): Promise<VirtualCard> {
  const card = await openVirtualCard(name);
  return orPutAway(card, async () => {
    if (!(await isActive(card))) await makeReady(card, holder);
    return card;
  });
}

/**
 * Opens the ordinary payment card of this name: it pays at terminals that know nothing of purses, out of its holder's account. One that was
 * not made ready is made anew.
 */
export async function readyPaymentCard(name: string, holder: string): Promise<VirtualCard> {
  const before = await openPaymentCard(name).catch((error: unknown) => {
    if (error instanceof SokkinError && error.code === 'card_unmade') return undefined;
    throw error;
  });
  if (before !== undefined) {
    if (await isActive(before)) return before;
    before.close();
  }
  const customer = await openCustomer(holder);
  const { chip, carry } = await orderPaymentCard(customer.client, customer.account);
  const card = await makePaymentCard(name, chip);
  return orPutAway(card, async () => {
    await card.use(carry);
    const { crypto, api, account, verifier } = customer;
    const wish = { account, assurance: 'secure_element', pin: PIN, root: verifier.trust.root } as const;
    await must(card.use((purse) => provision(purse, crypto, api, wish)));
    return card;
  });
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

async function makeReady(card: VirtualCard, holder: string): Promise<void> {
  const { crypto, api, account, verifier } = await openCustomer(holder);
  const wish = { account, assurance: 'secure_element', pin: PIN, root: verifier.trust.root } as const;
  await must(card.use((purse) => provision(purse, crypto, api, wish)));
  const reference = crypto.randomBytes(8);
  const order = { account, amount: FIRST, reference, key: hex(crypto.randomBytes(16)) };
  await must(card.use((purse) => fund(purse, verifier, api, order)));
  await must(card.use((purse) => syncPurse(purse, verifier, api)));
}

/** A new customer of the sandbox, and the way to the back-end in their name. */
async function openCustomer(holder: string) {
  const url = location.origin;
  const crypto = webCrypto(shelfInMemory());
  const { identity, account } = await openSandboxCustomer(url, holder);
  const client = createClient({ url, credentials: deviceAuthorize(identity, { url }) });
  const api = sandboxCardIssuer(inWords(client.post as Ask));
  return { client, crypto, api, account, verifier: await verifierOf(url) };
}

async function must<T>(done: Promise<Outcome<T>>): Promise<T> {
  const outcome = await done;
  if (outcome.status === 'ok') return outcome.value;
  throw new SokkinError('card_not_ready', `The card could not be made ready: ${outcome.status}.`);
}

/** Root and issuers, as the back-end shows them: pinned for as long as the page is open. */
async function verifierOf(url: string): Promise<Verifier> {
  const crypto = webCrypto(shelfInMemory());
  const shown = await createClient({ url }).get('/v1/pki');
  const root = read.certificate(shown.root, 'root');
  if ((await verifyRoot(crypto, root)) !== 'ok')
    throw new SokkinError('bad_root', 'The root certificate of the back-end does not sign itself.');
  const knownIssuers: Certificate[] = [];
  for (const [n, { certificate }] of shown.issuers.entries()) {
    const issuer = read.certificate(certificate, `issuers[${n}]`);
    if ((await verifyLink(crypto, root, issuer, { epoch: undefined })) === 'ok') knownIssuers.push(issuer);
  }
  return { crypto, trust: { root, knownIssuers, epoch: Math.floor(Date.now() / DAY_MS) } };
}

type Ask = (path: string, init: object) => Promise<unknown>;

/** What taps expect of whoever asks the back-end for them. */
const inWords =
  (ask: Ask): Post =>
  async (path, body, key) => {
    try {
      return await ask(path, { body, ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }) });
    } catch (cause) {
      if (cause instanceof SokkinNetworkError)
        throw new SokkinError('backend_unreachable', 'The back-end cannot be reached.', { cause });
      if (cause instanceof SokkinApiError) throw new SokkinError('backend_refused', cause.message, { cause });
      throw cause;
    }
  };
