/**
 * Who has logged in from this data folder: `session.json`, which nobody else may read.
 *
 *     {"session": "sop_...", "operator": "opr_...", "name": "...", "expires_at": "2026-01-31T23:59:59.999Z"}
 */
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import type { OperatorLogin } from '../api/token.ts';
import { damaged, readJson, writeWhole } from './files.ts';

export interface Session extends OperatorLogin {
  readonly operator: string;
  readonly name: string;
  readonly expiresAt: string;
}

const pathOf = (data: string): string => join(data, 'session.json');

/** undefined: nobody has. */
export async function readSession(data: string): Promise<Session | undefined> {
  const path = pathOf(data);
  const found = await readJson(path);
  if (found === undefined) return undefined;
  try {
    return {
      session: read.text(found.session, 'session'),
      operator: read.text(found.operator, 'operator'),
      name: read.text(found.name, 'name'),
      expiresAt: read.text(found.expires_at, 'expires_at'),
    };
  } catch (error) {
    throw damaged(path, error);
  }
}

/** For the commands that go on as this operator: never as somebody else, because the session has ended. */
export async function currentSession(data: string): Promise<Session | undefined> {
  const session = await readSession(data);
  if (session === undefined || Date.parse(session.expiresAt) > Date.now()) return session;
  throw new SokkinError(
    'session_ended',
    `The session of ${session.name} has ended: sokkin login ${session.name}, or sokkin logout.`,
  );
}

export async function keepSession(data: string, s: Session): Promise<void> {
  const { session, operator, name, expiresAt } = s;
  const content = { session, operator, name, expires_at: expiresAt };
  await writeWhole(pathOf(data), `${JSON.stringify(content, null, 2)}\n`);
}

export async function forgetSession(data: string): Promise<void> {
  if ((await readJson(pathOf(data)).catch(() => ({}))) !== undefined) await unlink(pathOf(data));
}
