/** The virtual field between browsers: what goes to whom, what is bounded, and that nothing else is disturbed by it. */
import { request as ask } from 'node:http';
import { connect } from 'node:net';
import { FIELD_PATH, FIELD_PROTOCOL, MOST_FIELD_MESSAGE } from '@sokkin/terminal';
import fastify from 'fastify';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { installFieldRelay } from '../src/http/field-relay.ts';
import { type Rig, rig } from './kit.ts';

let server: Rig;
let url: string;
const windows: Window[] = [];
beforeAll(async () => {
  server = await rig();
  url = await server.server.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => server?.close());
afterEach(async () => {
  await Promise.all(windows.splice(0).map((window) => window.leave()));
});

interface Window {
  readonly heard: string[];
  say(text: string): void;
  leave(): Promise<number>;
  readonly over: Promise<number>;
}

/** The status of the refusal, or a window that is in. */
function come(
  code: string,
  { origin, protocol = FIELD_PROTOCOL }: { origin?: string; protocol?: string } = {},
): Promise<Window | number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${FIELD_PATH}?code=${code}`, protocol, {
    ...(origin === undefined ? {} : { origin }),
  });
  const over = new Promise<number>((resolve) => socket.once('close', resolve));
  return new Promise((resolve, reject) => {
    socket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode ?? 0));
    socket.once('error', reject);
    socket.once('open', () => {
      const heard: string[] = [];
      socket.on('message', (data) => heard.push(String(data)));
      const leave = () => {
        socket.close();
        return over;
      };
      const window = { heard, say: (text: string) => socket.send(text), leave, over };
      windows.push(window);
      resolve(window);
    });
  });
}
async function inside(code: string): Promise<Window> {
  const came = await come(code);
  if (typeof came === 'number') throw new Error(`refused with ${came}`);
  return came;
}

test('what one says, all others of its code hear, in order, and nobody else', async () => {
  const [one, two, three, other] = await Promise.all(['room', 'room', 'room', 'other'].map(inside));
  one?.say('first');
  one?.say('second');
  two?.say('back');
  await expect.poll(() => three?.heard.length).toBe(3);
  await expect.poll(() => one?.heard).toEqual(['back']);
  expect(two?.heard).toEqual(['first', 'second']);
  expect(other?.heard).toEqual([]);
});

test('a code is four to twelve small letters and digits; a page of another origin, and another protocol, stay outside', async () => {
  for (const code of ['', 'abc', 'ABCD', 'a'.repeat(13), 'ab-cd']) expect(await come(code)).toBe(403);
  expect(await come('room', { origin: 'http://elsewhere.example' })).toBe(403);
  expect(await come('room', { protocol: 'something-else' })).toBe(403);
  expect(await come('room', { origin: url })).not.toBe(403);
});

test('sixteen windows are in a room; when one leaves, there is room again', async () => {
  const many = await Promise.all(Array.from({ length: 16 }, () => inside('full')));
  expect(await come('full')).toBe(403);
  await many[0]?.leave();
  await expect.poll(() => come('full')).not.toBe(403);
});

test('who says too much, too long or no text is sent away; the others stay', async () => {
  const [calm, fast, long] = await Promise.all(['loud', 'loud', 'loud'].map(inside));
  for (let n = 0; n < 2_000; n++) fast?.say('.');
  expect(await fast?.over).toBe(1008);
  expect(calm?.heard.length).toBeLessThan(2_000);
  long?.say('x'.repeat(MOST_FIELD_MESSAGE + 1));
  expect(await long?.over).toBe(1009);
  const again = await inside('loud');
  again.say('still here');
  await expect.poll(() => calm?.heard.at(-1)).toBe('still here');
});

test('a request that offers HTTP/2 is answered as any other, with its body', async () => {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ name: 7 });
  const answered = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (data) => {
      text += String(data);
      if (text.includes('"code"')) socket.destroy();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAA';
    const about = `Host: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
    socket.write(`POST /v1/sandbox/wallets HTTP/1.1\r\n${about}\r\n${offer}\r\n\r\n${body}`);
  });
  expect(answered).toMatch(/^HTTP\/1\.1 400 /);
  expect(answered).toContain('"validation_failed"');
});

test('live, there is nothing: the offer is passed over, and the address is unknown', async () => {
  const app = fastify();
  installFieldRelay(app, { ...server.server.backend, mode: 'live' });
  const at = await app.listen({ port: 0, host: '127.0.0.1' });
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    const asked = ask(`${at}${FIELD_PATH}?code=room`, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('upgrade', () => resolve(101));
    asked.on('error', reject);
    asked.end();
  });
  expect(status).toBe(404);
  await app.close();
});

test('a server that stops lets its windows go', async () => {
  const window = await inside('last');
  await server.close();
  await window.over;
});
