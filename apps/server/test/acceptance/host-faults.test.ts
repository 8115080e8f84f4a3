/** What goes wrong on a line: every octet of a message, peers that are slow or gone, answers that nobody takes, and a stop in between. */
import {
  type Bytes,
  encodeIso,
  formatMti,
  frameIso,
  fromHex,
  type IsoMessage,
  type IsoProfile,
  isoMatchingKey,
  parseIsoProfile,
  withIsoMac,
} from '@sokkin/codec';
import { isoMacFunction, nodeSymmetric, repeatOf } from '@sokkin/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  ASCII,
  approve,
  codeOf,
  gate,
  type HostRig,
  hostRig,
  profileJson,
  purchase,
  rawPeer,
  until,
} from './host-kit.ts';

let h: HostRig;
beforeAll(async () => {
  h = await hostRig();
  await h.link();
});
afterAll(() => h.close());
afterEach(() => {
  h.desk.decide = approve;
  h.desk.heard.length = 0;
});

/** What comes of octets on a connection of their own: the answers, and whether it was closed. */
async function tryOctets(port: number, profile: IsoProfile, octets: Bytes): Promise<readonly IsoMessage[]> {
  const peer = rawPeer(port, profile);
  peer.socket.end(frameIso(profile.framing, octets));
  await peer.closed;
  return peer.answers;
}

describe.each([
  ['1987-ascii', 22_001],
  ['example-acquirer', 22_002],
  ['1993-bcd', 22_003],
])('every octet of a message in %s', (name, port) => {
  const mac = { algorithm: 'retail-80', key: '00112233445566778899aabbccddeeff' } as const;
  // A greatest length that every mutant of the sample can have.
  const json = { ...profileJson(name), name: `fuzzed-${name}` };
  const profile = parseIsoProfile(json);
  const code = isoMacFunction(nodeSymmetric(), { algorithm: mac.algorithm, key: fromHex(mac.key) });

  function sample(): IsoMessage {
    const { fields } = purchase({ 55: [{ tag: 0x9f26, value: fromHex('0102030405060708') }] });
    const known = [...fields].filter(([n]) => profile.fields[n] !== undefined);
    const is1993 = profile.version === '1993';
    const mti = purchase({}, is1993 ? '1200' : '0200').mti;
    const changed = new Map(known);
    if (is1993) {
      changed.delete(13);
      changed.set(12, '261123130000').set(22, 'A00101A00140').set(24, '200').delete(25);
    } else if (name === 'example-acquirer') changed.set(22, '0051').delete(25);
    const header = profile.header && Uint8Array.of(0x60, 0, 1, 0, 2);
    return { header, mti, fields: changed };
  }

  test('changed, it is answered well-formed or its connection ends, and only what is right comes to the desk', async () => {
    await h.link({ name: `Fuzzed ${name}`, port, profile: json, mac });
    const good = withIsoMac(profile, sample(), code);
    const octets = encodeIso(profile, good);
    expect((await tryOctets(port, profile, octets)).map(codeOf)).toEqual([
      profile.version === '1987' ? '00' : '000',
    ]);
    expect(h.desk.heard).toHaveLength(1);
    const headerLength = profile.header?.octets ?? 0;
    const tried = Array.from({ length: octets.length }, async (_, at) => {
      // The header is where the message goes, and not under its code.
      for (const mask of at < headerLength ? [] : [0x01, 0x10, 0xff]) {
        const mutant = octets.map((octet, i) => (i === at ? octet ^ mask : octet));
        const answers = await tryOctets(port, profile, mutant);
        expect(answers.length).toBeLessThanOrEqual(1);
        for (const answer of answers) expect(['30', '96', '904', '916']).toContain(codeOf(answer));
      }
      const cut = await tryOctets(port, profile, octets.subarray(0, at + 1).slice());
      expect(cut.length <= 1 && at + 1 < octets.length ? cut.every((a) => codeOf(a) !== '00') : true).toBe(
        true,
      );
    });
    await Promise.all(tried);
    // The whole one was sent again as the last cut; nothing else got through.
    expect(h.desk.heard).toHaveLength(2);
    const key = isoMatchingKey(profile, good);
    for (const shop of h.desk.heard) expect(isoMatchingKey(profile, shop.message)).toBe(key);
  });
});

describe('octets in any pieces', () => {
  test('are the same messages', async () => {
    const peer = rawPeer(h.host.port);
    const stream = Buffer.concat(
      [purchase(), purchase()].map((m) => frameIso(ASCII.framing, encodeIso(ASCII, m))),
    );
    for (const octet of stream) {
      peer.socket.write(Uint8Array.of(octet));
      await new Promise(setImmediate);
    }
    await until(() => peer.answers.length === 2);
    peer.socket.destroy();
  });

  test('of a frame that cannot be end the connection, and what was whole before is answered', async () => {
    const peer = rawPeer(h.host.port);
    const good = frameIso(ASCII.framing, encodeIso(ASCII, purchase()));
    peer.socket.write(Buffer.concat([good, Buffer.from('ZZZZ')]));
    await peer.closed;
    expect(peer.answers.length).toBeLessThanOrEqual(1);
    expect(h.desk.heard).toHaveLength(1);
  });
});

