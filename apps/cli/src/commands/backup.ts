/** Commands that keep and bring back the back-end's database. They work on the database itself, not over the API. */
import { resolve } from 'node:path';
import type { Command } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { money } from './common.ts';

const NOTE =
  'Private keys are not in it: copy the key files of the data folder separately, and keep them elsewhere.';

export const backupCommand: Command = {
  name: 'backup',
  says: 'write the whole database, as it is in one moment, into one file; the server may be running',
  positionals: [{ name: 'target', says: 'a new file, or a folder to make one in' }],
  examples: ['sokkin backup /var/backups', 'DATABASE_URL=postgres://... sokkin backup monday.backup --json'],
  async run(context, args) {
    const { takeBackup, VERSION, withDatabase } = await import('@sokkin/server');
    const taken = await withDatabase(await whereOf(context), (databaseUrl) =>
      takeBackup({ databaseUrl, target: args.text('target'), program: VERSION, now: new Date() }),
    );
    const rows = taken.tables.reduce((sum, table) => sum + table.rows, 0);
    return {
      json: taken,
      lines: [
        `${taken.file}: ${taken.tables.length} tables, ${rows} rows, ${taken.bytes} bytes`,
        `SHA-256 ${taken.sha256}`,
        ...auditLines(taken.totals),
        NOTE,
      ],
    };
  },
};

export const restoreCommand: Command = {
  name: 'restore',
  says: 'bring a backup back into an empty database',
  positionals: [{ name: 'file', says: 'what sokkin backup wrote' }],
  flags: { check: { says: 'only read the whole file and say whether it is unharmed' } },
  examples: ['sokkin restore monday.backup --check', 'SOKKIN_DATA=/srv/new sokkin restore monday.backup'],
  async run(context, args) {
    const { inspectBackup, restoreBackup, withNewDatabase } = await import('@sokkin/server');
    const file = resolve(args.text('file'));
    if (args.has('check')) {
      const { header, manifest, sha256 } = await inspectBackup(file);
      const lines = [`${file} is unharmed: the database of ${header.at}`, `SHA-256 ${sha256}`];
      return {
        json: { file, sha256, ...header, ...manifest },
        lines: [...lines, ...auditLines(manifest.totals)],
      };
    }
    // Before a database is made for it.
    await inspectBackup(file);
    const restored = await withNewDatabase(await whereOf(context), (databaseUrl) =>
      restoreBackup({ databaseUrl, file }),
    );
    const rows = restored.tables.reduce((sum, table) => sum + table.rows, 0);
    return {
      json: { file, ...restored },
      lines: [
        `Restored the database of ${restored.at}: ${restored.tables.length} tables, ${rows} rows, compared one by one`,
        ...auditLines(restored.totals),
        'Now put the key files of that back-end into the data folder, and start.',
      ],
    };
  },
};

async function whereOf(context: Context) {
  const { readConfig } = await import('@sokkin/server');
  return readConfig({ ...context.env, SOKKIN_DATA: context.data });
}

function auditLines({ issued, online, offline }: Readonly<Record<string, string>>): string[] {
  const shown = (sum: string | undefined) => money(BigInt(sum ?? '0'));
  return [
    `Audit at that moment: issued ${shown(issued)}, online ${shown(online)}, in purses ${shown(offline)}`,
  ];
}
