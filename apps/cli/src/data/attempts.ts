/**
 * What was begun and not yet finished, so that the same command, run again after a tear, a kill or a dead
 * network, finishes it instead of beginning another.
 *
 * What must hold: an attempt is on the disk before its first exchange, and goes only when its outcome is known.
 */
import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, fromHex, hex } from '@sokkin/codec';
import { type CarriedTicket, decodeCarried, encodeCarried } from '@sokkin/terminal';
import type { Context } from '../io/context.ts';
import { damaged, readJson, writeWhole } from './files.ts';

export interface Attempt {
  /** ISO time at which it was begun. */
  readonly begun: string;
  /** The command was run before, and did not come to its end. */
  readonly again: boolean;
  /** 8 bytes: names the ticket. */
  readonly reference: Bytes;
  /** Idempotency-Key. */
  readonly key: string;
  readonly ticket: CarriedTicket | undefined;
  /** Value may be on its way because of it. */
  readonly debited: boolean;
}

export interface OpenAttempt extends Attempt {
  keepTicket(ticket: CarriedTicket): Promise<void>;
  markDebited(): Promise<void>;
  finish(): Promise<void>;
}

/** The attempt that these words name ("pay", who, whom, how much): the one left over, or a new one. */
export async function beginAttempt(context: Context, words: readonly string[]): Promise<OpenAttempt> {
  const name = createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 24);
  const path = join(context.data, 'attempts', `${name}.json`);
  const left = await load(path);
  let now: Attempt =
    left ??
    ({
      begun: new Date().toISOString(),
      again: false,
      reference: context.crypto.randomBytes(8),
      key: crypto.randomUUID(),
      ticket: undefined,
      debited: false,
    } satisfies Attempt);
  const save = async (next: Attempt): Promise<void> => {
    now = next;
    const { begun, reference, key, ticket, debited } = next;
    const content = {
      words,
      begun,
      reference: hex(reference),
      key,
      debited,
      ticket: ticket === undefined ? null : hex(encodeCarried('ticket', ticket)),
    };
    await writeWhole(path, `${JSON.stringify(content, null, 2)}\n`);
  };
  if (left === undefined) await save(now);
  return {
    ...now,
    keepTicket: (ticket) => save({ ...now, ticket }),
    markDebited: () => save({ ...now, debited: true }),
    async finish() {
      await unlink(path).catch(() => undefined);
    },
  };
}

async function load(path: string): Promise<Attempt | undefined> {
  const found = await readJson(path);
  if (found === undefined) return undefined;
  try {
    const ticket = found.ticket;
    return {
      begun: String(found.begun),
      again: true,
      reference: fromHex(String(found.reference)),
      key: String(found.key),
      debited: found.debited === true,
      ticket: typeof ticket === 'string' ? decodeCarried('ticket', fromHex(ticket)) : undefined,
    };
  } catch (error) {
    throw damaged(path, error);
  }
}
