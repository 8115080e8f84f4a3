/** Writing the issuer's own journal. What must hold: one writer at a time, entry and effect in one transaction. */
import { type Bytes, hex } from '@sokkin/codec';
import { sha256 } from '@sokkin/crypto';
import { type Effect, type IssuerPurse, type LedgerTx, type Written, writeGenesis } from '@sokkin/issuer';
import { parsePaymentBody, parseReceiptBody, SIGNATURE_LENGTH } from '@sokkin/purse';
import { type Backend, issuerPurseId, sign } from '../backend.ts';
import type { IssuerLine, Signer } from '../keys/pki.ts';

/** The issuer's purse, locked until the transaction ends. */
export async function lockIssuerPurse(b: Backend, tx: LedgerTx, line: IssuerLine): Promise<IssuerPurse> {
  const id = issuerPurseId(line);
  const { seq, head } = await tx.journals.lockIssuer(id);
  const { certificate } = line.issuerPurse;
  const purse = { purse: certificate.subjectRef, currency: b.currency, seq, head };
  if (seq > 0) return purse;
  const genesis = writeGenesis(purse, sha256(certificate.bytes));
  const { body, hash } = genesis;
  await tx.journals.appendIssuer(id, { seq: genesis.seq, body, hash }, []);
  return genesis.purse;
}

/** Stores the entry and its effects, and gives the signed message. */
export async function storeWritten(
  b: Backend,
  tx: LedgerTx,
  line: IssuerLine,
  { seq, body, hash }: Written,
  effects: readonly Effect[],
): Promise<Bytes> {
  await tx.journals.appendIssuer(issuerPurseId(line), { seq, body, hash }, effects);
  return sign(b, line.issuerPurse.key, body);
}

/** Keeps a message of the issuer's purse, for delivery to its counterpart. */
export async function keepOwn(
  tx: LedgerTx,
  line: IssuerLine,
  kind: 'payment' | 'receipt',
  message: Bytes,
  { body, hash, seq }: Written,
): Promise<void> {
  const own = issuerPurseId(line);
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
    issuerCertificate: line.issuer.certificate.bytes,
    purseCertificate: line.issuerPurse.certificate.bytes,
  });
}

/**
 * The certificate that a message of the issuer's purse is shown with: the newest, unless it was signed before the purse
 * got another key.
 */
export async function signerOf(b: Backend, line: IssuerLine, message: Bytes): Promise<Signer> {
  const { issuerPurse, formerPurses } = line;
  if (formerPurses.length === 0) return issuerPurse;
  const [body, signature] = [message.subarray(0, -SIGNATURE_LENGTH), message.subarray(-SIGNATURE_LENGTH)];
  for (const signer of [issuerPurse, ...formerPurses])
    if (await b.crypto.verify(signer.certificate.publicKey, body, signature)) return signer;
  throw new Error('Bug: a message of ours is signed by none of our keys');
}
