/**
 * Where messages of shops are decided on, by whatever way they come: over acquirers' connections (host.ts), or over HTTPS from terminals
 * with a key of their own (over-https.ts).
 *
 * What must hold: there is one for a process, so that a message which comes by both ways is one question; it is open before the first message comes,
 * and closed after the last is answered; what is owed is brought to the desk for as long as it is open.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeIso, hex, SokkinError } from '@sokkin/codec';
import { nodeSymmetric } from '@sokkin/node';
import type { Registry } from 'prom-client';
import type { Backend } from '../../backend.ts';
import { habit } from '../../operations/habit.ts';
import type { AcceptanceDesk } from '../desk.ts';
import { cardOf } from './card-of.ts';
import { Decisions } from './decisions.ts';
import { delivery } from './delivery.ts';
import { DeskGate } from './desk-gate.ts';
import { type HostMetrics, hostMetrics } from './host-metrics.ts';
import { LinkBook } from './links.ts';
import type { HostLog } from './log.ts';
import { Spool, spoolFolders } from './spool.ts';
import { StandIn } from './stand-in.ts';

export interface RoomParts {
  readonly backend: Backend;
  readonly desk: AcceptanceDesk;
  /** What is owed lies in `acceptance` of it. */
  readonly dataFolder: string;
  readonly registry: Registry;
  readonly log: HostLog;
}

export interface MessageRoom {
  readonly book: LinkBook;
  readonly decisions: Decisions;
  readonly metrics: HostMetrics;
  readonly log: HostLog;
  /** Those of acquirers, for the figures. */
  readonly connections: Set<object>;
  /** Brings to the ledger what is owed, as far as it can. */
  forward(): Promise<void>;
  /** How many messages wait for the ledger. */
  owed(): number;
  close(): Promise<void>;
}

const FORWARD_SECONDS = 1;
const ATTEMPTS = 16;
const CODE_CHARACTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

export async function openRoom({
  backend,
  desk,
  dataFolder,
  registry,
  log,
}: RoomParts): Promise<MessageRoom> {
  const { spool, orphans } = await openSpools(backend, join(dataFolder, 'acceptance'), log);
  const book = new LinkBook(backend, nodeSymmetric(), log);
  const gate = new DeskGate(desk);
  const standIn = new StandIn();
  await remember(book, standIn, spool);
  const deliver = delivery({ backend, book, gate, standIn, log });
  const connections = new Set<object>();
  const metrics = hostMetrics(registry, {
    connections: () => connections.size,
    inFlight: () => decisions.inFlight,
    owed: () => spool.size,
  });
  const forward = async () => {
    await spool.run(deliver);
    for (const orphan of [...orphans]) {
      await orphan.run(deliver);
      // Two runs at once close it once.
      if (orphan.size === 0 && orphans.delete(orphan)) await orphan.close();
    }
  };
  const say = (line: string): void => log.warn({}, line);
  const forwarding = habit({ seconds: FORWARD_SECONDS, name: 'Forwarding to the ledger', say }, forward);
  const decisions: Decisions = new Decisions({
    ...{ gate, spool, standIn, metrics, log, clock: backend.clock },
    newId: () => hex(backend.crypto.randomBytes(12)),
    approvalCode: () => approvalCode(backend),
    owing: () => void forward().catch((error: unknown) => log.warn({ err: error }, 'forwarding')),
  });
  return {
    ...{ book, decisions, metrics, log, connections, forward },
    owed: () => [spool, ...orphans].reduce((sum, one) => sum + one.size, 0),
    async close() {
      await forwarding.stop();
      await Promise.all([spool, ...orphans].map((one) => one.close()));
    },
  };
}

/** Those that nobody else has open: what is there, or else a new one. */
async function openFree(b: Backend, root: string): Promise<Spool[]> {
  const { there, next } = await spoolFolders(root);
  const opened: Spool[] = [];
  for (const folder of [...there, next]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (folder === next && opened.length > 0) break;
    const spool = await Spool.open(b.keys, folder);
    if (spool !== undefined) opened.push(spool);
  }
  return opened;
}

/** This process's own, and those that processes which are gone have left. */
async function openSpools(b: Backend, root: string, log: HostLog) {
  await mkdir(root, { recursive: true, mode: 0o700 });
  let opened: Spool[] = [];
  // Of several processes that start at once, one gets the new folder: the others make the next.
  for (let i = 0; i < ATTEMPTS && opened.length === 0; i++) opened = await openFree(b, root);
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
