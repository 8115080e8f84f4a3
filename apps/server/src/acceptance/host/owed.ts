/**
 * What the host owes the ledger, as it lies on the disk: sealed, because it holds numbers of cards.
 *
 * What must hold: what is read is what was written; anything else is an error, and never half of something.
 */
import { type Bytes, fromHex, hex, utf8 } from '@sokkin/codec';
import type { KeyPort } from '@sokkin/issuer';
import { z } from 'zod';
import { sealInVault } from '../../keys/vault.ts';

/**
 * `reversal`: the message was answered without its decision, or its approval was not handed over: it is to be taken back.
 * `approved`: stand-in approved the request. `taken`: stand-in took an advice or a reversal.
 */
export type OwedKind = 'reversal' | 'approved' | 'taken';

export interface Owed {
  readonly id: string;
  readonly kind: OwedKind;
  /** `acq_...` and `ins_...`. */
  readonly link: string;
  readonly acquirer: string;
  /** The original message in the link's dialect, without PIN block and code. */
  readonly octets: Bytes;
  readonly receivedAt: number;
  /** What the message and its repeats have in common, on its link. */
  readonly key: string;
  /** The terminal: messages of one lane go to the desk one after the other. */
  readonly lane: string;
  /** What the terminal was told; minor units. */
  readonly approved: bigint;
  readonly approvalCode: string | undefined;
}

export type OwedRecord = { readonly owes: Owed } | { readonly done: string };

const CONTEXT = utf8('owed to the ledger');
const owedShape = z.strictObject({
  id: z.string(),
  kind: z.enum(['reversal', 'approved', 'taken']),
  link: z.string(),
  acquirer: z.string(),
  octets: z.string().transform((text) => fromHex(text)),
  receivedAt: z.number(),
  key: z.string(),
  lane: z.string(),
  approved: z
    .string()
    .regex(/^[0-9]+$/)
    .transform((digits) => BigInt(digits)),
  approvalCode: z
    .string()
    .optional()
    .transform((code) => code),
});
const recordShape = z.union([z.strictObject({ owes: owedShape }), z.strictObject({ done: z.string() })]);

export async function sealRecord(keys: KeyPort, record: OwedRecord): Promise<Bytes> {
  const json = 'done' in record ? record : { owes: storedOf(record.owes) };
  return sealInVault(keys, utf8(JSON.stringify(json)), CONTEXT);
}

export async function openRecord(keys: KeyPort, sealed: Bytes): Promise<OwedRecord> {
  const text = new TextDecoder().decode(await keys.open(sealed, CONTEXT));
  const record = recordShape.parse(JSON.parse(text));
  if ('done' in record) return record;
  const { approvalCode, ...owes } = record.owes;
  return { owes: { ...owes, approvalCode } };
}

const storedOf = ({ octets, approved, ...owed }: Owed) => ({
  ...owed,
  octets: hex(octets),
  approved: approved.toString(),
});
