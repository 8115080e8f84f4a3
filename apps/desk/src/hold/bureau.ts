/**
 * Personalising a payment card: the back-end writes the commands, under the keys of the chip, and this carries them there and the answers
 * back, as a bureau does with plastic.
 *
 * What must hold: what is carried is neither read nor changed; a session that failed says why.
 */
import { fromHex, hex, SokkinError } from '@sokkin/codec';
import type { Client } from '@sokkin/sdk';
import type { ApduTransport } from '@sokkin/terminal';
import type { makePaymentCard } from '@sokkin/web';

type Chip = Parameters<typeof makePaymentCard>[1];

export interface Order {
  readonly chip: Chip;
  /** Carries the session through. */
  carry(card: ApduTransport): Promise<void>;
}

export async function orderPaymentCard(client: Client, account: string): Promise<Order> {
  const { serial, keys, session } = await client.post('/v1/sandbox/payment-cards', { body: { account } });
  const { version, enc, mac, dek } = keys;
  const chip: Chip = {
    diversification: fromHex(serial),
    keys: { version, enc: fromHex(enc), mac: fromHex(mac), dek: fromHex(dek) },
  };
  const path = { id: session.id };
  const carry = async (card: ApduTransport) => {
    let { number, command } = session;
    for (;;) {
      const response = hex(await card.transmit(fromHex(command)));
      const next = await client.post('/v1/personalisations/{id}/exchange', {
        params: { path },
        body: { number, response },
      });
      if (next.status === 'done') return;
      const { number: nextNumber, command: nextCommand } = next;
      if (next.status === 'failed' || nextNumber === undefined || nextCommand === undefined)
        throw new SokkinError('card_not_ready', next.problem?.detail ?? 'The session has come to nothing.');
      number = nextNumber;
      command = nextCommand;
    }
  };
  return { chip, carry };
}
