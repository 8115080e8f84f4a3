/**
 * Idempotency-Key: a request that moves money or issues a certificate takes effect once, however often it comes.
 *
 * What must hold: the answer is kept in the same transaction as the effect, so that after a crash either both
 * are there or neither. Refusals are not kept: what was refused changed nothing, and may succeed later. A key is its
 * principal's own: two of them may use the same one, and neither learns of the other.
 */
import { type Bytes, utf8 } from '@sokkin/codec';
import { sha256 } from '@sokkin/crypto';
import type { LedgerTx } from '@sokkin/issuer';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';

const HEADER = 'idempotency-key';
export const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Runs `effect` once per key, and answers with `status` and what it gave, then and ever after. `kept` takes away what is
 * said once only.
 */
export async function once<A extends object>(
  b: Backend,
  request: FastifyRequest,
  reply: FastifyReply,
  status: 200 | 201,
  effect: (tx: LedgerTx) => Promise<A>,
  kept: (answer: A) => A = (answer) => answer,
  /**
   * Of a request that names somebody: no hash that can be found by trying names. More than one: the first is kept, and any of them
   * may have been kept before.
   */
  hash: (text: Bytes) => Bytes | Promise<Bytes | readonly Bytes[]> = sha256,
): Promise<A> {
  // Nobody meets another's key: it cannot have a space.
  const key = `${request.principal.id} ${keyOf(request)}`;
  const found = await hash(utf8(`${request.method} ${request.url}\n${canonical(request.body)}`));
  const hashes = found instanceof Uint8Array ? [found] : found;
  const [requestHash] = hashes;
  if (requestHash === undefined) throw new Error('Bug: a request has a hash');
  const { answer, replayed } = await b.store.write(async (tx) => {
    if (!(await tx.control.claimKey(key))) {
      throw new Problem('idempotency_key_in_flight', 'The first request with this key is not answered yet.');
    }
    const before = await tx.control.keptAnswer(key);
    if (before !== undefined) {
      if (!hashes.some((one) => Buffer.compare(before.requestHash, one) === 0)) {
        throw new Problem('idempotency_key_reused', 'This key belongs to another request: use a new one.');
      }
      return { answer: { status: before.status, body: before.body as A }, replayed: true };
    }
    const body = await effect(tx);
    await tx.control.keepAnswer(key, { requestHash, status, body: kept(body) }, b.clock());
    return { answer: { status, body }, replayed: false };
  });
  if (replayed) reply.header('idempotent-replayed', 'true');
  reply.code(answer.status);
  return answer.body;
}

/** The request's Idempotency-Key; throws a Problem if there is none. */
export function keyOf(request: FastifyRequest): string {
  const key = request.headers[HEADER];
  if (key === undefined || key === '') {
    throw new Problem(
      'idempotency_key_missing',
      'Send an Idempotency-Key header (a UUID, for example), and the same one when you repeat the request.',
      HEADER,
    );
  }
  if (typeof key !== 'string' || !KEY.test(key)) {
    throw new Problem('idempotency_key_invalid', 'The key is 1 to 255 visible ASCII characters.', HEADER);
  }
  return key;
}

/** JSON with its keys in order, so that the same request is the same however it was written. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
