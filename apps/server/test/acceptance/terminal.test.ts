/** An ordinary terminal through the real host and the real desk: what it holds as paid is what the ledger holds, in every dialect. */
import { parseIsoProfile } from '@sokkin/codec';
import { netOf, totalsOf } from '@sokkin/terminal';
import { afterEach, describe, expect, test } from 'vitest';
import { askOver, dialect, type OpenShop, openShop, openTerminal, tapOf } from './shop.ts';

let shop: OpenShop | undefined;
afterEach(async () => {
  await shop?.close();
  shop = undefined;
});

const DIALECTS = [
  '1987-ascii',
  '1987-bcd',
  '1987-binary-ebcdic',
  '1993-ascii',
  '1993-bcd',
  'example-acquirer',
];

/** As an acquirer's paper may have it: EBCDIC, its bitmap too, packed digits with F after them, lengths of what is sent, a code. */
const PAPER = {
  ...{ format: 'sokkin-iso8583-profile-1', name: 'paper', version: '1987', charset: 'cp500' },
  ...{ mti: 'bcd', bitmap: 'hex-ebcdic', binary: 'raw' },
  numeric: { coding: 'bcd', pad: 'right-F' },
  track: { coding: 'bcd', pad: 'right-F' },
  prefix: { coding: 'bcd', counts: 'wire' },
  header: { octets: 5, begins: '60', reply: 'tpdu' },
  frame: { coding: 'bcd', size: 2, includesItself: true, most: 4096 },
  fields: {
    55: {
      ...{ format: 'b...255', content: { form: 'ber-tlv' } },
      prefix: { coding: 'binary', size: 2, counts: 'wire' },
    },
  },
};

describe.each([...DIALECTS, PAPER])('%j', (name) => {
  test('sale, decline, hold and capture, refund, cancel in part', async () => {
    shop = await openShop(
      typeof name === 'string'
        ? { dialect: dialect(name), mac: name !== 'example-acquirer' }
        : { dialect: parseIsoProfile(name), link: { profile: name } },
    );
    const { cards, merchantAccount } = shop;
    const [card] = cards;
    if (card === undefined) throw new Error('a card');
    const { till } = openTerminal(shop.profile, askOver(shop.link()));
    const paid = await till.sell('pay', tapOf(card, 1200n));
    expect(paid).toMatchObject({ standing: 'approved', stands: 1200n });
    expect(paid.approvalCode).toMatch(/^\w{6}$/);
    expect(await till.sell('pay', tapOf(card, 9000n))).toMatchObject({ standing: 'approved', stands: 8800n });
    expect(await till.sell('pay', tapOf(card, 1n))).toMatchObject({ standing: 'declined' });
    expect(await till.cancel(till.state.entries[1]?.reference ?? '')).toMatchObject({ standing: 'reversed' });
    const held = await till.sell('hold', tapOf(card, 500n));
    expect(await shop.balance(card.account)).toEqual({ balance: 8800n, held: 500n });
    expect(await till.capture(held.reference, 300n)).toMatchObject({ standing: 'sent' });
    expect(await till.refund(paid.reference, 100n)).toMatchObject({ standing: 'approved', stands: 100n });
    expect(await till.cancel(paid.reference, 1000n)).toMatchObject({ standing: 'approved', stands: 1000n });
    const net = netOf(totalsOf(till.state));
    expect(net).toBe(1000n + 300n - 100n);
    expect(await shop.balance(merchantAccount)).toEqual({ balance: net, held: 0n });
    expect(await shop.balance(card.account)).toEqual({ balance: 10_000n - net, held: 0n });
  });
});
