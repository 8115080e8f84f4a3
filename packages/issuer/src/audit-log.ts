/**
 * The log of privileged acts, as a chain of hashes.
 *
 * What must hold: an entry's hash covers everything that the entry says and the hash before it, so whoever changes,
 * removes, adds or reorders an entry changes every hash after it; a head that was kept elsewhere then no longer fits.
 *
 * hash = SHA-256 over the UTF-8 of the JSON array
 *   ["sokkin-log-1", no, at, actor, institution, action, subject, details, previous hash]
 * all of them strings, without white space (JSON.stringify, which for strings is RFC 8785): `no` in decimal digits
 * from 1 on, `at` as 2026-01-31T23:59:59.999Z, `details` the canonical text of its object, the hash before in lower-case
 * hexadecimal, 64 zeros before the first.
 */
import { assert, type Bytes, hex, utf8 } from '@sokkin/codec';
import { sha256 } from '@sokkin/crypto';

/** Flat, and without secrets or anything that says who a person is. */
export type LogDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export interface LogEntry {
  readonly no: bigint;
  readonly at: Date;
  /** Who acted: `opr_...`, `cli_...`, `dev_...`, or `system`. */
  readonly actor: string;
  readonly institution: string;
  /** Such as `proposal.approved`. */
  readonly action: string;
  /** The id of what was acted on. */
  readonly subject: string;
  /** Canonical text of a JSON object: this very text was hashed. */
  readonly details: string;
  readonly previous: Bytes;
  readonly hash: Bytes;
}

export type UnchainedEntry = Omit<LogEntry, 'no' | 'previous' | 'hash'>;

export interface LogHead {
  /** 0: the log is empty. */
  readonly no: bigint;
  readonly hash: Bytes;
}

export const EMPTY_LOG: LogHead = { no: 0n, hash: new Uint8Array(32) };

/** JSON whose keys stand in the order of their UTF-16 code units, without white space. */
export function canonicalDetails(details: LogDetails): string {
  const entries = Object.entries(details).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries));
}

export function logHash(entry: Omit<LogEntry, 'hash'>): Bytes {
  const fields = [
    'sokkin-log-1',
    entry.no.toString(),
    entry.at.toISOString(),
    entry.actor,
    entry.institution,
    entry.action,
    entry.subject,
    entry.details,
    hex(entry.previous),
  ];
  return sha256(utf8(JSON.stringify(fields)));
}

/** The entry that follows this head. */
export function chainEntry(head: LogHead, entry: UnchainedEntry): LogEntry {
  const next = { ...entry, no: head.no + 1n, previous: head.hash };
  return { ...next, hash: logHash(next) };
}

/** What the back-end signs of its log's head: no message of a purse begins with these octets. */
export function logHeadBody(head: LogHead, at: Date): Bytes {
  assert(head.hash.length === 32, 'a hash is 32 bytes');
  return utf8(`sokkin-log-head-1\n${head.no}\n${hex(head.hash)}\n${at.toISOString()}\n`);
}

export type LogFault = 'missing' | 'changed' | 'unchained';
export const LOG_FAULTS: Readonly<Record<LogFault, string>> = {
  missing: 'is missing, or stands where another one belongs',
  changed: 'was changed: its hash is not that of what it says',
  unchained: 'does not follow the entry before it',
};

/** Follows the chain entry by entry. */
export interface LogCheck {
  /** undefined: the entry is right; its number is that of the first bad one otherwise. */
  take(entry: LogEntry): { readonly no: bigint; readonly fault: LogFault } | undefined;
  readonly head: LogHead;
}

export function checkLog(from: LogHead = EMPTY_LOG): LogCheck {
  let head = from;
  return {
    get head() {
      return head;
    },
    take(entry) {
      const no = head.no + 1n;
      if (entry.no !== no) return { no, fault: 'missing' };
      if (hex(entry.previous) !== hex(head.hash)) return { no, fault: 'unchained' };
      if (hex(logHash(entry)) !== hex(entry.hash)) return { no, fault: 'changed' };
      head = { no, hash: entry.hash };
      return undefined;
    },
  };
}
