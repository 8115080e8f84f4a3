/**
 * The ISO 8583 host: doors, connections, decisions, and what is owed.
 *
 * What must hold: it takes messages only when everything that it promises with is open; a stop lets nobody in, answers what is worked
 * on, and leaves the rest on disk for the next start; links that are closed lose their connections.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeIso, hex, SokkinError } from '@sokkin/codec';
import { nodeSymmetric } from '@sokkin/node';
import type { Registry } from 'prom-client';
import type { Backend } from '../../backend.ts';
import { type Habit, habit } from '../../operations/habit.ts';
import type { AcceptanceDesk } from '../desk.ts';
import { cardOf } from './card-of.ts';
import { type ConnectionParts, ShopConnection } from './connection.ts';
import { Decisions } from './decisions.ts';
import { delivery } from './delivery.ts';
import { DeskGate } from './desk-gate.ts';
import { Doors, type DoorTls } from './doors.ts';
import { hostMetrics } from './host-metrics.ts';
import { LinkBook } from './links.ts';
import type { HostLog } from './log.ts';
import { Spool, spoolFolders } from './spool.ts';
import { StandIn } from './stand-in.ts';

export interface HostOptions {
  readonly backend: Backend;
  readonly desk: AcceptanceDesk;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tls: DoorTls | undefined;
  /** What is owed lies in `acceptance` of it. */
  readonly dataFolder: string;
  readonly registry: Registry;
  readonly log: HostLog;
  readonly stopMs: number;
  /** Who clears hears of a cut-over; resolves when it is on disk. */
  readonly cutOver?: (acquirer: string, at: Date) => Promise<void>;
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
const CODE_CHARACTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

export async function openHost(options: HostOptions): Promise<AcceptanceHost> {
  const { backend, desk, log, dataFolder } = options;
  const { spool, orphans } = await openSpools(backend, join(dataFolder, 'acceptance'), log);
  const symmetric = nodeSymmetric();
  const book = new LinkBook(backend, symmetric, log);
  await book.reload();
  const gate = new DeskGate(desk);
  const standIn = new StandIn();
  await remember(book, standIn, spool);
  const deliver = delivery({ backend, book, gate, standIn, log });
  const connections = new Set<ShopConnection>();
  const metrics = hostMetrics(options.registry, {
    connections: () => connections.size,
    inFlight: () => decisions.inFlight,
    owed: () => spool.size,
  });
  const forward = async () => {
    await spool.run(deliver);
    for (const orphan of [...orphans]) {
      await orphan.run(deliver);
      if (orphan.size > 0) continue;
      orphans.delete(orphan);
      await orphan.close();
    }
  };
  const forwarding = habit(
    { seconds: LOOK_SECONDS, name: 'Forwarding to the ledger', say: sayTo(log) },
    forward,
  );
  const decisions: Decisions = new Decisions({
    ...{ gate, spool, standIn, metrics, log, clock: backend.clock },
    newId: () => hex(backend.crypto.randomBytes(12)),
    approvalCode: () => approvalCode(backend),
    owing: () => void forward().catch((error: unknown) => log.warn({ err: error }, 'forwarding')),
  });
  const parts: ConnectionParts = {
    ...{ backend, symmetric, book, decisions, metrics, log },
    cutOver: options.cutOver ?? (async () => undefined),
    heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS,
    stallMs: options.stallMs ?? STALL_MS,
  };
  const doors = new Doors({
    ...{ host: options.host, port: options.port, tls: options.tls, book, log, clock: backend.clock },
    entered: (socket, link) => {
      connections.add(new ShopConnection(socket, link, parts, (gone) => connections.delete(gone)));
    },
  });
  const reload = async () => {
    await book.reload();
    for (const connection of connections) if (!book.has(connection.link)) void connection.stop();
    await doors.sync();
  };
  await doors.open();
  log.info({ port: doors.port, tls: options.tls !== undefined }, 'the ISO 8583 host listens');
  const looking = habit({ seconds: LOOK_SECONDS, name: 'The look at the links', say: sayTo(log) }, reload);
  const habits = [forwarding, looking];
  let stopped: Promise<boolean> | undefined;
  return {
    port: doors.port,
    reload,
    forward,
    owed: () => [spool, ...orphans].reduce((sum, one) => sum + one.size, 0),
    stop() {
      stopped ??= stop({ doors, connections, habits, spools: [spool, ...orphans], ms: options.stopMs });
      return stopped;
    },
  };
}

const sayTo =
  (log: HostLog) =>
  (line: string): void =>
    log.warn({}, line);

/** This process's own, and those that processes which are gone have left. */
async function openSpools(b: Backend, root: string, log: HostLog) {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const { there, next } = await spoolFolders(root);
  const opened: Spool[] = [];
  for (const folder of [...there, next]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (folder === next && opened.length > 0) break;
    const spool = await Spool.open(b.keys, folder);
    if (spool !== undefined) opened.push(spool);
  }
  const [spool, ...others] = opened;
  if (spool === undefined)
    throw new SokkinError('spool_taken', `Every folder of ${root} is in use: start again.`);
  const orphans = new Set<Spool>();
  for (const other of others)
    if (other.size > 0) orphans.add(other);
    else await other.close();
  const owed = opened.reduce((sum, one) => sum + one.size, 0);
  if (owed > 0) log.warn({ owed }, 'messages wait for the ledger since before this start');
  return { spool, orphans };
}

/** What stand-in approved before this start counts on. */
async function remember(book: LinkBook, standIn: StandIn, spool: Spool): Promise<void> {
  for (const owed of spool.waiting) {
    if (owed.kind !== 'approved') continue;
    const message = decodeIso(await book.profileOf(owed.link), owed.octets);
    standIn.remember(owed, cardOf(message) ?? '');
  }
}

/** Begins with S, by which shops and their acquirer know stand-in's approvals. */
const approvalCode = (b: Backend): string =>
  `S${[...b.crypto.randomBytes(5)].map((octet) => CODE_CHARACTERS[octet % CODE_CHARACTERS.length]).join('')}`;

interface Stopping {
  readonly doors: Doors;
  readonly connections: ReadonlySet<ShopConnection>;
  readonly habits: readonly Habit[];
  readonly spools: readonly Spool[];
  readonly ms: number;
}

async function stop({ doors, connections, habits, spools, ms }: Stopping): Promise<boolean> {
  doors.close();
  const ended = Promise.all([...connections].map((connection) => connection.stop())).then(() => true);
  const isAnswered = await Promise.race([ended, sleep(ms, false, { ref: false })]);
  for (const connection of connections) connection.destroy();
  await Promise.all(habits.map((one) => one.stop()));
  await Promise.all(spools.map((one) => one.close()));
  return isAnswered;
}