describe('a peer', () => {
  test('that sends no more is still answered', async () => {
    const { passed, open } = gate();
    h.desk.decide = async (shop) => {
      await passed;
      return approve(shop);
    };
    const peer = rawPeer(h.host.port);
    peer.socket.end(frameIso(ASCII.framing, encodeIso(ASCII, purchase())));
    await until(() => h.desk.heard.length === 1);
    open();
    await peer.closed;
    expect(peer.answers.map(codeOf)).toEqual(['00']);
  });

  test('has no more in flight than its link allows: nothing more is read', async () => {
    const port = 22_010;
    await h.link({ name: 'Narrow', port, most_in_flight: 5 });
    const waiting: (() => void)[] = [];
    h.desk.decide = async (shop) => {
      const { passed, open } = gate();
      waiting.push(open);
      await passed;
      return approve(shop);
    };
    const line = h.connect({ port });
    const answers = Promise.all(Array.from({ length: 12 }, () => line.request(purchase())));
    await until(() => waiting.length === 5);
    // Other connections of the same link are not held up.
    const other = h.connect({ port });
    await other.network.echo();
    expect(h.desk.heard).toHaveLength(5);
    for (let done = 0; done < 12; done++) {
      await until(() => waiting.length > 0);
      expect(waiting.length).toBeLessThanOrEqual(5);
      waiting.shift()?.();
    }
    expect((await answers).map(codeOf)).toEqual(Array.from({ length: 12 }, () => '00'));
  });

  test('that says nothing for too long is gone; one of whose life there are signs stays', async () => {
    await h.link({ name: 'Silent', port: 22_011, idle_seconds: 1 });
    const silent = rawPeer(22_011);
    const lively = h.connect({ port: 22_011 });
    const timer = setInterval(() => void lively.network.echo().catch(() => undefined), 200);
    await lively.connect();
    await silent.closed;
    expect(lively.isConnected).toBe(true);
    clearInterval(timer);
  });
});

describe('an approval that cannot be handed over', () => {
  async function askAndLeave(port: number): Promise<IsoMessage> {
    const { passed, open } = gate();
    h.desk.decide = async (shop) => {
      if (shop.message.mti.class === 'financial') await passed;
      return approve(shop);
    };
    const asked = purchase();
    const peer = rawPeer(port);
    peer.socket.write(frameIso(ASCII.framing, encodeIso(ASCII, asked)));
    await until(() => h.desk.heard.length === 1);
    peer.socket.resetAndDestroy();
    await peer.closed;
    // The host has seen the end of it, too.
    await until(async () => (await metric(`sokkin_iso_closed_total{by="peer"}`)) > before);
    open();
    return asked;
  }
  let before = 0;
  const metric = async (name: string): Promise<number> => {
    const { body } = await h.r.server.app.inject({ url: '/metrics' });
    return Number(
      body
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1] ?? 0,
    );
  };

  test('waits at the desk for the repeat', async () => {
    before = await metric(`sokkin_iso_closed_total{by="peer"}`);
    const asked = await askAndLeave(h.host.port);
    const again = await h.connect().request(repeatOf(asked));
    expect(codeOf(again)).toBe('00');
    expect(h.desk.heard.map((shop) => formatMti(shop.message.mti))).toEqual(['0200', '0201']);
    expect(h.host.owed()).toBe(0);
  });

  test('is taken back, where the link says so', async () => {
    await h.link({ name: 'Reversing', port: 22_012, lost_answers: 'reverse' });
    before = await metric(`sokkin_iso_closed_total{by="peer"}`);
    await askAndLeave(22_012);
    await until(() => h.desk.heard.length === 2);
    expect(h.desk.heard.map((shop) => formatMti(shop.message.mti))).toEqual(['0200', '0420']);
    await until(() => h.host.owed() === 0);
  });
});

test('a stop answers what is worked on, and lets nobody else in', async () => {
  const own = await hostRig();
  await own.link();
  const { passed, open } = gate();
  own.desk.decide = async (shop) => {
    await passed;
    return approve(shop);
  };
  const line = own.connect();
  const asked = line.request(purchase());
  await until(() => own.desk.heard.length === 1);
  const stopping = own.host.stop();
  await expect(own.connect({ timeoutMs: 500 }).connect()).rejects.toMatchObject({ code: 'line_down' });
  open();
  expect(codeOf(await asked)).toBe('00');
  expect(await stopping).toBe(true);
  await own.close();
});
