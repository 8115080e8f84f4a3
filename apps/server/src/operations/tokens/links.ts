/**
 * Links: an account, or a payment card that its holder has already, for tokens to stand for.
 *
 * What must hold: the institution of the account alone links to it; one card has one link, whoever links it and however often; a link that is
 * removed keeps no card number, and its tokens have ended.
 */
import { SokkinError } from '@sokkin/codec';
import { type LedgerTx, type LinkRow, Pan, type Registered, tokenStateOf } from '@sokkin/issuer';
import { record } from '../../access/audit-log.ts';
import { accountOwner, actingAccount } from '../../access/owned.ts';
import { mayAct, maySee, type Principal } from '../../access/principal.ts';
import type { Backend } from '../../backend.ts';
import { Problem } from '../../problems.ts';
import { OWN_PANS } from '../../vault/vault.ts';
import { type EventType, emitOfAccount } from '../events.ts';

export interface CardToLink {
  readonly pan: string;
  /** YYMM. */
  readonly expiry: string;
}

export interface LinkWish {
  readonly account: string;
  /** undefined: the account itself. */
  readonly card?: CardToLink | undefined;
}

export async function addLink(b: Backend, tx: LedgerTx, who: Principal, wish: LinkWish): Promise<LinkRow> {
  await actingAccount(tx, who, wish.account);
  const { status, link } =
    wish.card === undefined
      ? await linkAccount(b, tx, wish.account)
      : await linkCard(b, tx, wish.account, wish.card);
  if (status === 'known') return link;
  const lastFour = link.card?.lastFour ?? null;
  record(b, tx, who, 'link.created', link.id, { account: link.account, lastFour });
  await tell(b, tx, link, 'link.created');
  return link;
}

async function linkAccount(
  b: Backend,
  tx: LedgerTx,
  account: string,
): Promise<{ status: 'registered'; link: LinkRow }> {
  return { status: 'registered', link: await (await b.vault.within(tx)).registerAccount(account) };
}

async function linkCard(
  b: Backend,
  tx: LedgerTx,
  account: string,
  { pan: digits, expiry }: CardToLink,
): Promise<Exclude<Registered, { status: 'other_account' }>> {
  const pan = panOf(digits, 'card.pan');
  const vault = await b.vault.within(tx);
  await tx.vault.lockPan(await (await b.vault.pans.box()).indexesOf(pan));
  const registered = await orRefused(() => vault.registerCard(pan, account, expiry));
  if (registered.status === 'other_account')
    throw new Problem(
      'card_linked_elsewhere',
      `The card ****${pan.lastFour} is linked to another account.`,
      'card',
    );
  return registered;
}

/** Nothing of the number is repeated. */
async function orRefused(register: () => Promise<Registered>): Promise<Registered> {
  try {
    return await register();
  } catch (error) {
    if (error instanceof SokkinError && error.code === 'bad_pan') throw notLinkable('card.pan');
    throw error;
  }
}

const notLinkable = (param: string): Problem =>
  new Problem('card_not_linkable', 'This number is of no card of another issuer.', param);

/** A number with its check digit, and of another issuer. */
export function panOf(digits: string, param: string): Pan {
  if (digits.startsWith(OWN_PANS)) throw notLinkable(param);
  try {
    return Pan.of(digits);
  } catch (error) {
    if (error instanceof SokkinError && error.code === 'bad_pan') throw notLinkable(param);
    throw error;
  }
}

export async function linkPath(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: 'see' | 'act',
): Promise<LinkRow> {
  const link = await tx.vault.link(id);
  const may = to === 'see' ? maySee : mayAct;
  if (link === undefined || !may(who, await accountOwner(tx, link.account)))
    throw new Problem('not_found', `There is no link ${id}.`);
  return link;
}

type LinkOrder = 'block' | 'unblock' | 'remove';
const EVENT = { block: 'link.blocked', unblock: 'link.unblocked', remove: 'link.removed' } as const;
const STATUS = { block: 'blocked', unblock: 'active', remove: 'removed' } as const;

/** Asked again, nothing changes. */
export async function orderLink(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  order: LinkOrder,
): Promise<LinkRow> {
  const link = await linkPath(tx, who, id, 'act');
  if (who.kind === 'device' && order !== 'block')
    throw new Problem(
      'forbidden',
      'The holder may block a card; the rest is for the institution of the account.',
    );
  if (link.status === STATUS[order]) return link;
  if (link.status === 'removed') throw new Problem('link_not_active', `The link ${id} is removed.`);
  return change(b, tx, who, link, order);
}

/** Somebody is forgotten: the numbers of their cards, too. */
export async function forgetLinks(b: Backend, tx: LedgerTx, who: Principal, party: string): Promise<void> {
  for (const link of await tx.vault.linksOfParty(party)) await change(b, tx, who, link, 'remove');
}

async function change(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  link: LinkRow,
  order: LinkOrder,
): Promise<LinkRow> {
  const { id } = link;
  const status = STATUS[order];
  const next = { ...link, status, version: link.version + 1, pan: order === 'remove' ? undefined : link.pan };
  if (!(await tx.vault.saveLink(next)))
    throw new Problem('vault_busy', `Somebody else changes the link ${id}.`);
  if (order === 'remove') await endTokens(b, tx, id);
  record(b, tx, who, EVENT[order], id, { account: link.account });
  await tell(b, tx, next, EVENT[order]);
  return next;
}

async function endTokens(b: Backend, tx: LedgerTx, link: string): Promise<void> {
  const vault = await b.vault.within(tx);
  for (const token of await tx.vault.tokensOfLink(link))
    if (tokenStateOf(token.life) !== 'deactivated') await vault.order(token.number, 'deactivate', 'issuer');
}

const tell = (b: Backend, tx: LedgerTx, link: LinkRow, type: EventType): Promise<void> =>
  emitOfAccount(b, tx, link.account, {
    type,
    subject: link.id,
    data: {
      link: link.id,
      account: link.account,
      status: link.status,
      last_four: link.card?.lastFour ?? null,
    },
  });
