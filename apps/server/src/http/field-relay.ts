/**
 * The virtual field between browsers: windows that come with the same code hear each other (packages/terminal/src/field-relay.ts). A sandbox has it; in
 * live mode there is nothing here.
 *
 * What must hold:
 * - what is passed on is looked at for its length only, goes to the others of the same code alone, and is kept nowhere;
 * - rooms, windows, messages and what waits for a slow window are bounded; who sends too much is sent away;
 * - a page of another origin is refused before it has said anything; browsers do not let pages lie about it;
 * - requests that offer an upgrade to anything else are answered as if they had not.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FIELD_PATH, FIELD_PROTOCOL, isFieldCode, MOST_FIELD_MESSAGE } from '@sokkin/terminal';
import type { FastifyInstance } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Backend } from '../backend.ts';
import { TokenBuckets } from './token-buckets.ts';

const MOST_ROOMS = 64;
const MOST_WINDOWS = 16;
/** A tap is some thirty messages; a reader says ten times a second that it is there. */
const MESSAGES = { perSecond: 200, burst: 600 };
/** Beyond it a window is too slow to be spoken to. */
const MOST_WAITING = 4 * MOST_FIELD_MESSAGE;
/** Who does not answer within this is gone. */
const ALIVE_MS = 20_000;
/** WebSocket close codes (RFC 6455, 7.4.1). */
const GOING_AWAY = 1001;
const POLICY = 1008;

type Room = Set<WebSocket>;

export function installFieldRelay(app: FastifyInstance, b: Backend): void {
  const rooms = new Map<string, Room>();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_FIELD_MESSAGE,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(FIELD_PROTOCOL) ? FIELD_PROTOCOL : false),
  });
  app.server.on('upgrade', (request, socket, head) => {
    const address = new URL(request.url ?? '/', 'http://field');
    if (address.pathname !== FIELD_PATH || b.mode !== 'sandbox') return handBack(app, request, socket, head);
    const code = address.searchParams.get('code') ?? '';
    if (!mayEnter(request, code) || !hasRoom(rooms, code)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (window) => enter(rooms, code, window));
  });
  const asking = askWhoIsThere(sockets);
  app.addHook('preClose', async () => {
    clearInterval(asking);
    for (const window of sockets.clients) {
      window.close(GOING_AWAY);
      window.terminate();
    }
  });
}

/** A page of this server; or a program, which says nothing of where it is from. */
function mayEnter({ headers }: IncomingMessage, code: string): boolean {
  const { origin, host } = headers;
  const isOurs = origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
  return isOurs && isFieldCode(code) && headers['sec-websocket-protocol'] === FIELD_PROTOCOL;
}

const hasRoom = (rooms: ReadonlyMap<string, Room>, code: string): boolean => {
  const room = rooms.get(code);
  return room === undefined ? rooms.size < MOST_ROOMS : room.size < MOST_WINDOWS;
};

function enter(rooms: Map<string, Room>, code: string, window: WebSocket): void {
  const room = rooms.get(code) ?? new Set();
  rooms.set(code, room);
  room.add(window);
  const said = new TokenBuckets(MESSAGES, () => performance.now(), 1);
  window.on('message', (data, isBinary) => {
    if (isBinary || !said.take('').ok) return window.close(POLICY, 'too much, or not of this protocol');
    const text = String(data);
    for (const other of room) {
      if (other === window) continue;
      if (other.bufferedAmount > MOST_WAITING) other.terminate();
      else other.send(text);
    }
  });
  window.on('error', () => window.terminate());
  window.on('close', () => {
    room.delete(window);
    if (room.size === 0) rooms.delete(code);
  });
}

/** A machine that was switched off does not say so. */
function askWhoIsThere(sockets: WebSocketServer): NodeJS.Timeout {
  const silent = new WeakSet<WebSocket>();
  sockets.on('connection', (window) => window.on('pong', () => silent.delete(window)));
  const asking = setInterval(() => {
    for (const window of sockets.clients) {
      if (silent.has(window)) window.terminate();
      silent.add(window);
      window.ping();
    }
  }, ALIVE_MS);
  return asking.unref();
}

/**
 * Clients may offer HTTP/2 in this way with any request (RFC 9110, 7.8), and a server may go on as if they had not. Node gives up such a connection as
 * soon as anybody listens for upgrades: so the request is put back without its offer.
 */
function handBack(app: FastifyInstance, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!/^(upgrade|connection|http2-settings)$/i.test(name)) lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  app.server.emit('connection', socket as Socket);
}
