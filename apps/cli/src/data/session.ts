/**
 * Who has logged in from this data folder: `session.json`, which nobody else may read.
 *
 *     {"session": "sop_...", "operator": "opr_...", "name": "...", "expires_at": "2026-01-31T23:59:59.999Z"}
 */
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as read from '../api/json.ts';
import type { OperatorLogin } from '../api/token.ts';
import { damaged, readJson, writeWhole } from './files.ts';

export interface Session extends OperatorLogin {
  readonly operator: string;
  readonly name: string;
  readonly expiresAt: string;
}

const pathOf = (data: string): string => join(data, 'session.json');

/** undefined: nobody has, or the session has ended by the clock. */
export async function readSession(data: string): Promise<Session | undefined> {
  const path = pathOf(data);
  const found = await readJson(path);
  if (found === undefined) return undefined;
  try {
    const session = {
      session: read.text(found.session, 'session'),
      operator: read.text(found.operator, 'operator'),
      name: read.text(found.name, 'name'),
      expiresAt: read.text(found.expires_at, 'expires_at'),
    };
    return Date.parse(session.expiresAt) > Date.now() ? session : undefined;
  } catch (error) {
    throw damaged(path, error);
  }
}

export async function keepSession(data: string, s: Session): Promise<void> {
  const { session, operator, name, expiresAt } = s;
  const content = { session, operator, name, expires_at: expiresAt };
  await writeWhole(pathOf(data), `${JSON.stringify(content, null, 2)}\n`);
}

export async function forgetSession(data: string): Promise<void> {
  if ((await readJson(pathOf(data)).catch(() => ({}))) !== undefined) await unlink(pathOf(data));
}
