/**
 * A payment card of a sandbox's customer: the back-end writes the commands, under the keys of the chip, and this carries them there and the
 * answers back, as a bureau does with plastic.
 *
 * What must hold: what is carried is neither read nor changed; a session that failed says why.
 */
import { type Bytes, fromHex, hex, SokkinError } from '@sokkin/codec';
import type { ApduTransport } from '@sokkin/terminal';
import type { Client } from '../client.ts';

/** What a chip is made of: who holds its keys can personalise it. */
export interface PaymentChip {
  readonly diversification: Bytes;
  readonly keys: {
    readonly version: number;
    readonly enc: Bytes;
    readonly mac: Bytes;
    readonly dek: Bytes;
  };
}

export interface PaymentCardOrder {
  readonly chip: PaymentChip;
  /** Carries the session through: the card has a purse and a payment application of the account, and is asleep until its first sync. */
  carry(card: ApduTransport): Promise<void>;
}

/** Fails with SokkinApiError, SokkinNetworkError; `carry` also with SokkinError `card_not_ready`. */
export async function orderPaymentCard(client: Client, account: string): Promise<PaymentCardOrder> {
  const { serial, keys, session } = await client.post('/v1/sandbox/payment-cards', { body: { account } });
  const { version, enc, mac, dek } = keys;
  const chip: PaymentChip = {
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
