/**
 * The ISO 8583 host: the doors by which acquirers connect, and their connections.
 *
 * What must hold: it takes messages only when everything that it promises with is open (room.ts); a stop lets nobody in and answers what is worked
 * on; links that are closed lose their connections.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeSymmetric } from '@sokkin/node';
import type { Backend } from '../../backend.ts';
import { type Habit, habit } from '../../operations/habit.ts';
import { type ConnectionParts, ShopConnection } from './connection.ts';
import { Doors, type DoorTls } from './doors.ts';
import type { MessageRoom } from './room.ts';

export interface HostOptions {
  readonly backend: Backend;
  /** Whoever opened it closes it, after the host. */
  readonly room: MessageRoom;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tls: DoorTls | undefined;
  readonly stopMs: number;
  readonly heartbeatMs?: number;
  /** A peer that takes nothing for so long is cut off. */
  readonly stallMs?: number;
}

export interface AcceptanceHost {
  /** Of the main door. */
  readonly port: number;
  /** Takes up links that were made or closed, at once. */
  reload(): Promise<void>;
  /** Brings to the ledger what is owed, as far as it can. */
  forward(): Promise<void>;
  /** How many messages wait for the ledger. */
  owed(): number;
  /** False: the time for stopping was over before everything was answered. */
  stop(): Promise<boolean>;
}

const HEARTBEAT_MS = 30_000;
const STALL_MS = 30_000;
const LOOK_SECONDS = 1;

export async function openHost(options: HostOptions): Promise<AcceptanceHost> {
  const { backend, room } = options;
  const { book, decisions, metrics, log } = room;
  await book.reload();
  const connections = new Set<ShopConnection>();
  const parts: ConnectionParts = {
    ...{ backend, symmetric: nodeSymmetric(), book, decisions, metrics, log },
    heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS,
    stallMs: options.stallMs ?? STALL_MS,
  };
  const gone = (connection: ShopConnection): void => {
    connections.delete(connection);
    room.connections.delete(connection);
  };
  const doors = new Doors({
    ...{ host: options.host, port: options.port, tls: options.tls, book, log, clock: backend.clock },
    entered: (socket, link) => {
      const connection = new ShopConnection(socket, link, parts, gone);
      connections.add(connection);
      room.connections.add(connection);
    },
  });
  const reload = async () => {
    await book.reload();
    for (const connection of connections) if (!book.has(connection.link)) void connection.stop();
    await doors.sync();
  };
  await doors.open();
  log.info({ port: doors.port, tls: options.tls !== undefined }, 'the ISO 8583 host listens');
  const say = (line: string): void => log.warn({}, line);
  const looking = habit({ seconds: LOOK_SECONDS, name: 'The look at the links', say }, reload);
  let stopped: Promise<boolean> | undefined;
  return {
    port: doors.port,
    reload,
    forward: room.forward,
    owed: room.owed,
    stop() {
      stopped ??= stop({ doors, connections, looking, ms: options.stopMs });
      return stopped;
    },
  };
}

interface Stopping {
  readonly doors: Doors;
  readonly connections: ReadonlySet<ShopConnection>;
  readonly looking: Habit;
  readonly ms: number;
}

async function stop({ doors, connections, looking, ms }: Stopping): Promise<boolean> {
  doors.close();
  const ended = Promise.all([...connections].map((connection) => connection.stop())).then(() => true);
  const isAnswered = await Promise.race([ended, sleep(ms, false, { ref: false })]);
  for (const connection of connections) connection.destroy();
  await looking.stop();
  return isAnswered;
}
