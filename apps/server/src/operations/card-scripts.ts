/**
 * Orders for cards: block, unblock, another PIN, other limits. A card gets them with the answer to its next question online.
 *
 * What must hold: who personalised or linked the card orders; a new PIN is sealed before it is written, and in no answer and no log.
 */
import { ascii, type Bytes } from '@sokkin/codec';
import type { CardScriptRow, LedgerTx, ScriptAction } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { accountOwner, cardPath } from '../access/owned.ts';
import { mayAct, type Principal } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import { sealInVault } from '../keys/vault.ts';
import { Problem } from '../problems.ts';
import { linkPath } from './tokens/links.ts';

/** An account, and a card as its rows are named. */
export interface OrderedCard {
  readonly account: string;
  readonly card: string;
}

export async function ownCard(tx: LedgerTx, who: Principal, serial: string): Promise<OrderedCard> {
  const { purse, application } = await cardPath(tx, who, serial, 'act');
  const row = purse === undefined ? undefined : await tx.purses.byId(purse);
  if (row === undefined || application === undefined)
    throw new Problem('card_takes_no_scripts', `${serial} has no payment application.`);
  return { account: row.accountId, card: `${serial}:${application.panSequence}` };
}

export async function linkedCard(
  tx: LedgerTx,
  who: Principal,
  id: string,
  sequence: string,
): Promise<OrderedCard> {
  const { account, card } = await linkPath(tx, who, id, 'act');
  if (card === undefined) throw new Problem('card_takes_no_scripts', `${id} links no card.`);
  return { account, card: `${id}:${sequence}` };
}

export type ScriptWish = ScriptAction;
/** A card whose terminal never asks again would gather them without end. */
const MOST_PENDING = 10;
export const secretContext = (id: string): Bytes => ascii(`card script ${id}`);

export async function orderScript(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  of: OrderedCard,
  wish: ScriptWish,
): Promise<CardScriptRow> {
  if ((await tx.cardScripts.pending(of.account, of.card)) >= MOST_PENDING)
    throw new Problem('too_many_scripts', `${MOST_PENDING} orders wait for this card already.`);
  const id = newId(b, 'scr');
  const sealed =
    wish.action === 'changePin' ? await sealInVault(b.keys, ascii(wish.pin), secretContext(id)) : undefined;
  const data = wish.action === 'putData' ? { tag: wish.tag, value: wish.value } : undefined;
  await tx.cardScripts.add({ id, ...of, action: wish.action, data, sealed, orderedBy: who.id }, b.clock());
  record(b, tx, who, 'card_script.ordered', id, { card: of.card, action: wish.action });
  return scriptPath(tx, who, id);
}

/** What is another's is not there. */
export async function scriptPath(tx: LedgerTx, who: Principal, id: string): Promise<CardScriptRow> {
  const row = await tx.cardScripts.byId(id);
  if (row === undefined || !mayAct(who, await accountOwner(tx, row.account)))
    throw new Problem('not_found', `There is no order ${id}.`);
  return row;
}

/** One that the card has not got yet. */
export async function withdrawScript(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
): Promise<CardScriptRow> {
  const row = await scriptPath(tx, who, id);
  if (row.state === 'withdrawn') return row;
  if (!(await tx.cardScripts.withdraw(row, b.clock())))
    throw new Problem('script_sent', `The card may have got ${id} by now.`);
  record(b, tx, who, 'card_script.withdrawn', id);
  return scriptPath(tx, who, id);
}
