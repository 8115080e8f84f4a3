/** The real desk over a database, and who stands behind the numbers of the cards of these tests. */
import { readFileSync } from 'node:fs';
import { fromHex } from '@sokkin/codec';
import { parseIssuerRules, readCryptogramProfile, versionSet } from '@sokkin/issuer';
import { nodeSymmetric } from '@sokkin/node';
import type { Clearing } from '../../src/acceptance/clearing.ts';
import type { CardIssuer, Instrument, Instruments } from '../../src/acceptance/instruments.ts';
import { type OpenDesk, openDesk } from '../../src/acceptance/open-desk.ts';
import { openWriterPool } from '../../src/store/pool.ts';

const file = (path: string): string =>
  readFileSync(new URL(`../../../../packages/issuer/${path}`, import.meta.url), 'utf8');
export const CARD_VERSION = readCryptogramProfile(file('cryptograms/cvn18.json'));
const rules = parseIssuerRules(JSON.parse(file('rules/default.json')));
export const MASTER_KEY = fromHex('0123456789abcdeffedcba9876543210');
export const PREFIX = '999914';

/** What a vault would tell of these numbers. */
export class Numbers implements Instruments {
  readonly rows = new Map<string, Instrument>();

  find(_run: unknown, numbers: readonly string[]): Promise<ReadonlyMap<string, Instrument>> {
    const found = numbers.flatMap((number) => {
      const row = this.rows.get(number);
      return row === undefined ? [] : [[number, row] as const];
    });
    return Promise.resolve(new Map(found));
  }
  issuerOf(number: string): Promise<CardIssuer | undefined> {
    const keys = { cryptogram: MASTER_KEY, scriptMac: MASTER_KEY, scriptEncipher: MASTER_KEY };
    const issuer = { versions: versionSet([CARD_VERSION]), keysOf: () => keys, rules };
    return Promise.resolve(number.startsWith(PREFIX) ? issuer : undefined);
  }
  lockTokens(): Promise<ReadonlyMap<string, never>> {
    return Promise.resolve(new Map());
  }
  addUse(): Promise<void> {
    return Promise.resolve();
  }
}

export const realDesk = (databaseUrl: string, instruments: Instruments, clearing?: Clearing): OpenDesk =>
  openDesk({
    ...{ instruments, clearing },
    pool: openWriterPool(databaseUrl, { connections: 2 }),
    symmetric: nodeSymmetric(),
    money: { letters: 'JPY', digits: '392' },
    clock: () => new Date(),
  });
