/** What the host shows of itself: figures for whoever watches it, and signs of life for its peers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeIso, frameIso, IsoFramer, isoMessage, parseIsoProfile } from '@sokkin/codec';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openHost } from '../../src/acceptance/host/host.ts';
import { openRoom } from '../../src/acceptance/host/room.ts';
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
  testDesk,
  until,
} from './host-kit.ts';

let h: HostRig;
beforeAll(async () => {
  h = await hostRig();
  await h.link();
});
afterAll(() => h.close());
beforeEach(() => {
  h.desk.decide = approve;
  h.desk.heard.length = 0;
});

async function figures(): Promise<ReadonlyMap<string, number>> {
  const { body } = await h.r.server.app.inject({ url: '/metrics' });
  const lines = body.split('\n').filter((line) => line.startsWith('sokkin_iso_'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice('sokkin_iso_'.length, at), Number(line.slice(at + 1))];
    }),
  );
}
const APPROVED = 'answer_seconds_count{class="financial",outcome="approved"}';

test('connections, messages that are decided on, answers by what they say', async () => {
  const before = (await figures()).get(APPROVED) ?? 0;
  const { passed, open } = gate();
  h.desk.decide = async (shop) => {
    await passed;
    return approve(shop);
  };
  const line = h.connect();
  const asked = line.request(purchase());
  await until(() => h.desk.heard.length === 1);
  const during = await figures();
  expect([during.get('connections'), during.get('in_flight'), during.get('owed')]).toEqual([1, 1, 0]);
  open();
  expect(codeOf(await asked)).toBe('00');
  const after = await figures();
  expect([after.get(APPROVED), after.get('in_flight')]).toEqual([before + 1, 0]);
  line.close();
  await until(async () => (await figures()).get('connections') === 0);
});

test('messages that get no answer, and connections by why they ended', async () => {
  const count = async (name: string): Promise<number> => (await figures()).get(name) ?? 0;
  const [peer, unreadable] = ['closed_total{by="peer"}', 'closed_total{by="unreadable"}'];
  const before = [await count('ignored_total'), await count(peer), await count(unreadable)];
  const silent = rawPeer(h.host.port);
  silent.socket.end(
    frameIso(ASCII.framing, encodeIso(ASCII, isoMessage('0210', { 11: '000001', 39: '00' }))),
  );
  await silent.closed;
  const noise = rawPeer(h.host.port);
  noise.socket.write('9999 is no length of a message');
  await noise.closed;
  await until(async () => (await count(unreadable)) > (before[2] ?? 0));
  expect([await count('ignored_total'), await count(peer), await count(unreadable)]).toEqual(
    before.map((n) => n + 1),
  );
});

test('no label is anything that came over the line', async () => {
  await h.connect().request(purchase({ 41: 'STRANGER', 2: '4761739001010010' }));
  const { body } = await h.r.server.app.inject({ url: '/metrics' });
  expect(body).not.toMatch(/STRANGER|476173/);
});

test('where the dialect has heartbeats, a silent line has them both ways; they are no messages', {
  timeout: 60_000,
}, async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sokkin-room-'));
  const { frame } = profileJson('example-acquirer');
  const beating = { ...profileJson('1987-ascii'), name: 'beating', frame };
  const profile = parseIsoProfile(beating);
  expect(profile.framing.heartbeats).toBe(true);
  await h.link({ name: 'Beating', profile: beating, port: 22_401 });
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const { backend } = h.r.server;
  const desk = testDesk();
  // Its own doors; the port of the link stays with the rig's host, and this one takes it when that has closed it.
  await h.host.stop();
  const room = await openRoom({ backend, desk, dataFolder, registry: new Registry(), log });
  const host = await openHost({
    ...{ backend, room, host: '127.0.0.1', port: 0, tls: undefined, stopMs: 1_000, heartbeatMs: 20 },
  });
  try {
    const socket = connect(22_401, '127.0.0.1');
    const framer = new IsoFramer(profile.framing);
    const frames: Uint8Array[] = [];
    socket.on('data', (chunk) => frames.push(...framer.push(chunk).messages));
    await until(() => frames.length > 1);
    expect(frames.every((frame) => frame.length === 0)).toBe(true);
    const beat = frameIso(profile.framing, new Uint8Array(0));
    const message = frameIso(profile.framing, encodeIso(profile, purchase()));
    socket.write(Buffer.concat([beat, beat, message, beat]));
    await until(() => frames.some((frame) => frame.length > 0));
    expect(desk.heard).toHaveLength(1);
    socket.destroy();
  } finally {
    await host.stop();
    await room.close();
    await rm(dataFolder, { recursive: true, force: true });
  }
});
