/** Writing the issuer's own journal. What must hold: one writer at a time, entry and effect in one transaction. */
import { type Bytes, hex } from '@sokkin/codec';
import { sha256 } from '@sokkin/crypto';
import { type Effect, type IssuerPurse, type LedgerTx, type Written, writeGenesis } from '@sokkin/issuer';
import { parsePaymentBody, parseReceiptBody } from '@sokkin/purse';
import { type Backend, issuerPurseId, sign } from '../backend.ts';

/** The issuer's purse, locked until the transaction ends. */
export async function lockIssuerPurse(b: Backend, tx: LedgerTx): Promise<IssuerPurse> {
  const { seq, head } = await tx.journals.lockIssuer(issuerPurseId(b));
  const purse = { purse: b.pki.issuerPurse.subjectRef, currency: b.currency, seq, head };
  if (seq > 0) return purse;
  const genesis = writeGenesis(purse, sha256(b.pki.issuerPurse.bytes));
  const { body, hash } = genesis;
  await tx.journals.appendIssuer(issuerPurseId(b), { seq: genesis.seq, body, hash }, []);
  return genesis.purse;
}

/** Stores the entry and its effects, and gives the signed message. */
export async function storeWritten(
  b: Backend,
  tx: LedgerTx,
  { seq, body, hash }: Written,
  effects: readonly Effect[],
): Promise<Bytes> {
  await tx.journals.appendIssuer(issuerPurseId(b), { seq, body, hash }, effects);
  return sign(b, 'issuerPurse', body);
}

/** Keeps a message of the issuer's purse, for delivery to its counterpart. */
export async function keepOwn(
  b: Backend,
  tx: LedgerTx,
  kind: 'payment' | 'receipt',
  message: Bytes,
  { body, hash, seq }: Written,
): Promise<void> {
  const own = issuerPurseId(b);
  const route =
    kind === 'payment'
      ? ((p) => ({ payer: own, paymentNo: p.seq, payee: hex(p.payee), ticketNo: p.ticketNo }))(
          parsePaymentBody(body),
        )
      : ((r) => ({ payer: hex(r.payer), paymentNo: r.paymentNo, payee: own, ticketNo: r.ticketNo }))(
          parseReceiptBody(body),
        );
  await tx.payments.addSigned({
    kind,
    signer: own,
    hash,
    seq,
    message,
    ...route,
    issuerCertificate: b.pki.issuer.bytes,
    purseCertificate: b.pki.issuerPurse.bytes,
  });
}
