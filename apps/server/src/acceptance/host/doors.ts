/**
 * Where acquirers' connections come in: one main port, and ports of single links; with TLS on all of them, or on none.
 *
 * What must hold: a connection is of one link or is closed before a message of it is read; who shows a certificate is the link of
 * that certificate and no other; a port that is taken stops nothing else, and is tried again.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { SokkinError } from '@sokkin/codec';
import type { HostLink, LinkBook } from './links.ts';
import type { HostLog } from './log.ts';

/** PEM. */
export interface DoorTls {
  readonly cert: string;
  readonly key: string;
}

export interface DoorOptions {
  readonly host: string;
  /** Of the main door; 0: any free port. */
  readonly port: number;
  readonly tls: DoorTls | undefined;
  readonly book: LinkBook;
  readonly log: HostLog;
  readonly clock: () => Date;
  readonly entered: (socket: Socket, link: HostLink) => void;
}

const MOST_CONNECTIONS = 2_000;
const HANDSHAKE_MS = 10_000;

export class Doors {
  readonly #options: DoorOptions;
  readonly #main: Server;
  readonly #ports = new Map<number, Server>();
  #port = 0;
  #isClosed = false;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#main = this.#server((socket) => this.#linkOf(socket));
  }

  /** Of the main door. */
  get port(): number {
    return this.#port;
  }

  /** Fails with `port_in_use` or `listen_failed`. */
  async open(): Promise<void> {
    const { host, port } = this.#options;
    try {
      this.#port = await listen(this.#main, host, port);
    } catch (cause) {
      const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
      throw new SokkinError(
        isTaken ? 'port_in_use' : 'listen_failed',
        `The ISO 8583 host cannot listen on ${host}:${port}${isTaken ? ', which is taken' : ''}: set SOKKIN_ISO_PORT and SOKKIN_ISO_HOST.`,
        { cause },
      );
    }
    await this.sync();
  }

  /** Ports as the links have them now. */
  async sync(): Promise<void> {
    const wanted = new Set(
      this.#options.book.all.flatMap(({ row: { door } }) => (door.by === 'port' ? [door.port] : [])),
    );
    for (const [port, server] of this.#ports) {
      if (wanted.has(port)) continue;
      server.close();
      this.#ports.delete(port);
    }
    for (const port of wanted) if (!this.#ports.has(port) && !this.#isClosed) await this.#openPort(port);
  }

  /** Lets nobody in any more; connections go on. */
  close(): void {
    this.#isClosed = true;
    this.#main.close();
    for (const server of this.#ports.values()) server.close();
  }

  async #openPort(port: number): Promise<void> {
    const { host, log, book } = this.#options;
    const server = this.#server(() => book.ofPort(port));
    try {
      await listen(server, host, port);
      this.#ports.set(port, server);
    } catch (error) {
      log.warn({ err: error, port }, 'this port of a link cannot be opened: it is tried again');
    }
  }

  #server(linkOf: (socket: Socket | TLSSocket) => HostLink | undefined): Server {
    const { tls, entered, log, book } = this.#options;
    const enter = async (socket: Socket) => {
      socket.on('error', () => undefined);
      let link = linkOf(socket);
      if (link === undefined) {
        // It may be of a moment ago. Nothing is read of the connection until somebody listens to it.
        await book.lookAgain();
        link = linkOf(socket);
      }
      if (link !== undefined && !this.#isClosed && !socket.destroyed) {
        entered(socket, link);
        return;
      }
      log.warn({ from: socket.remoteAddress }, 'a connection of no link was closed');
      socket.destroy();
    };
    const server =
      tls === undefined
        ? createServer({ allowHalfOpen: true }, enter)
        : createTlsServer(
            {
              ...{ cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_MS },
              // Certificates of links are pinned one by one, so no authority has to vouch for them.
              ...{ requestCert: true, rejectUnauthorized: false, allowHalfOpen: true },
            },
            enter,
          );
    server.maxConnections = MOST_CONNECTIONS;
    server.on('error', (error) => log.warn({ err: error }, 'a door of the ISO 8583 host'));
    return server;
  }

  #linkOf(socket: Socket | TLSSocket): HostLink | undefined {
    const { book, clock } = this.#options;
    const certificate = 'getPeerX509Certificate' in socket ? socket.getPeerX509Certificate() : undefined;
    if (certificate === undefined) return book.ofCertificate(undefined);
    const now = clock().getTime();
    const isValid = Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
    return isValid
      ? book.ofCertificate(certificate.fingerprint256.replaceAll(':', '').toLowerCase())
      : undefined;
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
