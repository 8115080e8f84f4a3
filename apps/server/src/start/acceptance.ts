/**
 * The acquirers' side of a server: what decides on messages of shops, and the ISO 8583 host, where the configuration asks for one.
 *
 * What must hold: without SOKKIN_ISO_PORT nothing listens; a certificate that cannot be read stops the start, and says which file.
 */
import { readFile } from 'node:fs/promises';
import { SokkinError } from '@sokkin/codec';
import type { DoorTls } from '../acceptance/host/doors.ts';
import { type AcceptanceHost, openHost } from '../acceptance/host/host.ts';
import type { MessageRoom } from '../acceptance/host/room.ts';
import type { Backend } from '../backend.ts';
import type { Config } from '../config.ts';

export interface AcceptanceParts {
  readonly backend: Backend;
  readonly config: Config;
  readonly room: MessageRoom;
}

/** undefined: there is to be none. */
export async function openAcceptance(parts: AcceptanceParts): Promise<AcceptanceHost | undefined> {
  const { backend, config, room } = parts;
  if (config.isoPort === undefined) return undefined;
  return openHost({
    ...{ backend, room },
    ...{ host: config.isoHost, port: config.isoPort, tls: await readTls(config) },
    stopMs: config.stopSeconds * 1000,
  });
}

async function readTls({ isoCertFile, isoKeyFile }: Config): Promise<DoorTls | undefined> {
  if (isoCertFile === undefined || isoKeyFile === undefined) return undefined;
  const [cert, key] = await Promise.all([
    readPem('SOKKIN_ISO_CERT_FILE', isoCertFile),
    readPem('SOKKIN_ISO_KEY_FILE', isoKeyFile),
  ]);
  return { cert, key };
}

async function readPem(variable: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new SokkinError('bad_config', `${variable} names ${file}, which cannot be read.`, { cause });
  }
}
