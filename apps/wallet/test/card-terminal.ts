/**
 * The contactless side of an ordinary card terminal, in the test's own process: its kernel reaches a phone over the relay. It knows nothing of purses.
 */
import { readFileSync } from 'node:fs';
import { epochOfIso } from '@sokkin/codec';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import {
  type ContactlessOutcome,
  contactlessTerminal,
  memoryTornLog,
  parseTerminalConfig,
} from '@sokkin/terminal';
import { type RelayField, relayField, waitForCard } from '@sokkin/web';
import { WebSocket } from 'ws';

const config = JSON.parse(
  readFileSync(new URL(import.meta.resolve('@sokkin/terminal/config/example.json')), 'utf8'),
);

/** Node 20 has no WebSocket of its own. Gives the field, and what puts everything back. */
export function meetingPlace(url: string, code: string): { readonly air: RelayField; leave(): void } {
  const own = globalThis.WebSocket;
  Object.assign(globalThis, { WebSocket });
  const air = relayField(url, code);
  return {
    air,
    leave() {
      air.close();
      Object.assign(globalThis, { WebSocket: own });
    },
  };
}

/** Waits for a phone, and asks it for this amount. */
export async function tapAt(air: RelayField, amount: bigint): Promise<ContactlessOutcome> {
  const now = new Date();
  const [today, time] = [now.toISOString().slice(0, 10), '093000'];
  const terminal = contactlessTerminal(parseTerminalConfig({ ...config, caKeys: [] }), {
    rsa: nodeRsa(),
    randomBytes: nodeSymmetric().randomBytes,
    clock: () => ({
      ...{ date: today.slice(2).replaceAll('-', ''), time },
      ...{ today: epochOfIso(today), seconds: now.getTime() / 1000 },
    }),
    torn: memoryTornLog(),
  });
  const begun = terminal.begin({ id: `sale-${amount}`, amount });
  if (begun.status === 'ended') throw new Error('not allowed');
  const phone = await waitForCard(air);
  try {
    return await begun.payment.tap(phone);
  } finally {
    await phone.close();
  }
}
