/**
 * How messages travel: BER-TLV data objects (docs/spec/protocol.md, section 4.11).
 * The same objects go in APDUs, in files, in QR codes and over HTTP.
 */
import { type Bytes, tlv } from '@sokkin/codec';

export const OBJECT = {
  ticket: 0xc1,
  payment: 0xc2,
  /** Receipt or Refusal. */
  receipt: 0xc3,
  statement: 0xc4,
  grant: 0xc5,
  /** One journal entry: its body, unsigned. */
  entry: 0xc6,
  enrolment: 0xc7,
  /** u64, minor units. */
  amount: 0xc8,
  reference: 0xc9,
  /** u32: number of a ticket, a payment or an entry. */
  number: 0xca,
  pinBlock: 0xcb,
  nonce: 0xcc,
  /** Each holds one 7F21 certificate. */
  root: 0xe1,
  issuer: 0xe2,
  purse: 0xe3,
  authority: 0xe4,
} as const;
export type ObjectName = keyof typeof OBJECT;

export const object = (name: ObjectName, ...value: Bytes[]): Bytes => tlv(OBJECT[name], ...value);
