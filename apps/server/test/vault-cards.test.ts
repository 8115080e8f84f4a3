/** Payment cards of ours, by their numbers: what they are, and that their cryptograms are checked with the keys that they were made with. */
import { assert } from '@sokkin/codec';
import { checkCryptogram, cryptogramProfileOf } from '@sokkin/issuer';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ShopCard, shopCard } from './clearing-kit.ts';
import { type Rig, rig } from './kit.ts';

let r: Rig;
let pool: pg.Pool;
beforeAll(async () => {
  r = await rig();
  pool = new pg.Pool({ connectionString: r.databaseUrl, max: 1 });
});
afterAll(async () => {
  await pool.end();
  await r.close();
});

const SHOP = { acquirer: 'ins_acquirer', acceptor: 'SHOP1', merchant: 'mer_1', account: 'acc_1' };
const run = async <R extends object>(text: string, values: readonly unknown[]) =>
  (await pool.query(text, [...values])).rows as R[];

async function presented(card: ShopCard, amount: bigint) {
  const { pan, chip } = await card.pay(amount);
  const number = pan.reveal();
  const found = (await r.server.backend.vault.resolve(run, [number])).get(number);
  if (found?.kind !== 'own') throw new Error(`the number is ${found?.kind}`);
  const elements = new Map([...chip]);
  const iad = elements.get(0x9f10) ?? new Uint8Array(0);
  const sequence = found.card.application.panSequence;
  return { number, found, elements, iad, sequence };
}

test.each(['white-label', 'white-label-aes', 'jcb-shaped', 'phone'])(
  'a card of the profile %s',
  async (profile) => {
    const card = await shopCard(r, SHOP, { profile });
    const { number, found, elements, iad, sequence } = await presented(card, 700n);
    expect(found).toMatchObject({
      account: card.account,
      card: { purse: card.purse.id.replace('pur_', ''), application: { profile } },
    });
    const { vault } = r.server.backend;
    const verdict = async (own: typeof found.card | undefined) => {
      const answer = await vault.chipOf({ number, sequence, own, iad });
      if (answer.status !== 'ok') return answer.status;
      const { chip } = answer;
      // Profiles of phones differ in other things than their cryptograms.
      const made = r.server.backend.profiles.get(profile);
      assert(made !== undefined, 'it is shipped');
      const { name, note, ...version } = cryptogramProfileOf(made);
      expect(chip.version).toMatchObject(own === undefined ? version : { ...version, name, note });
      return checkCryptogram(chip.port, chip.keysOf, chip.version, chip.card, elements).verdict;
    };
    expect(await verdict(found.card)).toBe('genuine');
    // Also of a number that is in no book: the range is ours.
    expect(await verdict(undefined)).toBe('genuine');
    expect(await vault.chipOf({ number, sequence, own: found.card, iad: iad.slice(1) })).toEqual({
      status: 'version_unknown',
    });
    // A card never is what its data could also be of: the profile in our books decides.
    const wrong = profile === 'phone' ? 'white-label-aes' : 'phone';
    const other = { ...found.card, application: { ...found.card.application, profile: wrong } };
    const asWrong = await vault.chipOf({ number, sequence, own: other, iad });
    if (asWrong.status === 'ok') {
      const { chip } = asWrong;
      expect(checkCryptogram(chip.port, chip.keysOf, chip.version, chip.card, elements).verdict).toBe(
        'bad-iad',
      );
    } else expect(asWrong.status).toBe('version_unknown');
  },
);
