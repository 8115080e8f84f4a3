/**
 * A wallet pays a purse that is an NFC tag. What is played is the phone's NFC: `NDEFReader` is a class of this test, since no Chromium on a desktop has one. The
 * payee is a real purse of the same back-end.
 */
import { amountBytes, type Bytes, concat, hex } from '@sokkin/codec';
import { OBJECT, object, TAG_RECORD_TYPE } from '@sokkin/purse';
import { parseShown } from '@sokkin/terminal';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { creditBy, newPurse, type Purse, ticketOf } from '../../server/test/kit.ts';
import { balanceOf, begin, openStage, openWallet, press, type Stage } from './stage.ts';

let stage: Stage;
let page: Page;
let payee: Purse;
/** What the tag shows. */
let shown: Bytes;
/** So many writes are torn before one arrives. */
let torn = 1;

beforeAll(async () => {
  stage = await openStage();
  const { api } = stage.server;
  const { id: account } = await api.make('/v1/accounts', { name: 'Shop' });
  payee = await newPurse(api, account);
  const context = await stage.profile();
  page = await openWallet(context, stage.url, 'main');
  await page.exposeFunction('tagRead', () => [...shown]);
  await page.exposeFunction('tagWrite', async (bytes: number[]) => {
    if (torn-- > 0) return false;
    await take(Uint8Array.from(bytes));
    return true;
  });
  await page.addInitScript(PLAYED);
  await page.reload();
  await begin(page, 'Hanako');
  await context.setOffline(true);
});
afterAll(() => stage?.close());

const chain = (): Bytes => concat(object('purse', payee.certificate), object('issuer', payee.issuer));

async function take(objects: Bytes): Promise<void> {
  const message = parseShown(objects);
  if (message.kind !== 'payment') throw new Error(`a ${message.kind} was written`);
  const { payment } = message;
  const receipt = await creditBy(payee, payment.chain.leaf.bytes, payment.message);
  shown = concat(object('receipt', receipt), chain());
}

const PLAYED = `globalThis.NDEFReader = class extends EventTarget {
  async scan({ signal }) {
    let last = '';
    const look = async () => {
      if (signal.aborted) return;
      const bytes = Uint8Array.from(await tagRead());
      if (String(bytes) !== last) {
        last = String(bytes);
        const record = { recordType: '${TAG_RECORD_TYPE}', data: new DataView(bytes.buffer) };
        this.dispatchEvent(Object.assign(new Event('reading'), { message: { records: [record] } }));
      }
      setTimeout(look, 50);
    };
    look();
  }
  async write({ records }) {
    if (!(await tagWrite([...records[0].data]))) throw new DOMException('The tag left.', 'NetworkError');
  }
}`;

test('the request is read from the tag, the payment is written to it, the receipt read again', async () => {
  shown = concat(object('ticket', await ticketOf(payee, 700n)), object('amount', amountBytes(700n)), chain());
  expect(hex(shown).startsWith(OBJECT.ticket.toString(16))).toBe(true);
  await press(page, 'Scan a code');
  await page.getByRole('heading', { name: 'Do you pay this?' }).waitFor();
  await page.getByText('¥700').first().waitFor();
  await press(page, 'Pay');
  await page.getByRole('heading', { name: 'Paid', exact: true }).waitFor();
  await press(page, 'Done');
  expect(await balanceOf(page)).toBe(9_300n);
  expect(torn).toBe(-1);
});
