/** Figures of the database for metrics. What must hold: each is read from an index or a small table, whatever the ledger's size. */
import type pg from 'pg';

export interface Figures {
  /** Ids are given in order, with gaps where a transaction was rolled back. */
  readonly highestTransfer: bigint;
  readonly highestPurse: bigint;
  readonly openAlerts: Readonly<Record<'proven' | 'suspected', bigint>>;
  /** Deliveries to webhooks that are still to be made. */
  readonly waitingDeliveries: bigint;
  readonly databaseBytes: bigint;
}

export async function readFigures(pool: pg.Pool): Promise<Figures> {
  const { rows } = await pool.query<
    Record<'transfer' | 'purses' | 'proven' | 'suspected' | 'waiting' | 'bytes', bigint>
  >(`
    SELECT (SELECT coalesce(max(id), 0) FROM transfers) AS transfer,
      (SELECT coalesce(max(number), 0) FROM purses) AS purses,
      (SELECT count(*) FROM alerts WHERE status = 'open' AND severity = 'proven') AS proven,
      (SELECT count(*) FROM alerts WHERE status = 'open' AND severity = 'suspected') AS suspected,
      (SELECT count(*) FROM deliveries WHERE status = 'waiting') AS waiting,
      pg_database_size(current_database()) AS bytes`);
  const [row] = rows;
  if (row === undefined) throw new Error('Bug: a query of aggregates gives one row');
  return {
    highestTransfer: row.transfer,
    highestPurse: row.purses,
    openAlerts: { proven: row.proven, suspected: row.suspected },
    waitingDeliveries: row.waiting,
    databaseBytes: row.bytes,
  };
}
