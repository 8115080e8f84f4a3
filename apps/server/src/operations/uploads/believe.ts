/**
 * Believing signed messages of purses, many at a time.
 *
 * What must hold: the answers are those of `verifyStatement`, `verifyPayment` and `verifyReceipt` of packages/purse. What is
 * remembered is only that a chain of certificates was good under this root, which stays true for ever: the same octets again cost
 * a hash. Signatures of messages are verified on other threads, so that the event loop goes on.
 */
import { type Bytes, equal, SokkinError } from '@sokkin/codec';
import { LruMap } from '@sokkin/crypto';
import { threadedVerify } from '@sokkin/node';
import {
  PURSE_ROLES,
  type Refusal,
  type ShownChain,
  type Signed,
  type Verified,
  verifyShownChain,
} from '@sokkin/purse';
import { type Backend, trustOf } from '../../backend.ts';
import { fastSha256 } from '../../store/segments.ts';
import { hexOf } from '../../store/sets.ts';

/** About 150 bytes each. */
const CHAINS = 100_000;
const goodChains = new LruMap<true>(CHAINS);
const verifyAway = threadedVerify();

export async function believeSigned<T extends { readonly purse: Bytes }>(
  b: Backend,
  chain: ShownChain,
  message: Bytes,
  parse: (message: Bytes) => Signed<T>,
): Promise<Verified<Signed<T>>> {
  const value = parsed(message, parse);
  if (value === undefined) return { status: 'malformed' };
  if (!equal(value.fields.purse, chain.leaf.subjectRef)) return { status: 'certificate_wrong_issuer' };
  const verdict = await chainVerdict(b, chain);
  if (verdict !== 'ok') return { status: verdict };
  const good = await verifyAway(chain.leaf.publicKey, value.body, value.signature);
  return good ? { status: 'ok', value } : { status: 'bad_signature' };
}

/** Expiry is not judged: what is on its way is honoured after its signer's certificate expired. */
async function chainVerdict(b: Backend, chain: ShownChain): Promise<'ok' | Refusal> {
  const parts = [b.pki.root.bytes, chain.issuer.bytes, chain.leaf.bytes];
  // Certificates say their length themselves, so no two chains give the same octets.
  const name = hexOf(fastSha256(Buffer.concat(parts)));
  if (goodChains.get(name) === true) return 'ok';
  const verdict = await verifyShownChain(b.crypto, trustOf(b), chain, PURSE_ROLES, 'ignore_expiry');
  if (verdict === 'ok') goodChains.set(name, true);
  return verdict;
}

function parsed<T>(message: Bytes, parse: (message: Bytes) => Signed<T>): Signed<T> | undefined {
  try {
    return parse(message);
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}
