/** Orders for cards, through the desk to a card that lives: it takes them from its issuer, and says so the next time. */
import { readFileSync } from 'node:fs';
import { ascii, type Bytes, concat, DE55_TABLES, type IsoTlv, SW, selectDe55, tlv } from '@sokkin/codec';
import { cryptogramProfileOf, readIssuerRules, readProfile, type ScriptAction } from '@sokkin/issuer';
import { nodeCrypto, nodeRsa, nodeSymmetric } from '@sokkin/node';
import { makePaymentCard, payWithEmv } from '@sokkin/testkit';
import { expect, onTestFinished, test } from 'vitest';
import type { ShopAnswer } from '../src/acceptance/desk.ts';
import { deskRig, say } from './desk-kit.ts';

const read = (path: string): string =>
  readFileSync(new URL(`../../../packages/issuer/${path}`, import.meta.url), 'utf8');

async function cardAtDesk(name: string) {
  const rig = await deskRig();
  onTestFinished(() => rig.close());
  const profile = readProfile(read(`profiles/${name}.json`));
  const emv = { rsa: nodeRsa(), symmetric: nodeSymmetric() };
  const { bank, card } = await makePaymentCard(nodeCrypto(), emv, profile, 100_000n);
  const { pan, sequence = '00' } = bank.order;
  rig.instruments.rows.set(pan, {
    ...{
      kind: 'pan',
      id: 'lnk_1',
      account: 'acc_payer',
      domain: undefined,
      refusal: undefined,
      own: undefined,
    },
  });
  rig.instruments.chip = {
    ...{ range: undefined, card: bank.order, version: cryptogramProfileOf(profile), port: emv.symmetric },
    rules: readIssuerRules(read('rules/default.json')),
    keysOf: (index) => (index === bank.issuer.keyIndex ? bank.issuer.masterKeys : undefined),
  };
  const order = (
    id: string,
    action: ScriptAction['action'],
    data?: { tag: number; value: Bytes },
    sealed?: Bytes,
  ) =>
    rig.store.write((tx) =>
      tx.cardScripts.add(
        { id, account: 'acc_payer', card: `lnk_1:${sequence}`, action, data, sealed, orderedBy: 'cli_1' },
        rig.at(),
      ),
    );
  const states = () =>
    rig.store
      .read((tx) => tx.cardScripts.ofCard('acc_payer', `lnk_1:${sequence}`, { limit: 20, after: undefined }))
      .then((rows) => rows.map(({ id, state }) => `${id} ${state}`));
  /** A payment at a shop's terminal, online; what the desk said of it, and what the card did with the orders. */
  const pay = async (n: number, amount: bigint) => {
    const answers: ShopAnswer[] = [];
    const end = await payWithEmv(await card.tap(), bank.terminal({}), {
      amount,
      request: 'arqc',
      online: async (message) => {
        const { elements } = selectDe55(DE55_TABLES.request, message);
        const chip: IsoTlv[] = [...elements].map(([tag, value]) => ({ tag, value }));
        const ask = say('0200', n, { 2: pan, 4: amount, 22: '071', 55: chip });
        const answer = await rig.ask(ask);
        // Lost, and asked again: the same to the last bit.
        expect(await rig.ask(ask)).toEqual(answer);
        answers.push(answer);
        const find = (tag: number) => answer.chip.filter((one) => one.tag === tag);
        return {
          responseCode: find(0x8a)[0]?.value ?? ascii('05'),
          authentication: find(0x91)[0]?.value ?? new Uint8Array(0),
          scripts: find(0x72).map(({ tag, value }) => concat(tlv(tag, value))),
        };
      },
    });
    if (end.ended !== 'approved' && end.ended !== 'declined') throw new Error(`ended ${end.ended}`);
    return { ended: end.ended, scripts: end.scripts, outcome: answers[0]?.outcome };
  };
  return { rig, order, states, pay };
}

test.each(['white-label', 'white-label-aes', 'jcb-shaped'])(
  '%s: the card takes its orders once',
  async (name) => {
    const { order, states, pay } = await cardAtDesk(name);
    await order('scr_1', 'putData', { tag: 0x9f14, value: Uint8Array.of(9) });
    await order('scr_2', 'blockApplication');
    await order('scr_3', 'unblockApplication');
    await order('scr_4', 'changePin', undefined, ascii('4711'));
    expect(await pay(1, 10n)).toEqual({
      ended: 'approved',
      outcome: 'approved',
      scripts: [SW.ok, SW.ok, SW.ok],
    });
    expect(await states()).toEqual(['scr_1 sent', 'scr_2 sent', 'scr_3 sent', 'scr_4 waiting']);
    // The card says that it worked off what it got; the rest goes now.
    expect(await pay(2, 10n)).toEqual({ ended: 'approved', outcome: 'approved', scripts: [SW.ok] });
    expect(await states()).toEqual(['scr_1 done', 'scr_2 done', 'scr_3 done', 'scr_4 sent']);
    expect(await pay(3, 5000n)).toEqual({ ended: 'declined', outcome: 'insufficient_funds', scripts: [] });
    expect((await states()).at(-1)).toBe('scr_4 done');
  },
);
