/** kill -9 of a server in the middle of a file of offline approvals: the same file again, and each is paid once. */
import { concat, hex, tlv } from '@sokkin/codec';
import pg from 'pg';
import { expect, test } from 'vitest';
import type { PresentedTc } from '../src/acceptance/clearing/presented.ts';
import { newAcquirer, newShop, shopCard } from './clearing-kit.ts';
import { type Rig, rig } from './kit.ts';
import { serverChild } from './server-child.ts';

const [CARDS, EACH, AMOUNT] = [3, 8, 100n];

const lineOf = ({ acceptor, terminal, pan, amount, chip }: PresentedTc): string =>
  JSON.stringify({
    ...{ card_acceptor: acceptor, terminal, pan: pan.reveal(), amount: amount.toString() },
    chip: hex(concat(...[...chip].map(([tag, value]) => tlv(tag, value)))),
  });

async function approvals(r: Rig, shop: Awaited<ReturnType<typeof newShop>>): Promise<string[]> {
  const lines: string[] = [];
  for (let i = 0; i < CARDS; i++) {
    const card = await shopCard(r, shop);
    for (let n = 0; n < EACH; n++) lines.push(lineOf(await card.pay(AMOUNT)));
  }
  return lines;
}

test('kill -9 among clearings', { timeout: 300_000 }, async () => {
  const r = await rig({ settlementSeconds: 0 });
  const pool = new pg.Pool({ connectionString: r.databaseUrl, max: 2 });
  const cleared = async (): Promise<number> =>
    (await pool.query(`SELECT count(*)::int AS n FROM clearings WHERE status = 'settled'`)).rows[0].n;
  try {
    const shop = await newShop(r, await newAcquirer(r));
    const data = (await approvals(r, shop)).join('\n');
    await r.server.close();
    const start = () => serverChild({ SOKKIN_DATA: r.dataFolder, DATABASE_URL: r.databaseUrl });
    const file = { format: 'json-lines', acquirer: shop.acquirer, data };
    const first = await start();
    const cut = first.api.make('/v1/clearing-files', file).catch(() => 'cut');
    while ((await cleared()) === 0);
    await first.kill('SIGKILL');
    await cut;
    const before = await cleared();

    const { api, kill } = await start();
    const all = BigInt(CARDS * EACH) * AMOUNT;
    const again = await api.make('/v1/clearing-files', file);
    expect(again).toMatchObject({ settled: CARDS * EACH, refused: 0, unreadable: 0 });
    expect(BigInt(again.amount)).toBe(all - BigInt(before) * AMOUNT);
    expect(await api.make('/v1/clearing-files', file)).toMatchObject({ settled: CARDS * EACH, amount: '0' });
    expect((await api.get(`/v1/accounts/${shop.account}`)).body.balance).toBe(all.toString());
    expect((await api.get('/v1/audit')).body).toMatchObject({ holds: true });
    await kill('SIGTERM');
  } finally {
    await pool.end();
    await r.close();
  }
});
