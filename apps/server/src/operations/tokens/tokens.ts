/**
 * Tokens: made, activated, suspended, ended; and the one way back to a card number.
 *
 * What must hold: as what somebody orders (holder, requestor, issuer, provider) follows from who they are, and never from what they say; what
 * is neither of their account nor of their requestor does not exist; a card number is shown to the entitled alone, and that is in the log.
 */
import {
  CENTRAL_BANK,
  type LedgerTx,
  type LinkRow,
  type OwnedPage,
  type Pan,
  requestorName,
  type TokenDomain,
  type TokenFilter,
  type Tokenised,
  type TokenOrder,
  type TokenParty,
  type TokenRow,
  type TokenWithLink,
  tridOf,
} from '@sokkin/issuer';
import { record } from '../../access/audit-log.ts';
import { accountOwner } from '../../access/owned.ts';
import { mayAct, maySee, type Principal } from '../../access/principal.ts';
import type { Backend } from '../../backend.ts';
import { Problem } from '../../problems.ts';
import { type EventType, emit } from '../events.ts';
import { type CardToLink, panOf } from './links.ts';
import { usableRequestor } from './requestors.ts';

export interface TokenWish {
  /** `trq_...` */
  readonly requestor: string;
  readonly of: { readonly link: string } | { readonly card: CardToLink };
  readonly domain: TokenDomain;
  readonly assurance: number;
  readonly activate: boolean;
}

/** A token as far as somebody may see it. */
export interface SeenToken extends TokenWithLink {
  /** A requestor is not told whose account pays. */
  readonly seesAccount: boolean;
}

export async function requestToken(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  wish: TokenWish,
): Promise<SeenToken> {
  if (who.kind === 'device')
    throw new Problem('forbidden', 'Tokens are made for token requestors, which wallets are not.');
  const link = await linkFor(b, tx, who, wish.of);
  const isIssuer = mayAct(who, await accountOwner(tx, link.account));
  const requestor = await usableRequestor(tx, who, wish.requestor, isIssuer);
  if (link.status !== 'active')
    throw new Problem('link_not_active', `The link ${link.id} is ${link.status}.`);
  const { domain, assurance } = wish;
  const vault = await b.vault.within(tx);
  const form = { requestor: tridOf(requestor.id), link: link.id, domain, assurance };
  const made = tokenOf(await outOfNumbers(() => vault.tokenise(form)));
  record(b, tx, who, 'token.created', made.id, { account: link.account, requestor: requestor.id, assurance });
  await tell(b, tx, { token: made, link }, 'token.created', partyOf(who, isIssuer));
  const seen = { token: made, link, seesAccount: isIssuer };
  return wish.activate ? order(b, tx, who, seen, 'activate') : seen;
}

/** A link of one's own by its id; the card of another issuer's customer by its number, which only who has seen the card knows. */
async function linkFor(b: Backend, tx: LedgerTx, who: Principal, of: TokenWish['of']): Promise<LinkRow> {
  if ('link' in of) {
    const link = await tx.vault.link(of.link);
    if (link !== undefined && mayAct(who, await accountOwner(tx, link.account))) return link;
    throw new Problem('link_unknown', `There is no link ${of.link}.`, 'link');
  }
  const pan = panOf(of.card.pan, 'card.pan');
  const link = await tx.vault.linkOfPan(await (await b.vault.pans.box()).indexesOf(pan));
  if (link?.card?.expiry === of.card.expiry) return link;
  throw new Problem('link_unknown', 'No card of this number and expiry is linked.', 'card');
}

async function outOfNumbers(make: () => Promise<Tokenised>): Promise<Tokenised> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'range_used_up')
      throw new Problem('token_range_used_up', 'No free number was found in the token ranges.');
    throw error;
  }
}

function tokenOf(made: Tokenised): TokenRow {
  if (made.status === 'ok') return made.token;
  if (made.status === 'bad_domain')
    throw new Problem('token_domain_invalid', 'A token of this domain could never pay.', 'domain');
  throw new Error(`Bug: the vault was asked for a token that it does not make: ${made.status}`);
}

export async function tokenPath(tx: LedgerTx, who: Principal, id: string): Promise<SeenToken> {
  const token = await tx.vault.tokenById(id);
  const seen = token && (await seenBy(tx, who, token));
  if (seen === undefined) throw new Problem('not_found', `There is no token ${id}.`);
  return seen;
}

async function seenBy(tx: LedgerTx, who: Principal, token: TokenRow): Promise<SeenToken | undefined> {
  const link = await tx.vault.link(token.link);
  if (link === undefined) throw new Error('Bug: a token has its link');
  if (maySee(who, await accountOwner(tx, link.account))) return { token, link, seesAccount: true };
  const isMade = await isOfRequestor(tx, who, token.requestor);
  return isMade ? { token, link, seesAccount: false } : undefined;
}

