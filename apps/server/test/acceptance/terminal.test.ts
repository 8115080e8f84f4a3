/** An ordinary terminal through the real host and the real desk: what it holds as paid is what the ledger holds, in every dialect. */
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

describe.each(DIALECTS)('%s', (name) => {
  test('sale, decline, hold and capture, refund, cancel in part', async () => {
    shop = await openShop({ dialect: dialect(name), mac: name !== 'example-acquirer' });
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
