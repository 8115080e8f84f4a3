/**
 * What an upload says by itself: all that needs no lock, and no rows but the purse's certificate.
 *
 * What must hold: nothing of it is believed that was not signed by the purse; what is refused here is the phone's fault, and
 * changes nothing.
 */
import type { Bytes } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import { type Chain, type ChainClaim, type KnownPurse, readChain } from '@sokkin/issuer';
import { type Signed, type Statement, verifyStatement } from '@sokkin/purse';
import { mayOnPurse } from '../../access/owned.ts';
import { type Backend, lineOfPurse, trustOf } from '../../backend.ts';
import { notBelieved, Problem } from '../../problems.ts';
import { fastSha256 } from '../../store/segments.ts';
import { type HandedMessages, readHandedIn } from '../signed.ts';
import type { Upload } from './upload.ts';

/** An upload whose Statement its purse has signed. */
export interface ReadUpload {
  readonly upload: Upload;
  readonly purse: KnownPurse;
  readonly statement: Statement;
  readonly statementHash: Bytes;
  readonly claim: ChainClaim;
  readonly chain: Chain;
  readonly handed: HandedMessages;
}

export async function readUpload(
  b: Backend,
  upload: Upload,
  known: KnownPurse | undefined,
): Promise<ReadUpload> {
  const { who, purse, request } = upload;
  if (known === undefined || !mayOnPurse(who, known, known.owner, 'act'))
    throw new Problem('not_found', `There is no purse ${purse}.`);
  const { fields, body } = await believe(b, known, request.statement);
  const claim = { purse: fields.purse, seq: fields.seq, head: fields.link };
  return {
    upload,
    purse: known,
    statement: fields,
    statementHash: fastSha256(body),
    claim,
    chain: readChain(claim, request.entries, fastSha256),
    handed: await readHandedIn(b, request),
  };
}

async function believe(b: Backend, known: KnownPurse, message: Bytes): Promise<Signed<Statement>> {
  const leaf = parseCertificate(known.certificate);
  const issuer = lineOfPurse(b, leaf).issuer.certificate;
  const verified = await verifyStatement(b.crypto, trustOf(b), { issuer, leaf }, message);
  if (verified.status === 'certificate_wrong_issuer') {
    throw new Problem('purse_mismatch', 'The Statement is of another purse.', 'statement');
  }
  if (verified.status !== 'ok') throw notBelieved(verified.status, 'statement');
  return verified.value;
}
