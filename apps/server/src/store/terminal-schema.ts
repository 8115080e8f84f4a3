/** The table of migrations/0025_terminals.sql, as Kysely sees it. */
import type { Bytes } from '@sokkin/codec';
import type { TerminalRow } from '@sokkin/issuer';
import type { Generated, GeneratedAlways } from 'kysely';

export interface TerminalTables {
  terminals: {
    id: string;
    number: GeneratedAlways<bigint>;
    acquirer: string;
    merchant: string;
    link: string;
    terminal: string;
    code_hash: Bytes | null;
    code_expires_at: Date | null;
    device: string | null;
    status: Generated<TerminalRow['status']>;
    created_at: Date;
  };
}
