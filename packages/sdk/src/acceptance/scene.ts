/**
 * What the parts of a terminal share: its ports, its time, and its own purse, which takes one tap at a time.
 *
 * What must hold: two errands never meet in the own purse; it is let go of after each.
 */
import { epochOfIso, SokkinError } from '@sokkin/codec';
import type { ApduTransport, TerminalTime } from '@sokkin/terminal';
import { DEFAULT_POLICY, type WayPolicy } from './policy.ts';
import type { AcceptancePorts } from './ports.ts';
import type { SaleRecord } from './types.ts';

export interface Scene extends Omit<AcceptancePorts, 'policy'> {
  readonly policy: WayPolicy;
  /** Runs an errand at the own purse, after those before it. */
  own<T>(errand: (purse: ApduTransport) => Promise<T>): Promise<T>;
  time(): TerminalTime;
  /** Writes one record. */
  keep(record: SaleRecord): Promise<SaleRecord>;
}

const MINUTE_MS = 60_000;

export function makeScene(ports: AcceptancePorts): Scene {
  let turn: Promise<unknown> = Promise.resolve();
  return {
    ...ports,
    policy: { ...DEFAULT_POLICY, ...ports.policy },
    own(errand) {
      const mine = turn.then(async () => {
        const purse = await ports.purse();
        try {
          return await errand(purse);
        } finally {
          await purse.close?.();
        }
      });
      turn = mine.catch(() => undefined);
      return mine;
    },
    time() {
      const now = ports.clock();
      const ahead = ports.utcOffsetMinutes ?? -new Date(now).getTimezoneOffset();
      const iso = new Date(now + ahead * MINUTE_MS).toISOString();
      return {
        date: iso.slice(2, 10).replaceAll('-', ''),
        time: iso.slice(11, 19).replaceAll(':', ''),
        today: epochOfIso(iso.slice(0, 10)),
        seconds: Math.floor(now / 1000),
      };
    },
    async keep(record) {
      await ports.store.write({ sales: [record] });
      return record;
    },
  };
}

/** A reader or a purse that does not do its work, as against a bug. */
export const isFailure = (error: unknown): error is SokkinError =>
  error instanceof SokkinError && FAILURES.has(error.code);
const FAILURES: ReadonlySet<string> = new Set(['card_lost', 'no_card', 'reader_failed', 'purse_in_use']);
