/** The host on a live socket: connections, codes, network messages, many at once, time-outs. */
import { connect } from 'node:net';
import { decodeIso, encodeIso, formatMti, frameIso, fromHex, IsoFramer, isoMessage } from '@sokkin/codec';
import { repeatOf } from '@sokkin/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ASCII, approve, codeOf, gate, type HostRig, hostRig, keyOf, purchase, until } from './host-kit.ts';

let h: HostRig;
beforeAll(async () => {
  h = await hostRig();
  await h.link({ timeout_ms: 1_500 });
});
afterAll(() => h.close());
afterEach(() => {
  h.desk.decide = approve;
  h.desk.heard.length = 0;
});

describe('a connection', () => {
  test('brings a purchase to the desk, and its answer back in the dialect', async () => {
    const line = h.connect();
    const asked = purchase();
    const answer = await line.request(asked);
    expect(formatMti(answer.mti)).toBe('0210');
    expect([codeOf(answer), answer.fields.get(38)]).toEqual(['00', 'A12345']);
    for (const field of [4, 7, 11, 41, 49]) expect(answer.fields.get(field)).toEqual(asked.fields.get(field));
    const [shop] = h.desk.heard;
    expect(shop?.acquirer).toBe('ins_first_issuer');
    expect(shop?.message.fields.get(4)).toBe(1_000n);
  });

  test('answers network messages itself', async () => {
    const line = h.connect();
    for (const say of [
      line.network.signOn(),
      line.network.echo(),
      line.network.cutOver(),
      line.network.signOff(),
    ])
      expect(codeOf(await say)).toBe('00');
    expect(h.desk.heard).toEqual([]);
    const log = await h.r.api.get('/v1/log?subject=ins_first_issuer&action=settlement.cut_over');
    expect(log.body.data).toHaveLength(1);
    const unknown = await line.request(isoMessage('0800', { 7: '1123040000', 11: '999991', 70: '777' }));
    expect(codeOf(unknown)).toBe('12');
  });

  test('answers what nobody here decides on as what means nothing', async () => {
    const line = h.connect();
    const fee = isoMessage('0700', { 7: '1123040000', 11: '999992' });
    expect(codeOf(await line.request(fee))).toBe('12');
    expect(h.desk.heard).toEqual([]);
  });

  test('has thousands in flight, and answers them in the order of their decisions', async () => {
    const line = h.connect();
    const waiting: (() => void)[] = [];
    h.desk.decide = async (shop) => {
      const { passed, open } = gate();
      waiting.push(open);
      await passed;
      return approve(shop);
    };
    const asked = Array.from({ length: 3_000 }, (_, i) => purchase({ 4: BigInt(i + 1) }));
    const order: bigint[] = [];
    const answers = asked.map(async (message) => {
      const answer = await line.request(message);
      order.push(answer.fields.get(4) as bigint);
      expect(answer.fields.get(11)).toBe(message.fields.get(11));
    });
    await until(() => waiting.length === asked.length);
    for (const open of waiting.reverse()) open();
    await Promise.all(answers);
    expect(order).toHaveLength(3_000);
    expect(order[0]).toBeGreaterThan(order.at(-1) ?? 0n);
  });
});

describe('the same message at the same time', () => {
  test('is one decision, and both are answered', async () => {
    const { passed, open } = gate();
    h.desk.decide = async (shop) => {
      await passed;
      return approve(shop);
    };
    const [one, other] = [h.connect(), h.connect()];
    const asked = purchase();
    const first = one.request(asked);
    await until(() => h.desk.heard.length === 1);
    const second = other.request(repeatOf(asked));
    await other.network.echo();
    open();
    expect([codeOf(await first), codeOf(await second)]).toEqual(['00', '00']);
    expect(h.desk.heard).toHaveLength(1);
  });
});

