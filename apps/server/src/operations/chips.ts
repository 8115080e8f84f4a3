/** What a chip maker would deliver: chips with a serial number, and with keys that are derived from it. */
import { fromHex, hex } from '@sokkin/codec';
import type { Backend } from '../backend.ts';

const SERIAL_BYTES = 10;

export interface Chip {
  readonly serial: string;
  readonly keys: {
    readonly version: number;
    readonly enc: string;
    readonly mac: string;
    readonly dek: string;
  };
}

export async function makeChips(b: Backend, count: number): Promise<Chip[]> {
  const serials = Array.from({ length: count }, () => hex(b.crypto.randomBytes(SERIAL_BYTES)));
  await b.store.write((tx) => tx.cards.add(serials, b.clock()));
  return Promise.all(
    serials.map(async (serial) => {
      const { version, enc, mac, dek } = await b.cardKeys.domainKeys(fromHex(serial));
      return { serial, keys: { version, enc: hex(enc), mac: hex(mac), dek: hex(dek) } };
    }),
  );
}
