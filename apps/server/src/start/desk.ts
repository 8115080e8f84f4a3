/** The desk of a back-end: its vault's numbers, its clock, connections of its own. */
import type pg from 'pg';
import type { Clearing } from '../acceptance/clearing.ts';
import { type OpenDesk, openDesk } from '../acceptance/open-desk.ts';
import { vaultInstruments } from '../acceptance/vault-instruments.ts';
import type { Backend } from '../backend.ts';
import { secretContext } from '../operations/card-scripts.ts';

/** Certificates write it in packed digits; shops in three, or in letters. */
const LETTERS: Readonly<Record<number, string>> = { 914: 'JPY' };

export function backendDesk(b: Backend, pool: pg.Pool, clearing: Clearing | undefined): OpenDesk {
  const digits = b.currency.toString(16).padStart(3, '0');
  return openDesk({
    ...{ pool, clearing, clock: b.clock, instruments: vaultInstruments(b.vault) },
    openSecret: (sealed, id) => b.keys.open(sealed, secretContext(id)),
    money: { digits, letters: LETTERS[b.currency] ?? digits },
  });
}
