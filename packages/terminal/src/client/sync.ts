/** STATEMENT, READ JOURNAL, APPLY GRANT (docs/spec/card-application.md, section 4.5). */
import { type Bytes, concat, decodeTlvs, equal, SokkinError } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import {
  headAfter,
  OBJECT,
  object,
  parseEntry,
  type Signed,
  type Statement,
  verifyStatement,
} from '@sokkin/purse';
import type { Verifier } from '../carried.ts';
import { type Outcome, ok, reading, untrusted } from '../outcome.ts';
import type { ApduTransport } from '../transport.ts';
import { call, expectNothing, expectObject, numberObject } from './call.ts';
import type { Met } from './read.ts';

export interface ShownStatement {
  readonly message: Bytes;
  readonly fields: Statement;
}

export async function statement(
  { transport, chain }: Met,
  verifier: Verifier,
  nonce: Bytes,
): Promise<Outcome<ShownStatement>> {
  const answer = await call(transport, 'statement', object('nonce', nonce), 'object');
  const message = expectObject(answer, 'statement', (value) => value);
  if (message.status !== 'ok') return message;
  const verified = await verifyStatement(verifier.crypto, verifier.trust, chain, message.value);
  if (verified.status !== 'ok') return untrusted(`Statement: ${verified.status}`);
  const { fields }: Signed<Statement> = verified.value;
  if (!equal(fields.nonce, nonce)) return untrusted('The statement answers another question.');
  return ok({ message: message.value, fields });
}

/**
 * The bodies of all entries after number `after` up to `until` (all, if it is left out), oldest first, in as many
 * exchanges as the reader needs.
 * What must hold: every answer goes on where the one before ended, or reading stops; the caller compares the
 * last one with a signed Statement.
 */
export async function readJournal(
  transport: ApduTransport,
  after: number,
  until: number = Number.POSITIVE_INFINITY,
): Promise<Outcome<Bytes[]>> {
  const bodies: Bytes[] = [];
  for (let last = after; last < until; ) {
    const answer = await call(transport, 'readJournal', numberObject(last), 'list');
    if (answer.status !== 'ok') return answer;
    const read = reading(() => readEntries(answer.value));
    if (read.status !== 'ok') return read;
    if (read.value.length === 0) return ok(bodies);
    for (const { body, seq } of read.value) {
      if (seq !== last + 1) return untrusted(`Journal: entry ${seq} came where ${last + 1} was due.`);
      bodies.push(body);
      last = seq;
    }
  }
  return ok(bodies);
}

function readEntries(data: Bytes): { body: Bytes; seq: number }[] {
  return decodeTlvs(data, { repeatable: new Set([OBJECT.entry]) }).map(({ tag, value }) => {
    if (tag !== OBJECT.entry) throw new SokkinError('unexpected_tag', 'Journal: something that is no entry');
    const body = value.slice();
    return { body, seq: parseEntry(body).fields.seq };
  });
}

/** The journal since the acknowledged entry, proven whole by the Statement's chain head. */
export async function journalOf(transport: ApduTransport, s: Statement): Promise<Outcome<Bytes[]>> {
  const journal: Bytes[] = [];
  if (s.seq === s.ackSeq) return ok(journal);
  const read = await readJournal(transport, s.ackSeq, s.seq);
  if (read.status !== 'ok') return read;
  const newest = read.value.at(-1);
  const whole = read.value.length === s.seq - s.ackSeq && newest !== undefined;
  if (!whole || !equal(headAfter(newest), s.link))
    return untrusted('The journal does not end where the purse says.');
  return read;
}

export async function applyGrant(
  transport: ApduTransport,
  authority: Certificate,
  grant: Bytes,
): Promise<Outcome<void>> {
  const data = concat(object('authority', authority.bytes), object('grant', grant));
  return expectNothing(await call(transport, 'applyGrant', data, 'nothing'));
}
