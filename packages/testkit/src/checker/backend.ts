/**
 * The honest back-end of the checker: it believes proven journals only, and settles what is open by the table in
 * docs/spec/protocol.md, section 10. (The product's own back-end is packages/issuer; this one is written from the
 * specification alone, so that the two can differ.)
 *
 * What must hold: the journal that a purse shows continues the one proven before, without a gap, up to where its
 * Statement stands; so no carrier can leave an entry out.
 */
import { type Bytes, concat, decodeTlvs, hex } from '@sokkin/codec';
import {
  type Entry,
  headAfter,
  OBJECT,
  object,
  parseEntry,
  parseStatement,
  type Resolution,
} from '@sokkin/purse';
import { grantFor, only, type World } from '../world.ts';
import { approvalResolutions } from './clearing.ts';
import { FIRST_PURSE } from './key.ts';
import { type Backend, fateKey, type GhostGrant, letter } from './situation.ts';
import { Violation } from './violation.ts';

export interface Synced {
  readonly backend: Backend;
  readonly grant: GhostGrant;
  /** The data field of APPLY GRANT. */
  readonly bytes: Bytes;
}

/** Takes the answers to STATEMENT and READ JOURNAL of a purse, and gives its next Grant. */
export async function receiveSync(
  world: World,
  backend: Backend,
  purse: number,
  answers: { readonly statement: Bytes; readonly journal: Bytes },
): Promise<Synced> {
  const statement = parseStatement(only({ sw: 0x9000, data: answers.statement })).fields;
  const bodies = decodeTlvs(answers.journal, { repeatable: new Set([OBJECT.entry]) }).map((t) => t.value);
  const before = backend.proven[purse] ?? { seq: 0, head: hex(new Uint8Array(32)) };
  let { seq, head } = before;
  let after = backend;
  for (const body of bodies) {
    const entry = parseEntry(body);
    if (entry.fields.seq <= before.seq) continue;
    if (entry.fields.seq !== seq + 1 || hex(entry.fields.link) !== head) {
      throw new Violation('I2', `the journal of ${letter(purse)} has a gap after entry ${seq}`);
    }
    after = learnEntry(after, purse, entry, body);
    seq = entry.fields.seq;
    head = hex(headAfter(body));
  }
  if (seq !== statement.seq || head !== hex(statement.link)) {
    throw new Violation(
      'I2',
      `the journal of ${letter(purse)} ends at ${seq}, its Statement at ${statement.seq}`,
    );
  }
  const resolutions = [...decide(after, purse), ...approvalResolutions(after, purse)];
  const earlier = after.grants.filter((g) => g.purse === purse);
  const grantNo = Math.max(statement.grantNo, ...earlier.map((g) => g.grantNo)) + 1;
  const grant: GhostGrant = {
    name: `Grant ${letter(purse)}.${earlier.length + 1}`,
    purse,
    grantNo,
    ackSeq: statement.seq,
    resolutions,
  };
  const bytes = await grantFor(world, statement, { grantNo, resolutions });
  const proven = backend.proven.map((p, i) => (i === purse ? { seq, head } : p));
  return { backend: { ...after, proven, grants: [...after.grants, grant] }, grant, bytes };
}

function learnEntry(b: Backend, purse: number, entry: Entry, body: Bytes): Backend {
  switch (entry.type) {
    case 'payment': {
      const { payee, ticketNo, seq } = entry.fields;
      const payment = { payee: indexOf(payee), ticketNo, hash: hex(headAfter(body)) };
      return { ...b, open: new Map([...b.open, [`${purse}:${seq}`, payment]]) };
    }
    case 'settle':
      return close(b, purse, [entry.fields.paymentNo]);
    case 'grantApplied': {
      const grant = b.grants.find((g) => g.purse === purse && g.grantNo === entry.fields.grantNo);
      return close(
        b,
        purse,
        (grant?.resolutions ?? []).map((r) => r.paymentNo),
      );
    }
    case 'receipt': {
      const { ticketNo, outcome, paymentHash } = entry.fields;
      const credited = outcome === 'credited' ? hex(paymentHash) : undefined;
      return consume(b, purse, ticketNo, credited, 'credited');
    }
    case 'void':
      return consume(b, purse, entry.fields.ticketNo, undefined, 'void');
    case 'approval': {
      const { seq, atc, cryptogram } = entry.fields;
      const approval = { fateKey: fateKey(purse, atc, hex(cryptogram)) };
      return { ...b, approvals: new Map([...b.approvals, [`${purse}:${seq}`, approval]]) };
    }
    case 'genesis':
    case 'ticket':
      return b;
  }
}

function close(b: Backend, purse: number, numbers: readonly number[]): Backend {
  const isOpen = ([key]: readonly [string, ...unknown[]]) => !numbers.some((no) => key === `${purse}:${no}`);
  return {
    ...b,
    open: new Map([...b.open].filter(isOpen)),
    approvals: new Map([...b.approvals].filter(isOpen)),
  };
}

function consume(b: Backend, purse: number, no: number, credited: string | undefined, name: string): Backend {
  const key = `${purse}:${no}`;
  if (b.consumed.has(key)) throw new Violation('I3', `${letter(purse)} consumed its ticket ${no} twice`);
  return {
    ...b,
    consumed: new Map([...b.consumed, [key, { credited, name: `${name}${credited ?? ''}`.slice(0, 20) }]]),
  };
}

/** The table of section 10: only what the payee's proven journal says. */
function decide(b: Backend, purse: number): Resolution[] {
  return [...b.open].flatMap(([key, payment]): Resolution[] => {
    const [payer, no] = key.split(':').map(Number);
    if (payer !== purse || no === undefined) return [];
    const fate = b.consumed.get(`${payment.payee}:${payment.ticketNo}`);
    if (fate === undefined) return [];
    return [{ paymentNo: no, outcome: fate.credited === payment.hash ? 'credited' : 'cancelled' }];
  });
}

const indexOf = (id: Bytes): number => (id[7] ?? 0) - FIRST_PURSE;

/** What the back-end asks a purse for. */
export const SYNC_NONCE: Bytes = object('nonce', new Uint8Array(16));
export const FROM_START: Bytes = concat(object('number', new Uint8Array(4)));
