/** Values and messages of ISO 8583 as the vector files write them, and back (vectors/iso8583/README.md). */
import { fromHex, hex, type IsoMessage, type IsoValue, isoMessage } from '@sokkin/codec';

export type JsonValue =
  | string
  | { amount: string; sign?: 'C' | 'D' }
  | { hex: string }
  | { tlv: [tag: string, value: string][] }
  | { parts: Record<string, JsonValue> };

export interface JsonMessage {
  header?: string;
  mti: string;
  fields: Record<string, JsonValue>;
}

export function valueToJson(value: IsoValue): JsonValue {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return { amount: value.toString() };
  if (value instanceof Uint8Array) return { hex: hex(value) };
  if (value instanceof Map)
    return { parts: Object.fromEntries([...value].map(([name, v]) => [name, valueToJson(v)])) };
  if ('sign' in value) return { sign: value.sign, amount: value.amount.toString() };
  if (!Array.isArray(value)) throw new Error('a value of no known kind');
  return { tlv: value.map(({ tag, value: v }): [string, string] => [tag.toString(16), hex(v)]) };
}

export function valueOfJson(json: JsonValue): IsoValue {
  if (typeof json === 'string') return json;
  if ('hex' in json) return fromHex(json.hex);
  if ('parts' in json)
    return new Map(Object.entries(json.parts).map(([name, v]): [string, IsoValue] => [name, valueOfJson(v)]));
  if ('tlv' in json)
    return json.tlv.map(([tag, value]) => ({ tag: Number.parseInt(tag, 16), value: fromHex(value) }));
  const amount = BigInt(json.amount);
  return json.sign === undefined ? amount : { sign: json.sign, amount };
}

export function messageOfJson({ mti, fields, header }: JsonMessage): IsoMessage {
  const values = Object.entries(fields).map(([n, v]): [number, IsoValue] => [Number(n), valueOfJson(v)]);
  return isoMessage(mti, Object.fromEntries(values), header === undefined ? undefined : fromHex(header));
}
