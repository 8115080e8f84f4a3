/**
 * The EMV kernel as part of a sale: what it finds is written down with the sale it belongs to.
 *
 * What must hold: an offline approval and its place in the queue are one write, done before the kernel forgets the
 * transaction; an approval that a card shows for a sale that ended otherwise is queued as unwanted, so that its payer gets
 * the money back, and never counts as paid.
 */
import { hex } from '@sokkin/codec';
import { rsaPublicOperation } from '@sokkin/crypto';
import {
  type ContactlessOutcome,
  type ContactlessTerminal,
  contactlessTerminal,
  type DataRecord,
  type PaymentRequest,
  type RecoveredTransaction,
} from '@sokkin/terminal';
import { emvReceipt } from './receipt.ts';
import type { Scene } from './scene.ts';
import type { QueueItem, ReceiptData, SaleRecord } from './types.ts';

const CRYPTOGRAM = 0x9f26;

export function emvTerminal(scene: Scene): ContactlessTerminal {
  return contactlessTerminal(scene.config, {
    rsa: scene.rsa ?? { publicOperation: rsaPublicOperation },
    randomBytes: scene.random,
    clock: scene.time,
    torn: scene.store.torn,
    record: (found) =>
      found.kind === 'outcome'
        ? writeOutcome(scene, found.id, found.outcome)
        : writeRecovered(scene, found.recovered),
    ...(scene.overhear && { overhear: scene.overhear }),
  });
}

export const paymentOf = (scene: Scene, { id, amount }: SaleRecord): PaymentRequest => ({
  ...{ id, amount },
  hasNetwork: scene.online.isReachable(),
});

async function writeOutcome(scene: Scene, id: string, outcome: ContactlessOutcome): Promise<void> {
  const { dataRecord, cvm } = outcome;
  if (outcome.outcome !== 'approved' || dataRecord === undefined) return;
  const record = await scene.store.sale(id);
  if (record === undefined || record.state === 'approved') return;
  const at = scene.clock();
  const signature = cvm === 'signature';
  const receipt = emvReceipt(scene.config, record, dataRecord, { way: 'emv_offline', at, signature });
  await scene.store.write({
    sales: [{ ...record, state: 'approved', way: 'emv_offline', receipt }],
    queue: [{ ...itemOf('tc', record, at), record: dataRecord }],
  });
}

async function writeRecovered(
  scene: Scene,
  { id, approved, dataRecord }: RecoveredTransaction,
): Promise<void> {
  if (!approved) return;
  const record = await scene.store.sale(id);
  // The same approval, whose sale was brought to its end before the torn log was.
  if (record?.receipt?.cryptogram === cryptogramOf(dataRecord)) return;
  const at = scene.clock();
  const sale = record ?? { id, amount: 0n };
  const name = `unwanted:${id}:${cryptogramOf(dataRecord)}`;
  await scene.store.write({ queue: [{ ...itemOf('unwanted', sale, at), id: name, record: dataRecord }] });
}

const cryptogramOf = (data: DataRecord): string => hex(data.get(CRYPTOGRAM) ?? new Uint8Array(0));

export const itemOf = <K extends QueueItem['kind']>(
  kind: K,
  { id, amount }: Pick<SaleRecord, 'id' | 'amount'>,
  at: number,
) => ({ id: `${kind}:${id}`, kind, sale: id, amount, at });

/** The receipt that was written with an offline approval. */
export const writtenReceipt = async (scene: Scene, id: string): Promise<ReceiptData | undefined> =>
  (await scene.store.sale(id))?.receipt;