describe('a decision that does not come in time', () => {
  test('is answered as timed out, taken back, and never heard of again', async () => {
    const { passed, open } = gate();
    const asked = purchase();
    h.desk.decide = async (shop) => {
      if (shop.message.mti.class === 'financial') await passed;
      return approve(shop);
    };
    const line = h.connect();
    expect(codeOf(await line.request(asked))).toBe('68');
    await until(() => h.desk.heard.length === 2);
    const reversal = h.desk.heard[1];
    expect(reversal && formatMti(reversal.message.mti)).toBe('0420');
    const stan = String(asked.fields.get(11));
    expect(reversal?.message.fields.get(90)).toBe(`0200${stan}11230400000000012345600000000000`);
    expect(reversal?.message.fields.get(4)).toBe(1_000n);
    open();
    await line.network.echo();
    expect(line.strange).toBe(0);
    await until(() => h.host.owed() === 0);
  });

  test('a refund is not taken back: it is said again, and has the decision', async () => {
    const { passed, open } = gate();
    h.desk.decide = async (shop) => {
      await passed;
      return approve(shop);
    };
    const line = h.connect();
    const asked = purchase({ 3: '200000' });
    expect(codeOf(await line.request(asked))).toBe('68');
    expect(h.host.owed()).toBe(0);
    open();
    expect(codeOf(await line.request(repeatOf(asked)))).toBe('00');
    expect(h.desk.heard.map((shop) => formatMti(shop.message.mti))).toEqual(['0200', '0201']);
  });

  test('an advice is not taken back: its sender repeats it', async () => {
    const { passed, open } = gate();
    h.desk.decide = async (shop) => {
      await passed;
      return approve(shop);
    };
    const line = h.connect();
    expect(codeOf(await line.request(purchase({}, '0220')))).toBe('68');
    expect(h.desk.heard).toHaveLength(1);
    open();
  });
});

describe('what cannot be read', () => {
  const broken = (change: (octets: Uint8Array) => Uint8Array) =>
    frameIso(ASCII.framing, change(encodeIso(ASCII, purchase())));

  test('is answered as that, if its sender can find its question', async () => {
    const socket = connect(h.host.port, '127.0.0.1');
    const framer = new IsoFramer(ASCII.framing);
    const answered = new Promise<Uint8Array>((resolve) => {
      socket.on('data', (chunk) => {
        const [message] = framer.push(chunk).messages;
        if (message !== undefined) resolve(message);
      });
    });
    // An octet after the last field.
    socket.write(broken((octets) => Uint8Array.from([...octets, 0x31])));
    const answer = decodeIso(ASCII, await answered);
    expect([formatMti(answer.mti), codeOf(answer)]).toEqual(['0210', '30']);
    socket.destroy();
    expect(h.desk.heard).toEqual([]);
  });

  test('and else ends the connection', async () => {
    const socket = connect(h.host.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(broken((octets) => octets.subarray(0, 3)));
    await closed;
    expect(h.desk.heard).toEqual([]);
  });
});

test('keys travel under the key before, and hold for the next messages of every connection', async () => {
  const mac = { algorithm: 'retail-80', key: '00112233445566778899aabbccddeeff' } as const;
  const port = 21_583;
  await h.link({ name: 'Keyed', port, mac });
  const key = { algorithm: mac.algorithm, key: fromHex(mac.key) };
  const line = h.connect({ port, mac: key });
  expect(codeOf(await line.request(purchase()))).toBe('00');
  await line.network.changeKey(fromHex('a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b8'));
  expect(codeOf(await line.request(purchase()))).toBe('00');
  expect(h.desk.heard.map(keyOf)).toHaveLength(2);
  const old = h.connect({ port, mac: key, timeoutMs: 300 });
  // The answer has its code under the new key, which this end does not know.
  await expect(old.request(purchase())).rejects.toMatchObject({ code: 'no_answer' });
  expect([h.desk.heard.length, old.strange]).toEqual([2, 1]);
});
