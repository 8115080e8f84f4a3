/**
 * The list of blocked purses that this wallet carries (docs/spec/block-list.md).
 *
 * What must hold: it is the list of its own purse's issuer, verified before it is kept; that it cannot be fetched stops nothing but the fetching.
 */
import { type Bytes, fromHex, hex, SokkinError } from '@sokkin/codec';
import { type CryptoPort, parseCertificate } from '@sokkin/crypto';
import { type HeldBlockList, takeBlockList, verifyBlockList } from '@sokkin/purse';
import { createClient } from '@sokkin/sdk';
import { select } from '@sokkin/terminal';
import type { OwnPurse } from '@sokkin/web/purse';
import type { WalletStore } from '../keep/store.ts';
import { CALLS, home } from './backend.ts';
import { inWords } from './in-words.ts';
import { bankToday } from './time.ts';

/**
 * A wallet that heard of no block for so long neither pays nor is paid until it was online. It is told to go online long before. A choice, not a
 * measurement: longer than any outage that a purse's limits would let it live through.
 */
export const MOST_LIST_DAYS = 60;

interface Parts {
  readonly store: WalletStore;
  readonly purse: OwnPurse;
  readonly crypto: CryptoPort;
}

export async function fetchBlockList({ store, purse, crypto }: Parts): Promise<void> {
  try {
    const own = await purse.use(select);
    const leaf = own.status === 'ok' ? own.value.certificate : undefined;
    if (leaf === undefined) return;
    const held = await store.get('blocked');
    const issuer = leaf.issuerRef;
    const taken =
      (held && (await take({ store, crypto, issuer }, held))) ??
      (await take({ store, crypto, issuer }, undefined));
    if (taken !== undefined && taken !== held) await store.put('blocked', taken);
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
  }
}

interface Taking extends Pick<Parts, 'store' | 'crypto'> {
  readonly issuer: Bytes;
}

/** undefined: it does not go on from the one that is held. */
async function take(
  { store, crypto, issuer }: Taking,
  held: HeldBlockList | undefined,
): Promise<HeldBlockList | undefined> {
  const since = held === undefined ? {} : { since: held.number };
  const query = { issuer: hex(issuer), ...since };
  const shown = await inWords(() =>
    createClient({ url: home(), ...CALLS }).get('/v1/block-list', { params: { query } }),
  );
  const trust = await store.trust(bankToday());
  const own = trust.knownIssuers.find(({ subjectRef }) => hex(subjectRef) === hex(issuer));
  if (own === undefined)
    throw new SokkinError('other_root', 'The list is of an issuer that is not known here.');
  const chain = { issuer: own, leaf: parseCertificate(fromHex(shown.authority)) };
  const verified = await verifyBlockList(crypto, trust, chain, fromHex(shown.list));
  if (verified.status !== 'ok')
    throw new SokkinError('block_list_refused', `The block list is not to be believed (${verified.status}).`);
  const taken = takeBlockList(held, verified.value.fields);
  return taken.status === 'taken' ? taken.held : taken.status === 'other_base' ? undefined : held;
}
