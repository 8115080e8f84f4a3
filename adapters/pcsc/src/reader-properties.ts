/**
 * What a reader says of itself (PC/SC part 10, 2.6.14: GET_TLV_PROPERTIES).
 *
 * What must hold: a reader that says nothing is taken at the card's word; one that names a longest APDU within short
 * length gets no longer one.
 */
import type { Bytes } from '@sokkin/codec';
import type { Card } from 'pcsc-mini';
import { pcscMini } from './native.ts';

const GET_FEATURES = 3400;
const FEATURE_TLV_PROPERTIES = 0x12;
/** dwMaxAPDUDataSize: bytes of data in one APDU, little-endian; 0: short length only. */
const PROPERTY_MAX_APDU_DATA = 0x0a;
const SHORT_MOST = 256;

export async function readerTakesExtended(card: Pick<Card, 'control'>): Promise<boolean> {
  const { controlCode } = pcscMini();
  try {
    const code = featureCode(await card.control(controlCode(GET_FEATURES)));
    if (code === undefined) return true;
    const most = maxApduData(await card.control(code));
    return most === undefined || most > SHORT_MOST;
  } catch {
    // No such control in this driver.
    return true;
  }
}

/** The control code of GET_TLV_PROPERTIES, in the list of features: tag 1, length 1 (04), code 4 big-endian. */
export function featureCode(features: Bytes): number | undefined {
  for (const { tag, value } of entries(features)) {
    if (tag === FEATURE_TLV_PROPERTIES && value.length === 4) return viewOf(value).getUint32(0);
  }
  return undefined;
}

export function maxApduData(properties: Bytes): number | undefined {
  for (const { tag, value } of entries(properties)) {
    if (tag === PROPERTY_MAX_APDU_DATA && value.length === 4) return viewOf(value).getUint32(0, true);
  }
  return undefined;
}

function* entries(bytes: Bytes): Generator<{ tag: number; value: Bytes }> {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const length = bytes[at + 1] ?? 0;
    yield { tag: bytes[at] ?? 0, value: bytes.subarray(at + 2, at + 2 + length) };
    at += 2 + length;
  }
}

const viewOf = (bytes: Bytes): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
