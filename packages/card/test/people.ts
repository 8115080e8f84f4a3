/** Two living cards over real cryptography, frozen: every test thaws its own copy. */
import { type Bytes, concat, fromHex } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import { object, type Summary, statusOfSw } from '@sokkin/purse';
import { makeActiveCard, makeWorld, readSummary, selectPurse, type World } from '@sokkin/testkit';
import { type Card, inMemoryNvm, type MemoryNvm, openCard } from '../src/index.ts';

export const SMALL = { cells: 16, tickets: 2, outgoing: 2, pinTries: 3, history: 1 };

export interface Frozen {
  readonly world: World;
  readonly image: Bytes;
  readonly certificate: Certificate;
}

export async function freeze(no: number, balance: bigint, world?: World): Promise<Frozen> {
  const known = world ?? (await makeWorld(nodeCrypto()));
  const { nvm, certificate } = await makeActiveCard(known, no, { profile: SMALL, balance });
  return { world: known, image: nvm.snapshot(), certificate };
}

export async function thaw(frozen: Frozen): Promise<{ card: Card; nvm: MemoryNvm }> {
  const nvm = inMemoryNvm(frozen.image.length);
  nvm.restore(frozen.image);
  const card = await openCard({ nvm, crypto: frozen.world.crypto });
  await selectPurse(card);
  return { card, nvm };
}

/** A summary as text: equal exactly when nothing that a purse shows has changed. */
export async function shows(card: Card): Promise<string> {
  const s: Summary = await readSummary(card);
  return JSON.stringify(s, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v));
}

export const named = (sw: number): string => statusOfSw(sw) ?? sw.toString(16);

/** What a command shows of a chain: the purse, and its issuer unless it is the card's own. */
export const chain = (purse: Certificate, issuer?: Certificate): Bytes =>
  issuer === undefined
    ? object('purse', purse.bytes)
    : concat(object('purse', purse.bytes), object('issuer', issuer.bytes));

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** (r, n-s): the other signature that ECDSA accepts for the same message, of which these are the last 64 bytes. */
export function malleated(message: Bytes): Bytes {
  const s = BigInt(`0x${Buffer.from(message.slice(-32)).toString('hex')}`);
  return concat(message.slice(0, -32), fromHex((ORDER - s).toString(16).padStart(64, '0')));
}
