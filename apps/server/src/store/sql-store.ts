/**
 * The LedgerStore over PostgreSQL.
 *
 * What must hold: the contract of packages/issuer/src/ports.ts. Writers run READ COMMITTED and lock what they
 * decide on; a deadlock or a serialization failure runs the work again, from its start.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerStore, LedgerTx } from '@sokkin/issuer';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import type pg from 'pg';
import { accountRows } from './account-rows.ts';
import { alertRows } from './alert-rows.ts';
import { auditRows } from './audit-rows.ts';
import { auditTotals } from './audit-totals.ts';
import { blockListRows } from './block-list-rows.ts';
import { cardOrderRows } from './card-order-rows.ts';
import { cardRows } from './card-rows.ts';
import { cardScriptRows } from './card-script-rows.ts';
import { certificateRows } from './certificate-rows.ts';
import { claimRows } from './claim-rows.ts';
import { clearingRows } from './clearing-rows.ts';
import { commitTogether, shardsOf } from './commit-together.ts';
import { controlRows } from './control-rows.ts';
import { credentialRows } from './credential-rows.ts';
import { deliveryRows } from './delivery-rows.ts';
import { emvRangeRows } from './emv-range-rows.ts';
import { eventRows } from './event-rows.ts';
import { fleetRows } from './fleet-rows.ts';
import { fundingRows, redemptionRows } from './funding-rows.ts';
import { institutionRows } from './institution-rows.ts';
import { issuerRows } from './issuer-rows.ts';
import { journalRows } from './journal-rows.ts';
import { linkRows } from './link-rows.ts';
import { logRows } from './log-rows.ts';
import { mailboxRows } from './mailbox-rows.ts';
import { matcherRows } from './matcher-rows.ts';
import { meetingRows } from './meeting-rows.ts';
import { merchantRows, shopPaymentRows } from './merchant-rows.ts';
import { operatorRows } from './operator-rows.ts';
import { ownDeviceRows } from './own-device-rows.ts';
import { paymentRows } from './payment-rows.ts';
import { phoneCardRows } from './phone-card-rows.ts';
import { policyRows } from './policy-rows.ts';
import { previewRows } from './preview-rows.ts';
import { privacyRows } from './privacy-rows.ts';
import { proposalRows } from './proposal-rows.ts';
import { purseRows } from './purse-rows.ts';
import { retentionRows } from './retention-rows.ts';
import type { Database } from './schema.ts';
import { settlementRows } from './settlement-rows.ts';
import { statementRows } from './statement-rows.ts';
import { terminalRows } from './terminal-rows.ts';
import { transferRows } from './transfer-rows.ts';
import { uploadRows } from './upload-rows.ts';
import { vaultRows } from './vault-rows.ts';
import { webhookRows } from './webhook-rows.ts';

const ATTEMPTS = 8;
/**
 * serialization_failure, deadlock_detected, unique_violation: of two transactions that add the same row, the
 * later one finds the row of the first when it runs again.
 */
const CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01', '23505']);

export function sqlStore(pool: pg.Pool): LedgerStore {
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  let shards: Promise<number | undefined> | undefined;
  const asked = () => {
    shards ??= shardsOf(pool).catch((error: unknown) => {
      shards = undefined;
      throw error;
    });
    return shards;
  };
  return {
    shards: asked,
    async write(work) {
      const spread = await asked();
      for (let attempt = 1; ; attempt++) {
        try {
          return await db
            .transaction()
            .setIsolationLevel('read committed')
            .execute(async (trx) => {
              if (spread !== undefined) await commitTogether(trx);
              return run(trx, work, spread);
            });
        } catch (error) {
          if (attempt === ATTEMPTS || !isConflict(error)) throw error;
          await sleep(attempt * 5 * Math.random());
        }
      }
    },
    async read(work) {
      const spread = await asked();
      return db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute((trx) => run(trx, work, spread));
    },
    close: () => db.destroy(),
  };
}

async function run<T>(
  trx: Transaction<Database>,
  work: (tx: LedgerTx) => Promise<T>,
  shards: number | undefined,
): Promise<T> {
  const log = logRows(trx);
  const result = await work(rowsOf(trx, log, shards));
  await log.flush();
  return result;
}

const isConflict = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && CONFLICTS.has(error.code);

function rowsOf(
  trx: Transaction<Database>,
  log: ReturnType<typeof logRows>,
  shards: number | undefined,
): LedgerTx {
  return {
    control: controlRows(trx),
    certificates: certificateRows(trx),
    accounts: accountRows(trx),
    purses: purseRows(trx),
    cards: cardRows(trx),
    fleet: fleetRows(trx),
    blockList: blockListRows(trx),
    cardOrders: cardOrderRows(trx),
    journals: journalRows(trx),
    payments: paymentRows(trx),
    uploads: uploadRows(trx, shards),
    mailbox: mailboxRows(trx),
    meetings: meetingRows(trx, shards),
    matcher: matcherRows(trx, shards),
    fundings: fundingRows(trx),
    redemptions: redemptionRows(trx),
    alerts: alertRows(trx),
    log: log.rows,
    proposals: proposalRows(trx),
    policies: policyRows(trx),
    preview: previewRows(trx),
    privacy: privacyRows(trx),
    retention: retentionRows(trx),
    operators: operatorRows(trx),
    transfers: transferRows(trx),
    statements: statementRows(trx),
    audits: auditRows(trx),
    institutions: institutionRows(trx),
    credentials: credentialRows(trx),
    ownDevices: ownDeviceRows(trx),
    events: eventRows(trx),
    webhooks: webhookRows(trx),
    deliveries: deliveryRows(trx),
    claims: claimRows(trx),
    clearings: clearingRows(trx),
    settlement: settlementRows(trx),
    vault: vaultRows(trx),
    emvRanges: emvRangeRows(trx),
    merchants: merchantRows(trx),
    shopPayments: shopPaymentRows(trx),
    cardScripts: cardScriptRows(trx),
    acquirerLinks: linkRows(trx),
    terminals: terminalRows(trx),
    phoneCards: phoneCardRows(trx),
    issuers: issuerRows(trx),
    auditTotals: () => auditTotals(trx),
  };
}
