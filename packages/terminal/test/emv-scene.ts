/** A terminal of the example configuration, and cards that only know how to be selected: for what happens before a kernel. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ascii, type Bytes, concat, decodeCommand, equal, fromHex, tlv, u8 } from '@sokkin/codec';
import { rsaPublicOperation } from '@sokkin/crypto';
import {
  type ApduTransport,
  type ContactlessOutcome,
  contactlessTerminal,
  memoryTornLog,
  type PaymentRequest,
  parseTerminalConfig,
  type TerminalConfig,
} from '../src/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests change a file's members at any depth
export type File = any;

export const exampleFile = (): File =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../config/example.json'), 'utf8'));

export function configOf(change: (file: File) => void = () => undefined): TerminalConfig {
  const file = exampleFile();
  change(file);
  return parseTerminalConfig(file);
}

/** One combination as the example has it, with other members. */
export const combination = (to: object): object => ({ ...exampleFile().combinations[0], ...to });

export interface Entry {
  readonly aid: string;
  readonly priority?: number;
  readonly kernel?: string;
  readonly extended?: string;
}

export function directory(...entries: readonly Entry[]): Bytes {
  const list = entries.map(({ aid, priority, kernel, extended }) =>
    tlv(
      0x61,
      tlv(0x4f, fromHex(aid)),
      priority === undefined ? new Uint8Array(0) : tlv(0x87, u8(priority)),
      kernel === undefined ? new Uint8Array(0) : tlv(0x9f2a, fromHex(kernel)),
      extended === undefined ? new Uint8Array(0) : tlv(0x9f29, fromHex(extended)),
    ),
  );
  return tlv(0x6f, tlv(0x84, ascii('2PAY.SYS.DDF01')), tlv(0xa5, tlv(0xbf0c, ...list)));
}

/** Selected names in order; every application answers SELECT, and GET PROCESSING OPTIONS with `options`. */
export function selectable(directoryAnswer: Bytes, options: (aid: string) => string = () => '6985') {
  const selected: string[] = [];
  const ppse = ascii('2PAY.SYS.DDF01');
  const transport: ApduTransport = {
    extended: true,
    async transmit(bytes) {
      const { ins, data } = decodeCommand(bytes);
      const ok = fromHex('9000');
      if (ins === 0xa4 && equal(data, ppse)) return concat(directoryAnswer, ok);
      if (ins === 0xa4) {
        selected.push(Buffer.from(data).toString('hex'));
        return concat(tlv(0x6f, tlv(0x84, data), tlv(0xa5, tlv(0x50, ascii('CARD')))), ok);
      }
      return fromHex(options(selected.at(-1) ?? ''));
    },
  };
  return { transport, selected };
}

export async function pay(
  config: TerminalConfig,
  transport: ApduTransport,
  request: Partial<PaymentRequest> = {},
): Promise<ContactlessOutcome> {
  const terminal = contactlessTerminal(config, {
    rsa: { publicOperation: rsaPublicOperation },
    randomBytes: (n) => new Uint8Array(n).fill(7),
    clock: () => ({ date: '261122', time: '120000', today: 20_779, seconds: 0 }),
    torn: memoryTornLog(),
  });
  const begun = terminal.begin({ id: 'sale', amount: 1200n, ...request });
  return begun.status === 'ended' ? begun.outcome : begun.payment.tap(transport);
}
