/**
 * What an EMV transaction is on the wire, as a shop's terminal does it without contacts: directory, application,
 * options, records, one cryptogram with its signature. Used by the areas `taps` and `card`.
 */
import type { Card } from '@sokkin/card';
import {
  ascii,
  type Bytes,
  buildDolData,
  command,
  type DolEntry,
  decodeResponse,
  decodeTlv,
  decodeTlvs,
  encodeCommand,
  encodeN,
  fromHex,
  parseDol,
  tlv,
} from '@sokkin/codec';

export type Exchange = (bytes: Bytes) => Promise<Bytes>;

export interface Sale {
  readonly amount: bigint;
  readonly number: Bytes;
  readonly ask: 'tc' | 'arqc';
  readonly signed: boolean;
}

const NOTHING: Bytes = new Uint8Array(0);
const YEN = fromHex('0392');

const valuesOf = ({ amount, number }: Sale): Map<number, Bytes> =>
  new Map([
    [0x9f66, fromHex('36004000')],
    [0x9f02, encodeN(String(amount), 6)],
    [0x5f2a, YEN],
    [0x9f1a, YEN],
    [0x9a, fromHex('261122')],
    [0x9f37, number],
    [0x9f35, fromHex('22')],
  ]);

export const exchangeWith =
  (card: Card): Exchange =>
  (bytes) =>
    card.transmit(bytes);

/** The value of the data of an answer's one object; stops the bench if the card refused. */
async function ask(exchange: Exchange, ...header: [number, number, number, number, Bytes?]): Promise<Bytes> {
  const [cla, ins, p1, p2, data = NOTHING] = header;
  const response = decodeResponse(await exchange(encodeCommand(command(cla, ins, p1, p2, data, 256))));
  if (response.sw !== 0x9000)
    throw new Error(`The card answered ${response.sw.toString(16)} to ${ins.toString(16)}`);
  return response.data.length === 0 ? NOTHING : decodeTlv(response.data).value;
}

const find = (template: Bytes, tag: number): Bytes | undefined =>
  decodeTlvs(template).find((t) => t.tag === tag)?.value;

/** One whole transaction; gives the information byte of the cryptogram. */
export async function shopTap(exchange: Exchange, sale: Sale): Promise<number> {
  const values = valuesOf(sale);
  const by = (list: readonly DolEntry[]) => buildDolData(list, (tag) => values.get(tag));
  const directory = await ask(exchange, 0x00, 0xa4, 0x04, 0x00, ascii('2PAY.SYS.DDF01'));
  const entries = find(find(directory, 0xa5) ?? NOTHING, 0xbf0c) ?? NOTHING;
  const aid = find(find(entries, 0x61) ?? NOTHING, 0x4f) ?? NOTHING;
  const fci = await ask(exchange, 0x00, 0xa4, 0x04, 0x00, aid);
  const pdol = parseDol(find(find(fci, 0xa5) ?? NOTHING, 0x9f38) ?? NOTHING);
  const options = await ask(exchange, 0x80, 0xa8, 0, 0, tlv(0x83, by(pdol)));
  const locator = find(options, 0x94) ?? NOTHING;
  let cdol1: readonly DolEntry[] = [];
  for (let at = 0; at < locator.length; at += 4) {
    const [sfi = 0, first = 0, last = 0] = locator.subarray(at);
    for (let record = first; record <= last; record++) {
      const found = find(await ask(exchange, 0x00, 0xb2, record, sfi | 4), 0x8c);
      if (found !== undefined) cdol1 = parseDol(found);
    }
  }
  const p1 = (sale.ask === 'tc' ? 0x40 : 0x80) | (sale.signed ? 0x10 : 0);
  const answer = await ask(exchange, 0x80, 0xae, p1, 0, by(cdol1));
  return find(answer, 0x9f27)?.[0] ?? 0;
}
