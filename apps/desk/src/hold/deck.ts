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
import { openVirtualCard, shelfInMemory, type VirtualCard, webCrypto } from '@sokkin/web';

/** Typed at a reader where an amount needs it. Shown on the desk. */
const PIN = '1234';
const FIRST = 5_000n;
const DAY_MS = 86_400_000;

/** Opens the card of this name; a blank one becomes somebody's, with money on it. */
export async function readyCard(name: string, holder: string): Promise<VirtualCard> {
  const card = await openVirtualCard(name);
  try {
    const isActive = await card.use(async (purse) => {
      const selected = await select(purse);
      return selected.status === 'ok' && selected.value.lifecycle === 'active';
    });
    if (!isActive) await makeReady(card, holder);
    return card;
  } catch (error) {
    card.close();
    throw error;
  }
}

/** Minor units, as the card tells whoever asks; undefined: it tells nothing. */
export const balanceOn = (card: VirtualCard): Promise<bigint | undefined> =>
  card.use(async (purse) => {
    const selected = await select(purse);
    if (selected.status !== 'ok') return undefined;
    const found = await summary(purse);
    return found.status === 'ok' ? found.value.balance : undefined;
  });

async function makeReady(card: VirtualCard, holder: string): Promise<void> {
  const url = location.origin;
  const crypto = webCrypto(shelfInMemory());
  const { identity, account } = await openSandboxCustomer(url, holder);
  const client = createClient({ url, credentials: deviceAuthorize(identity, { url }) });
  const api = sandboxCardIssuer(inWords(client.post as Ask));
  const verifier = await verifierOf(url);
  const { root } = verifier.trust;
  const wish = { account, assurance: 'secure_element', pin: PIN, root } as const;
  await must(card.use((purse) => provision(purse, crypto, api, wish)));
  const reference = crypto.randomBytes(8);
  const order = { account, amount: FIRST, reference, key: hex(crypto.randomBytes(16)) };
  await must(card.use((purse) => fund(purse, verifier, api, order)));
  await must(card.use((purse) => syncPurse(purse, verifier, api)));
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
