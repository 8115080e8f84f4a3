/** Uploads of many purses in one call, long journals, and bodies that do not come whole. */
import { connect } from 'node:net';
import { type Bytes, fromHex, hex } from '@sokkin/codec';
import { type CarriedUpload, encodeUploads, parseUploads, UPLOADS_TYPE } from '@sokkin/purse';
import type { ScriptedPurse } from '@sokkin/testkit/scripted-purse';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Api, type Rig, rig } from './kit.ts';
import { accept, bodyOf, enrich, journal, newAccount, packed, scripted, send, trade } from './upload-kit.ts';

describe('the packed body', () => {
  const octets = (max: number, min = 0) => fc.uint8Array({ minLength: min, maxLength: max });
  const carried = fc.record({
    message: octets(200),
    purse: octets(200),
    issuer: fc.option(octets(200, 1), { nil: undefined }),
  });
  const upload: fc.Arbitrary<CarriedUpload> = fc.record({
    purse: octets(8, 8),
    statement: octets(300),
    entries: fc.array(octets(255), { maxLength: 6 }),
    payments: fc.array(carried, { maxLength: 3 }),
    receipts: fc.array(carried, { maxLength: 3 }),
  });
  const plain = (uploads: readonly CarriedUpload[]) => JSON.stringify(uploads);

  test('what is packed comes out as it was; one octet more or less is no body', () => {
    fc.assert(
      fc.property(fc.array(upload, { maxLength: 5 }), fc.nat(), (uploads, cut) => {
        const body = encodeUploads(uploads);
        expect(plain(parseUploads(body))).toBe(plain(uploads));
        expect(encodeUploads(parseUploads(body))).toEqual(body);
        expect(() => parseUploads(body.slice(0, cut % body.length))).toThrow(/Uploads/);
        expect(() => parseUploads(Uint8Array.of(...body, 0))).toThrow(/Uploads/);
      }),
    );
  });

  test('octets that nobody packed are refused with what they are refused for', () => {
    fc.assert(
      fc.property(octets(400), (bytes) => {
        try {
          expect(encodeUploads(parseUploads(bytes))).toEqual(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad_message' });
        }
      }),
    );
    expect(() => parseUploads(fromHex('02 0000'))).toThrow('version 2');
    expect(() => parseUploads(fromHex('01 0101'))).toThrow('257 uploads, at most 256');
  });
});

describe('at a server', () => {
  let r: Rig;
  beforeEach(async () => {
    r = await rig();
  });
  afterEach(() => r.close());

  const postPacked = async (api: Api, body: Bytes) => {
    const answer = await r.server.app.inject({
      method: 'POST',
      url: '/v1/syncs/packed',
      headers: { ...(await api.authorization()), 'content-type': UPLOADS_TYPE },
      payload: Buffer.from(body),
    });
    return { status: answer.statusCode, body: answer.json() };
  };

  test('each of many purses gets its own result, packed or not; what is another’s is not there', async () => {
    const account = await newAccount(r.api);
    const [a, b, c] = [
      await scripted(r.api, account),
      await scripted(r.api, account),
      await scripted(r.api, account),
    ];
    enrich(a, 900n);
    trade(a, b, 2);
    const items = [
      { purse: a.name, ...(await bodyOf(r.api, a)) },
      { purse: b.name, ...(await bodyOf(r.api, b, b.entries.slice(1))) },
      { purse: 'pur_00000000000000ff', ...(await bodyOf(r.api, c)) },
    ];
    const answer = await r.api.post('/v1/syncs', { items });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        done: 1,
        refused: 2,
        results: [
          { status: 'done', purse: a.name, acknowledged_seq: a.seq },
          { status: 'refused', purse: b.name, code: 'journal_gap', param: 'entries' },
          { status: 'refused', code: 'not_found' },
        ],
      },
    });
    // The same Statement again, packed: the same answer.
    const entries = a.entries;
    const again = encodeUploads([
      { purse: a.id, statement: fromHex(items[0]?.statement ?? ''), entries, payments: [], receipts: [] },
    ]);
    expect((await postPacked(r.api, again)).body.results).toEqual([answer.body.results[0]]);
    const both = await postPacked(r.api, await packed(r.api, [b, c]));
    expect(both.body).toMatchObject({ done: 2, results: [{ acknowledged_seq: b.seq }, { purse: c.name }] });
    expect(await postPacked(r.api, fromHex('01 0001 00'))).toMatchObject({
      status: 400,
      body: { code: 'bad_request' },
    });
  });

  test('I2 an upload that is cut in the middle changes nothing, and the same one whole is taken', async () => {
    const account = await newAccount(r.api);
    const [a, b] = [await scripted(r.api, account), await scripted(r.api, account)];
    enrich(a, 900n);
    trade(a, b, 20);
    const body = await packed(r.api, [a, b]);
    const address = await r.server.app.listen({ port: 0, host: '127.0.0.1' });
    const { authorization } = await r.api.authorization();
    const head = `POST /v1/syncs/packed HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: ${UPLOADS_TYPE}\r\ncontent-length: ${body.length}\r\n\r\n`;
    const before = (await r.api.get(`/v1/purses/${a.name}`)).body.acknowledged.seq;
    for (const share of [0, 0.3, 0.99]) {
      const socket = connect(Number(new URL(address).port), '127.0.0.1');
      await new Promise((done) => socket.write(head, done));
      await new Promise((done) => socket.write(body.slice(0, body.length * share), done));
      socket.destroy();
      await new Promise((done) => socket.once('close', done));
    }
    expect((await r.api.get(`/v1/purses/${a.name}`)).body.acknowledged.seq).toBe(before);
    expect((await postPacked(r.api, body)).body).toMatchObject({ done: 2 });
    expect((await r.api.get(`/v1/purses/${a.name}`)).body.acknowledged.seq).toBe(a.seq);
  });

  /** As many entries as one upload may have, so often. */
  const PIECE = 4096;
  const PIECES = 245;

  test('I7 a journal of a million entries, in pieces: read at its end, and forked in its middle', {
    timeout: 900_000,
  }, async () => {
    const a = await scripted(r.api, await newAccount(r.api));
    let middle: ScriptedPurse | undefined;
    for (let piece = 0; piece < PIECES; piece++) {
      while (a.entries.length < PIECE - 1) a.void(a.ticket(1n));
      if (piece === Math.floor(PIECES / 2)) middle = a.clone();
      const { body } = await postPacked(r.api, await packed(r.api, [a]));
      expect(body).toMatchObject({ done: 1 });
      a.drop();
      if (piece % 100 === 0) a.apply(fromHex(body.results[0].grant));
    }
    expect(a.seq).toBeGreaterThan(1_000_000);
    const last = await journal(r.api, a, a.seq - 3 - a.entries.length);
    expect(last.at(-1)).toMatchObject({ seq: a.seq - a.entries.length });
    expect(last).toHaveLength(3);
    if (middle === undefined) throw new Error('the clone was made');
    middle.drop();
    middle.ticket(7n);
    const answer = await send(r.api, middle, await bodyOf(r.api, middle));
    expect(answer.body.code).toBe('journal_fork');
    const { evidence } = (await r.api.get(`/v1/alerts/${answer.body.alert}`)).body;
    expect(evidence.histories).toHaveLength(2);
    expect(evidence.histories[1].entries).toEqual(middle.entries.map(hex));
    await accept(r.api, a);
  });
});
