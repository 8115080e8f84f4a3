/**
 * The bridge: a WebSocket on the loopback through which a page uses the readers of its machine (docs/readers.md, 4).
 *
 * What must hold:
 * - it listens on 127.0.0.1 alone, and answers under that name alone, so that no name of somebody else's leads here;
 * - a page of an origin that was not named is refused before it has said anything; browsers do not let pages lie about it;
 * - what is no message of the protocol ends the connection; messages, connections and what they ask for are bounded; a page that
 *   is not paired in time is sent away.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SokkinError } from '@sokkin/codec';
import { BRIDGE_PROTOCOL, MOST_MESSAGE_CHARS, readBridgeRequest } from '@sokkin/terminal';
import { type WebSocket, WebSocketServer } from 'ws';
import { type BridgeReaders, Connection } from './connection.ts';
import { Pairing, type PairingParts } from './pairing.ts';

export interface BridgeOptions {
  /** 0: any free one. */
  readonly port: number;
  /** As browsers write them: https://shop.example, http://localhost:5173. */
  readonly origins: readonly string[];
  readonly readers: BridgeReaders;
  readonly pairing: PairingParts;
  /** For people: who came, and who was sent away. */
  readonly tell?: (line: string) => void;
  /** Time for typing the code. */
  readonly pairWithinMs?: number;
}
export interface Bridge {
  readonly port: number;
  close(): Promise<void>;
}

const MOST_CONNECTIONS = 8;
const PAIR_WITHIN_MS = 120_000;
const RENEW_MS = 5_000;
/** WebSocket close codes (RFC 6455, 7.4.1): a policy is violated. */
const POLICY = 1008;

export async function openBridge(options: BridgeOptions): Promise<Bridge> {
  const { origins, readers, tell = () => undefined, pairWithinMs = PAIR_WITHIN_MS } = options;
  const pairing = new Pairing(options.pairing);
  const renewing = setInterval(() => pairing.renew(), RENEW_MS);
  renewing.unref();
  const taken = new Set<string>();
  const http = createServer((_request, response) => response.writeHead(426).end());
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_MESSAGE_CHARS,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(BRIDGE_PROTOCOL) ? BRIDGE_PROTOCOL : false),
  });

  http.on('upgrade', (request, socket, head) => {
    const refusal = whyNot(request, origins, portOf(http.address()));
    if (refusal === undefined && sockets.clients.size < MOST_CONNECTIONS) {
      sockets.handleUpgrade(request, socket, head, (page) => serve(page, request.headers.origin ?? ''));
      return;
    }
    tell(refusal ?? 'Too many pages at once: one was sent away.');
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });

  function serve(page: WebSocket, origin: string): void {
    const connection = new Connection({
      ...{ origin, pairing, readers, taken },
      send: (answer) => page.send(JSON.stringify(answer)),
    });
    const late = setTimeout(() => {
      if (!connection.isPaired) page.close(POLICY, 'not paired in time');
    }, pairWithinMs);
    page.on('message', (data, isBinary) => {
      const request = isBinary ? undefined : readBridgeRequest(String(data));
      if (request === undefined) return page.close(POLICY, 'no message of this protocol');
      connection.hear(request).catch((error: unknown) => {
        tell(`A fault of the bridge itself: ${String(error)}`);
        page.terminate();
      });
    });
    page.on('error', () => page.terminate());
    page.on('close', () => {
      clearTimeout(late);
      void connection.over();
    });
  }

  await listening(http, options.port);
  return {
    port: portOf(http.address()),
    async close() {
      clearInterval(renewing);
      for (const page of sockets.clients) page.terminate();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      });
    },
  };
}

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;

function listening(http: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause) =>
      reject(
        new SokkinError(
          'bridge_failed',
          `The bridge cannot listen on 127.0.0.1:${port}. Take another --port.`,
          {
            cause,
          },
        ),
      ),
    );
    http.listen(port, '127.0.0.1', resolve);
  });
}

/** undefined: it may come in. */
function whyNot({ headers }: IncomingMessage, origins: readonly string[], port: number): string | undefined {
  const { host, origin } = headers;
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`)
    return `A page asked for "${clean(host)}", which is not this bridge: it was sent away.`;
  if (origin === undefined || !origins.includes(origin))
    return `A page of ${clean(origin)} was sent away: name it with --origin if it is yours.`;
  if (headers['sec-websocket-protocol'] !== BRIDGE_PROTOCOL)
    return 'A program that speaks otherwise was sent away.';
  return undefined;
}

/** It is printed, so nothing of it may move the cursor. */
const clean = (text: string | undefined): string => (text ?? 'nobody').replace(/[^ -~]/g, '?').slice(0, 100);
