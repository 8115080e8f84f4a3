/** STATEMENT, APPLY GRANT, READ JOURNAL (docs/spec/card-application.md, section 4.5). */
import { type Bytes, concat } from '@sokkin/codec';
import {
  applyGrant,
  CLA,
  INS,
  journalAfter,
  messageHash,
  NONCE_LENGTH,
  object,
  statement,
  verifyGrant,
} from '@sokkin/purse';
import { ok, refusal } from '../applet.ts';
import { type Command, malformed, perform } from './context.ts';
import { objectsReader, ofLength, readNumberObject, trustOf } from './data.ts';

const readNonce = objectsReader(['nonce']);
const readGrant = objectsReader(['authority', 'grant']);
const readNumber = objectsReader(['number']);

export const statementCommand: Command = {
  name: 'STATEMENT',
  cla: CLA.purse,
  ins: INS.statement,
  p1p2: 0x0000,
  async run(ctx, { data }) {
    const objects = readNonce(data);
    const nonce = objects && ofLength(objects.nonce, NONCE_LENGTH);
    if (nonce === undefined) return malformed();
    return perform(ctx, statement(ctx.store.state, nonce), 'statement');
  },
};

export const applyGrantCommand: Command = {
  name: 'APPLY GRANT',
  cla: CLA.purse,
  ins: INS.applyGrant,
  p1p2: 0x0000,
  async run(ctx, { data }) {
    const { state } = ctx.store;
    const objects = readGrant(data);
    if (objects === undefined) return malformed();
    const trust = trustOf(state);
    if (trust === undefined || state.identity === undefined) return refusal('wrong_lifecycle');
    const leaf = ctx.readCertificate(objects.authority);
    if (leaf === undefined) return refusal('certificate_malformed');
    const grant = await verifyGrant(
      ctx.crypto,
      trust,
      { issuer: state.identity.issuer, leaf },
      objects.grant,
    );
    if (grant.status !== 'ok') return refusal(grant.status);
    const request = { grant: grant.value.fields, grantHash: messageHash(grant.value) };
    return perform(ctx, applyGrant(state, request), undefined);
  },
};

/**
 * READ JOURNAL: the entries after the given number, oldest first, as many whole ones as fit under Le (at least
 * one). An empty answer means that there are no more.
 */
export const readJournal: Command = {
  name: 'READ JOURNAL',
  cla: CLA.purse,
  ins: INS.readJournal,
  p1p2: 0x0000,
  async run(ctx, { data, ne }) {
    const objects = readNumber(data);
    const after = objects && readNumberObject(objects.number);
    if (after === undefined) return malformed();
    if (ctx.store.state.identity === undefined) return refusal('wrong_lifecycle');
    const room = ne ?? 0x100;
    let answer: Bytes = new Uint8Array(0);
    for (const body of journalAfter(ctx.store.state, after)) {
      const next = concat(answer, object('entry', body));
      if (next.length > room && answer.length > 0) break;
      answer = next;
    }
    return ok(answer);
  },
};
