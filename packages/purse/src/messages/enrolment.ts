/**
 * Enrolment: a blank purse proves that it holds the private key it asks a certificate for
 * (docs/spec/protocol.md, section 4.10).
 */
import { type Bytes, Writer } from '@sokkin/codec';
import { SUITE_P256 } from '@sokkin/crypto';
import { PROTOCOL_VERSION, parseBody, parseSigned, readPreamble, type Signed, TYPE } from './header.ts';
import { NONCE_LENGTH } from './statement.ts';

export const PUBLIC_KEY_LENGTH = 65;

export interface Enrolment {
  readonly nonce: Bytes;
  readonly publicKey: Bytes;
}

export function encodeEnrolment(e: Enrolment): Bytes {
  return new Writer()
    .u8(TYPE.enrolment)
    .u8(PROTOCOL_VERSION)
    .u8(SUITE_P256)
    .bytes(e.nonce)
    .bytes(e.publicKey)
    .finish();
}

export function parseEnrolmentBody(body: Bytes): Enrolment {
  return parseBody('Enrolment', body, (r) => {
    readPreamble(r, TYPE.enrolment, 'Enrolment');
    return { nonce: r.take(NONCE_LENGTH), publicKey: r.take(PUBLIC_KEY_LENGTH) };
  });
}

export const parseEnrolment = (message: Bytes): Signed<Enrolment> =>
  parseSigned('Enrolment', message, parseEnrolmentBody);
