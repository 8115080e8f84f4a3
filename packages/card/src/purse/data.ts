/** Reading the data objects of a command, strictly: exactly the named ones, each with its exact length. */
import { type Bytes, equal, MAX_AMOUNT, Reader, templateReader } from '@sokkin/codec';
import { type Certificate, parseCertificate } from '@sokkin/crypto';
import { OBJECT, type ObjectName, type PurseState, type ShownChain, type Trust } from '@sokkin/purse';
import { attempt } from '../attempt.ts';

type Objects<R extends ObjectName, O extends ObjectName> = Readonly<
  Record<R, Bytes> & Partial<Record<O, Bytes>>
>;

/** A reader for the data field of one command; it answers undefined if the data is not exactly these objects. */
export function objectsReader<R extends ObjectName, O extends ObjectName = never>(
  required: readonly R[],
  optional: readonly O[] = [],
): (data: Bytes) => Objects<R, O> | undefined {
  const tags = (names: readonly ObjectName[]) => Object.fromEntries(names.map((n) => [n, OBJECT[n]]));
  const read = templateReader('command data', tags(required), tags(optional));
  return (data) => attempt(() => read(data) as Objects<R, O>);
}

export const readAmountObject = (value: Bytes): bigint | undefined =>
  attempt(() => {
    const r = new Reader(value, 'amount');
    const amount = r.u64();
    r.end();
    return amount > MAX_AMOUNT ? undefined : amount;
  });

export const readNumberObject = (value: Bytes): number | undefined =>
  attempt(() => {
    const r = new Reader(value, 'number');
    const n = r.u32();
    r.end();
    return n;
  });

export const ofLength = (value: Bytes, length: number): Bytes | undefined =>
  value.length === length ? value.slice() : undefined;

export type CertificateReader = (value: Bytes) => Certificate | undefined;

/**
 * Reads certificates, and remembers the last ones by their whole bytes: the same purse is shown to PAY and to SETTLE,
 * and to the next payment. Volatile and bounded; parsing proves nothing, so remembering it decides nothing.
 */
export function certificateReader(): CertificateReader {
  const last: Certificate[] = [];
  return (value) => {
    const known = last.find((c) => equal(c.bytes, value));
    if (known !== undefined) return known;
    const certificate = attempt(() => parseCertificate(value));
    if (certificate !== undefined && last.unshift(certificate) > REMEMBERED) last.pop();
    return certificate;
  };
}
const REMEMBERED = 2;

/**
 * The chain that a command shows. A purse of the own issuer may leave the issuer's certificate out, which
 * saves a signature check and 220 bytes over the air.
 */
export function readChain(
  state: PurseState,
  readCertificate: CertificateReader,
  purse: Bytes,
  issuer: Bytes | undefined,
): ShownChain | 'certificate_malformed' {
  const leaf = readCertificate(purse);
  const shown = issuer === undefined ? state.identity?.issuer : readCertificate(issuer);
  if (leaf === undefined || shown === undefined) return 'certificate_malformed';
  return { issuer: shown, leaf };
}

/** What this purse believes without being shown: the root, and its own issuer. */
export function trustOf(state: PurseState): Trust | undefined {
  if (state.identity === undefined) return undefined;
  return { root: state.identity.root, knownIssuers: [state.identity.issuer], epoch: state.epoch };
}