async function isOfRequestor(tx: LedgerTx, who: Principal, trid: string): Promise<boolean> {
  if (who.party !== undefined) return false;
  const row = await tx.vault.requestor(requestorName(trid));
  return row !== undefined && row.institution === who.institution;
}

/** Owners and requestors are looked up once each, however many tokens are theirs. */
export async function listTokens(
  tx: LedgerTx,
  who: Principal,
  page: OwnedPage,
  filter: TokenFilter,
): Promise<SeenToken[]> {
  const tokens = await tx.vault.tokens(page, filter);
  const links = await tx.vault.resolve(tokens.map(({ number }) => number));
  const accounts = await each(
    tokens,
    ({ number }) => links.get(number)?.link.account,
    async (account) => maySee(who, await accountOwner(tx, account)),
  );
  const made = await each(
    tokens,
    ({ requestor }) => requestor,
    (trid) => isOfRequestor(tx, who, trid),
  );
  return tokens.flatMap((token) => {
    const link = links.get(token.number)?.link;
    if (link === undefined) throw new Error('Bug: a token has its link');
    const seesAccount = accounts.get(link.account) === true;
    return seesAccount || made.get(token.requestor) === true ? [{ token, link, seesAccount }] : [];
  });
}

async function each<T>(
  items: readonly T[],
  keyOf: (item: T) => string | undefined,
  look: (key: string) => Promise<boolean>,
): Promise<ReadonlyMap<string, boolean>> {
  const found = new Map<string, boolean>();
  for (const item of items) {
    const key = keyOf(item);
    if (key !== undefined && !found.has(key)) found.set(key, await look(key));
  }
  return found;
}

const partyOf = (who: Principal, isIssuer: boolean): TokenParty => {
  if (isIssuer) return who.kind === 'device' ? 'holder' : 'issuer';
  return who.institution === CENTRAL_BANK ? 'provider' : 'requestor';
};

const EVENT: Readonly<Record<TokenOrder, EventType>> = {
  activate: 'token.activated',
  suspend: 'token.suspended',
  resume: 'token.resumed',
  deactivate: 'token.deactivated',
};

const REFUSED = {
  not_allowed: (by: TokenParty) => `A ${by} does not activate tokens.`,
  not_active: () => 'The token was never activated.',
  not_yours: () => 'Others suspend the token, and only they lift that.',
  deactivated: () => 'The token has ended.',
} as const;

export async function orderToken(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  what: TokenOrder,
): Promise<SeenToken> {
  return order(b, tx, who, await tokenPath(tx, who, id), what);
}

async function order(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  seen: SeenToken,
  what: TokenOrder,
): Promise<SeenToken> {
  const { token, link } = seen;
  const by = partyOf(who, mayAct(who, await accountOwner(tx, link.account)));
  const done = await (await b.vault.within(tx)).order(token.number, what, by);
  if (done.status === 'unchanged') return { ...seen, token: done.token };
  if (done.status === 'token_unknown') throw new Error('Bug: a token is never removed');
  if (done.status !== 'changed') throw new Problem('token_order_refused', REFUSED[done.status](by));
  record(b, tx, who, EVENT[what], token.id, { by });
  await tell(b, tx, { token: done.token, link }, EVENT[what], by);
  return { ...seen, token: done.token };
}

/** Once, to whoever may: it is in the log that they were shown it, and both institutions hear of it. */
export async function detokenise(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
): Promise<{ readonly pan: Pan; readonly expiry: string | undefined }> {
  const { token, link } = await tokenPath(tx, who, id);
  const maySeeIt = mayAct(who, await accountOwner(tx, link.account)) && who.kind !== 'device';
  const viewer = { mayDetokenise: true, maySee: () => maySeeIt };
  const found = await (await b.vault.within(tx)).detokenise(token.number, viewer);
  if (found.status === 'no_pan')
    throw new Problem('no_card_number', `The token ${id} stands for an account without a card.`);
  if (found.status !== 'ok')
    throw new Problem('forbidden', 'The card number is for the institution of the account alone.');
  record(b, tx, who, 'token.detokenised', id, { account: link.account });
  await tell(b, tx, { token, link }, 'token.detokenised', partyOf(who, maySeeIt));
  return { pan: found.pan, expiry: link.card?.expiry };
}

/** The account's institution hears of it, and the requestor's, which learns no account. */
async function tell(
  b: Backend,
  tx: LedgerTx,
  { token, link }: TokenWithLink,
  type: EventType,
  by: TokenParty,
): Promise<void> {
  const { institution } = await accountOwner(tx, link.account);
  const requestor = requestorName(token.requestor);
  const other = (await tx.vault.requestor(requestor))?.institution;
  const data = { token: token.id, requestor, by };
  const whole = { ...data, account: link.account, link: link.id };
  await emit(
    b,
    tx,
    { type, institution, subject: token.id, data: whole },
    ...(other === undefined || other === institution
      ? []
      : [{ type, institution: other, subject: token.id, data }]),
  );
}
