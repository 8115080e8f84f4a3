/**
 * The sandbox's own two clients, which may do everything: `first` proposes, `second` approves.
 *
 * What must hold: they are made once, with secrets of their own, for a database that has no client yet, and only in the sandbox;
 * a database that is served in live mode does not believe them; their secrets stand in one private file, and nowhere else.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CENTRAL_BANK } from '@sokkin/issuer';
import type { Backend } from '../backend.ts';
import { writeKeyFile } from '../keys/key-file.ts';
import { record, SYSTEM } from './audit-log.ts';
import { hashOf, newSecret } from './secrets.ts';

const NAMES = ['first', 'second'] as const;
const NOTE =
  'Whoever reads this file may do everything in this sandbox: propose with the first client, approve with the second. A server in live mode believes neither.';

export const credentialsFile = (dataFolder: string): string => join(dataFolder, 'credentials.json');

export async function openSandbox(
  b: Backend,
  dataFolder: string,
  log: (line: string) => void,
): Promise<void> {
  if (b.mode !== 'sandbox') return;
  const path = credentialsFile(dataFolder);
  const secrets = NAMES.map((name) => ({ name, id: `cli_${name}`, secret: newSecret(b.crypto, 'scs') }));
  const isNew = await b.store.write(async (tx) => {
    if (await tx.credentials.hasClients()) return false;
    for (const { name, id, secret } of secrets) {
      const client = { id, institution: CENTRAL_BANK, name: `Sandbox: ${name}`, scopes: [], isSandbox: true };
      await tx.credentials.addClient({ ...client, secretHash: hashOf(secret) }, b.clock());
      record(b, tx, SYSTEM, 'client.created', id);
    }
    // Before the commit: of clients that are there, the secrets are there. Another server that starts now waits above.
    const clients = Object.fromEntries(
      secrets.map(({ name, id, secret }) => [name, { client_id: id, client_secret: secret }]),
    );
    await writeKeyFile(path, { clients, note: NOTE });
    return true;
  });
  const isHere = isNew || existsSync(path);
  log(
    isHere
      ? `Sandbox: credentials that may do everything are in ${path}`
      : `Sandbox: the credentials of this database were made in another data folder: copy credentials.json from there to ${path}`,
  );
}
