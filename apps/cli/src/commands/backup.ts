/** Commands that keep and bring back the back-end's database. They work on the database itself, not over the API. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import type { Command } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { money } from './common.ts';

const NOTE =
  'Private keys are in neither: copy the key files of the data folder separately, and keep them elsewhere.';
/** Beside the ledger's file, with this added to its name. */
const IDENTITIES = '.identity';

export const backupCommand: Command = {
  name: 'backup',
  says: 'write the whole database, as it is in one moment, into one file, and who people are into another; the server may be running',
  positionals: [{ name: 'target', says: 'a new file, or a folder to make one in' }],
  flags: { 'no-identities': { says: 'the ledger alone' } },
  examples: ['sokkin backup /var/backups', 'DATABASE_URL=postgres://... sokkin backup monday.backup --json'],
  async run(context, args) {
    const { takeBackup, VERSION, withDatabase } = await import('@sokkin/server');
    const where = await whereOf(context);
    const target = args.text('target');
    const isWhole = !args.has('no-identities');
    const both = await withDatabase(where, async (databaseUrl) => {
      const about = { program: VERSION, now: new Date() };
      const taken = await takeBackup({ databaseUrl, target, ...about });
      // After the ledger: whoever is in that one is in this one, too.
      const people = {
        databaseUrl: where.identityDatabaseUrl ?? databaseUrl,
        target: taken.file + IDENTITIES,
      };
      const identities = isWhole
        ? await takeBackup({ ...people, ...about, store: 'identity' }).catch(noStore)
        : undefined;
      return { taken, identities };
    });
    const { taken, identities } = both;
    const { file, bytes, sha256 } = identities ?? {};
    return {
      json: { ...taken, identities: identities === undefined ? null : { file, bytes, sha256 } },
      lines: [
        ...linesOf(taken),
        ...auditLines(taken.totals),
        ...(identities === undefined ? ['Who people are was not copied.'] : linesOf(identities)),
        NOTE,
      ],
    };
  },
};

/** Of a database that was never started by a version that has one. */
function noStore(error: unknown): undefined {
  if (!(error instanceof SokkinError) || error.code !== 'backup_nothing') throw error;
}

interface File {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly tables: readonly { readonly rows: number }[];
}
const rowsOf = ({ tables }: Pick<File, 'tables'>): number => tables.reduce((sum, { rows }) => sum + rows, 0);
const linesOf = (made: File): string[] => [
  `${made.file}: ${made.tables.length} tables, ${rowsOf(made)} rows, ${made.bytes} bytes`,
  `SHA-256 ${made.sha256}`,
];

export const restoreCommand: Command = {
  name: 'restore',
  says: 'bring a backup back into an empty database, with who people are if that file stands beside it',
  positionals: [{ name: 'file', says: 'what sokkin backup wrote' }],
  flags: {
    check: { says: 'only read the whole files and say whether they are unharmed' },
    'no-identities': { says: 'the ledger alone' },
  },
  examples: ['sokkin restore monday.backup --check', 'SOKKIN_DATA=/srv/new sokkin restore monday.backup'],
  async run(context, args) {
    const { inspectBackup, restoreBackup, withNewDatabase } = await import('@sokkin/server');
    const file = resolve(args.text('file'));
    const isThere = !args.has('no-identities') && (await stat(file + IDENTITIES).catch(() => undefined));
    const people = isThere ? file + IDENTITIES : undefined;
    // Before a database is made for it.
    const { header, manifest, sha256 } = await inspectBackup(file);
    const identities = people === undefined ? undefined : await inspectBackup(people);
    const says =
      identities === undefined
        ? 'Who people are is not beside it.'
        : `${people} is unharmed: ${rowsOf(identities.manifest)} identities of ${identities.header.at}`;
    if (args.has('check')) {
      const found = identities && { file: people, sha256: identities.sha256, at: identities.header.at };
      const lines = [`${file} is unharmed: the database of ${header.at}`, `SHA-256 ${sha256}`, says];
      return {
        json: { file, sha256, ...header, ...manifest, identities: found ?? null },
        lines: [...lines, ...auditLines(manifest.totals)],
      };
    }
    const where = await whereOf(context);
    const restored = await withNewDatabase(where, async (databaseUrl) => {
      const ledger = await restoreBackup({ databaseUrl, file });
      if (people === undefined) return { ...ledger, identities: null };
      const other = { databaseUrl: where.identityDatabaseUrl ?? databaseUrl, file: people };
      const { at, tables } = await restoreBackup({ ...other, store: 'identity' });
      return { ...ledger, identities: { file: people, at, tables } };
    });
    const { at, tables, totals } = restored;
    return {
      json: { file, ...restored },
      lines: [
        `Restored the database of ${at}: ${tables.length} tables, ${rowsOf(restored)} rows, compared one by one`,
        ...auditLines(totals),
        restored.identities === null
          ? 'Who people are was not restored.'
          : `Restored ${rowsOf(restored.identities)} identities of ${restored.identities.at}`,
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
