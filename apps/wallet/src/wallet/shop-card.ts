/**
 * This phone as a card at ordinary terminals: a token of its holder's account with limited-use keys (docs/wallet.md, 9).
 *
 * What must hold: a key is asked for where few uses are left and there is a network, and otherwise when there is one again; a tap at a terminal uses what the
 * holder agreed to, and nothing else; whoever is held to is answered by the purse or by the card, as it asks.
 */
import { type Bytes, type DataGrouping, decodeCommand, equal, fromHex, SokkinError } from '@sokkin/codec';
import { INS, PURSE_AID } from '@sokkin/purse';
import type { Answering } from '@sokkin/web';
import { type OwnPhoneCard, openOwnPhoneCard } from '../phone-card/card.ts';
import { inWords } from './messages.ts';
import { walletName } from './start.ts';
import type { Done, Wallet } from './wallet.ts';

/** With so many uses left the next key is fetched. */
const FEW = 5;

let opened: Promise<OwnPhoneCard> | undefined;
const open = (): Promise<OwnPhoneCard> => {
  opened ??= openOwnPhoneCard(walletName(location.search));
  return opened;
};

/** undefined: none was set up. */
export async function shopCard(wallet: Wallet): Promise<OwnPhoneCard | undefined> {
  return (await wallet.parts.store.get('shopCard')) === undefined ? undefined : open();
}

/** Asks for a token and its card, or goes on where that stopped. */
export const setUpShopCard = (wallet: Wallet): Promise<Done> =>
  inWords(async () => {
    const { store } = wallet.parts;
    const { account, ask } = await wallet.atBackend();
    const name = 'shop card';
    const { key } = await store.attempt(name);
    const { token } = Object(await ask('/v1/sandbox/phone-cards', { account }, key));
    const id = String(token);
    if (!(await (await open()).load(groupingsOf(await ask(`/v1/tokens/${id}/phone-card`, {})))))
      throw strange();
    await store.put('shopCard', { token: id });
    await store.finish(name);
    return DONE;
  });

/** The next key, where few uses of this one are left. */
export const refillShopCard = (wallet: Wallet): Promise<Done> =>
  inWords(async () => {
    const kept = await wallet.parts.store.get('shopCard');
    const card = await shopCard(wallet);
    if (kept === undefined || card === undefined || (card.standing()?.usesLeft ?? 0) > FEW) return DONE;
    const { ask } = await wallet.atBackend();
    const next = groupingsOf(await ask(`/v1/tokens/${kept.token}/phone-card/keys`, {}));
    if (!(await card.load(next))) throw strange();
    return DONE;
  });

/** As its holder: other terminals refuse it from now on. */
export const orderShopCard = (wallet: Wallet, order: 'suspend' | 'resume'): Promise<Done> =>
  inWords(async () => {
    const { store } = wallet.parts;
    const kept = await store.get('shopCard');
    if (kept === undefined) return DONE;
    const { ask } = await wallet.atBackend();
    await ask(`/v1/tokens/${kept.token}/${order}`, {}, crypto.randomUUID());
    await store.put('shopCard', { ...kept, isSuspended: order === 'suspend' });
    return DONE;
  });

const DONE: Done = { status: 'ok', value: undefined };
const strange = () =>
  new SokkinError('backend_refused', 'The back-end sent a card that does not fit this phone. Try it again.');

function groupingsOf(answer: unknown): DataGrouping[] {
  const { groupings } = Object(answer);
  if (!Array.isArray(groupings)) throw strange();
  return groupings.map((one) => {
    const { dgi, value } = Object(one);
    if (typeof dgi !== 'string' || !/^[0-9a-f]{4}$/.test(dgi) || typeof value !== 'string') throw strange();
    return { dgi: Number.parseInt(dgi, 16), value: fromHex(value) };
  });
}

const BY_NAME = 0x04;

/** The purse answers until another application than it is selected; `arm` runs before the card is asked for the first time. */
export function routed(purse: Answering, card: Answering, arm: () => Promise<void>): Answering {
  let isCard = false;
  let isArmed = false;
  return {
    async transmit(octets) {
      const name = selectedIn(octets);
      if (name !== undefined) isCard = !equal(name, PURSE_AID);
      if (isCard && !isArmed) {
        isArmed = true;
        await arm();
      }
      return (isCard ? card : purse).transmit(octets);
    },
  };
}

/** The name in a SELECT by name; undefined: it is none. */
function selectedIn(octets: Bytes): Bytes | undefined {
  try {
    const { ins, p1, data } = decodeCommand(octets);
    return ins === INS.select && p1 === BY_NAME ? data : undefined;
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}
