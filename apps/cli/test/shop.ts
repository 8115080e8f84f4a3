/** A shop's terminal as a test has it, and a virtual reader that a card can be attached to. */
import { createServer, type Socket } from 'node:net';
import { type Bytes, concat, epochOfIso, fromHex, u16 } from '@sokkin/codec';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import { type ApduTransport, cardLost } from '@sokkin/terminal';
import type { TerminalSetup } from '@sokkin/testkit';

/** The terminal believes the keys that the back-end publishes for terminals. */
export async function terminalOf(url: string): Promise<TerminalSetup> {
  const answer = await fetch(`${url}/v1/emv/ca-keys`);
  const { data } = (await answer.json()) as {
    data: { rid: string; index: number; modulus: string; exponent: string }[];
  };
  const caKeys = data.map((key) => ({
    rid: fromHex(key.rid),
    index: key.index,
    modulus: fromHex(key.modulus),
    exponent: fromHex(key.exponent),
  }));
  return {
    rsa: nodeRsa(),
    randomBytes: nodeSymmetric().randomBytes,
    caKeys,
    today: epochOfIso(new Date().toISOString().slice(0, 10)),
    interface: 'contactless',
    applications: [{ aid: fromHex('f0534f4b4b') }],
    onDevice: true,
  };
}

export interface VirtualReader {
  readonly port: number;
  /** The card that was put into it, under power. */
  readonly card: Promise<ApduTransport>;
  close(): void;
}

const [POWER_ON, ATR] = [1, 4];

/** What vsmartcard's reader does, for one card (adapters/pcsc/src/vpcd.ts has the protocol). */
export function openReader(): Promise<VirtualReader> {
  return new Promise((resolve) => {
    let insert: (card: ApduTransport) => void;
    const card = new Promise<ApduTransport>((inserted) => {
      insert = inserted;
    });
    const server = createServer((socket) => void powered(socket).then(insert));
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      resolve({ port, card, close: () => void server.close() });
    });
  });
}

async function powered(socket: Socket): Promise<ApduTransport> {
  const ask = asking(socket);
  socket.write(concat(u16(1), Uint8Array.of(POWER_ON)));
  await ask(Uint8Array.of(ATR));
  return { extended: false, transmit: ask };
}

function asking(socket: Socket): (message: Bytes) => Promise<Bytes> {
  let pending: Bytes = new Uint8Array(0);
  let take: ((answer: Bytes) => void) | undefined;
  socket.on('data', (chunk) => {
    pending = concat(pending, new Uint8Array(chunk));
    const end = 2 + (((pending[0] ?? 0) << 8) | (pending[1] ?? 0));
    if (pending.length < 2 || pending.length < end) return;
    take?.(pending.slice(2, end));
    pending = pending.slice(end);
  });
  return (message) =>
    new Promise((resolve, reject) => {
      socket.once('close', () => reject(cardLost()));
      take = resolve;
      socket.write(concat(u16(message.length), message));
    });
}
