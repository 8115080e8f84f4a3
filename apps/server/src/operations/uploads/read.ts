/**
 * What an upload says by itself: all that needs no lock, and no rows but the purse's certificate.
 *
 * What must hold: nothing of it is believed that was not signed by the purse; what is refused here is the phone's fault, and
 * changes nothing.
 */
import type { Bytes } from '@sokkin/codec';
import { type Certificate, parseCertificate } from '@sokkin/crypto';
import { type Chain, type ChainClaim, type KnownPurse, readChain } from '@sokkin/issuer';
import { parseStatement, type Signed, type Statement } from '@sokkin/purse';
import { mayOnPurse } from '../../access/owned.ts';
import { type Backend, lineOfPurse } from '../../backend.ts';
import { notBelieved, Problem } from '../../problems.ts';
import { fastSha256 } from '../../store/segments.ts';
import { type HandedMessages, readHandedIn } from '../signed.ts';
import { believeSigned } from './believe.ts';
import type { Upload } from './upload.ts';

/** An upload whose Statement its purse has signed. */
export interface ReadUpload {
  readonly upload: Upload;
  readonly purse: KnownPurse;
  readonly leaf: Certificate;
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
  const leaf = parseCertificate(known.certificate);
  const { fields, body } = await believe(b, leaf, request.statement);
  const claim = { purse: fields.purse, seq: fields.seq, head: fields.link };
  return {
    upload,
    purse: known,
    leaf,
    statement: fields,
    statementHash: fastSha256(body),
    claim,
    chain: readChain(claim, request.entries, fastSha256),
    handed: await readHandedIn(b, request),
  };
}

async function believe(b: Backend, leaf: Certificate, message: Bytes): Promise<Signed<Statement>> {
  const issuer = lineOfPurse(b, leaf).issuer.certificate;
  const verified = await believeSigned(b, { issuer, leaf }, message, parseStatement);
  if (verified.status === 'certificate_wrong_issuer') {
    throw new Problem('purse_mismatch', 'The Statement is of another purse.', 'statement');
  }
  if (verified.status !== 'ok') throw notBelieved(verified.status, 'statement');
  return verified.value;
}
