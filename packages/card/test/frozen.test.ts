/**
 * Card memories of every released format still open, and hold what they held (`frozen/*.json`). A fixture is never
 * made anew: a new format adds one. `SOKKIN_FREEZE=NAME` writes one for the format of today, once.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { fromHex, hex } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import { INS } from '@sokkin/purse';
import {
  creditRequest,
  makeActiveCard,
  makeWorld,
  only,
  payRequest,
  readStatement,
  readSummary,
  say,
  selectPurse,
  settleRequest,
  sync,
  ticketRequest,
} from '@sokkin/testkit';
import { expect, test } from 'vitest';
import {
  type Card,
  cardMemorySize,
  createCard,
  type FactoryKeys,
  inMemoryNvm,
  type MemoryNvm,
  openCard,
  RECORD_VERSION,
} from '../src/index.ts';
import {
  begin,
  emvPorts,
  firstAc,
  handCard,
  processingOptions,
  recover,
  selectPayment,
  send,
} from './emv/hand-card.ts';

const FOLDER = join(import.meta.dirname, 'frozen');

interface Frozen {
  readonly made: string;
  readonly recordVersion: number;
  /** Each memory, gzipped, base64. */
  readonly cards: Readonly<
    Record<string, { readonly memory: string; readonly says: Readonly<Record<string, string>> }>
  >;
}

const DOMAIN_AID = fromHex('a000000151000000');
const FACTORY_KEYS: FactoryKeys = {
  diversification: fromHex('00010203040506070809'),
  keys: {
    version: 1,
    enc: new Uint8Array(16).fill(1),
    mac: new Uint8Array(16).fill(2),
    dek: new Uint8Array(16).fill(3),
  },
};

const said = async (card: Awaited<ReturnType<typeof openCard>>): Promise<Record<string, string>> => {
  await selectPurse(card);
  const summary = await readSummary(card);
  const shown = Object.entries(summary).map(([name, value]) => [name, String(value)]);
  const others = { ...(await saidOfPayments(card)), ...(await saidOfDomain(card)) };
  if (summary.lifecycle === 'blank') return { ...Object.fromEntries(shown), ...others };
  await selectPurse(card);
  const { seq, link, openTickets } = await readStatement(card);
  return {
    ...Object.fromEntries(shown),
    chain: `${seq} ${hex(link)}`,
    tickets: openTickets.join(' '),
    ...others,
  };
};

/** What a payment application says, and gives again; nothing where there is none. */
async function saidOfPayments(card: Card): Promise<Record<string, string>> {
  const selected = await selectPayment(card);
  if (selected.sw === 0x6a82) return {};
  const atc = await send(card, 0x80, 0xca, 0x9f, 0x36);
  const record = await send(card, 0x00, 0xb2, 0x01, 0x0c);
  await processingOptions(card);
  const recovered = await recover(card, { amount: 77n });
  return {
    payment: hex(selected.data),
    atc: hex(atc.data),
    record: hex(record.data),
    tc: hex(recovered.data),
  };
}

async function saidOfDomain(card: Card): Promise<Record<string, string>> {
  const selected = await send(card, 0x00, 0xa4, 0x04, 0x00, DOMAIN_AID);
  return selected.sw === 0x6a82 ? {} : { domain: hex((await send(card, 0x80, 0xca, 0x00, 0xe0)).data) };
}

/** Lives that leave something in every part of the memory. */
async function freeze(name: string): Promise<void> {
  const crypto = nodeCrypto();
  const world = await makeWorld(crypto);
  const payer = await makeActiveCard(world, 10, { balance: 900n });
  const payee = await makeActiveCard(world, 11);
  for (let i = 1; i <= 20; i++) {
    const ticket = only(await say(payee.card, INS.issueTicket, ticketRequest(9n, i)));
    const payment = only(
      await say(payer.card, INS.pay, payRequest(payee.certificate, ticket, BigInt((i % 9) + 1))),
    );
    if (i % 4 === 0) continue;
    const receipt = only(await say(payee.card, INS.credit, creditRequest(payer.certificate, payment)));
    if (i % 3 === 0) await say(payer.card, INS.settle, settleRequest(payee.certificate, receipt));
    if (i === 12) await sync(world, payer.card);
  }
  const blocked = await makeActiveCard(world, 12, { balance: 5n });
  await sync(world, blocked.card, { order: 'block', blocked: [payer.certificate.subjectRef] });
  const blank = inMemoryNvm(cardMemorySize());
  await createCard({ nvm: blank, crypto });
  const keyed = inMemoryNvm(cardMemorySize());
  await createCard({ nvm: keyed, crypto, emv: emvPorts() }, undefined, FACTORY_KEYS);
  const shopper = await handCard();
  await begin(shopper.card);
  await firstAc(shopper.card, 'tc', { amount: 77n });
  const memories = {
    payer: payer.nvm,
    payee: payee.nvm,
    blocked: blocked.nvm,
    blank,
    keyed,
    shopper: shopper.nvm,
  };
  const cards: Record<string, Frozen['cards'][string]> = {};
  for (const [who, nvm] of Object.entries(memories)) {
    const memory = gzipSync(nvm.snapshot(), { level: 9 }).toString('base64');
    cards[who] = { memory, says: await said(await openCard({ nvm: copyOf(nvm), crypto, emv: emvPorts() })) };
  }
  const frozen: Frozen = { made: name, recordVersion: RECORD_VERSION, cards };
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify(frozen, null, 1)}\n`, { flag: 'wx' });
}

/** Asking changes a counter; the memory that is kept is the one before. */
function copyOf(nvm: MemoryNvm): MemoryNvm {
  const copy = inMemoryNvm(nvm.size);
  copy.restore(nvm.snapshot());
  return copy;
}

const wanted = process.env.SOKKIN_FREEZE;
if (wanted !== undefined && !existsSync(join(FOLDER, `${wanted}.json`))) await freeze(wanted);

const files = readdirSync(FOLDER).filter((f) => f.endsWith('.json'));

test('the format of today has a frozen state', () => {
  const versions = files.map(
    (f) => (JSON.parse(readFileSync(join(FOLDER, f), 'utf8')) as Frozen).recordVersion,
  );
  expect(versions).toContain(RECORD_VERSION);
});

test.each(files)('%s opens, and holds what it held', async (file) => {
  const frozen = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Frozen;
  expect(Object.keys(frozen.cards).length).toBeGreaterThan(3);
  for (const [who, { memory, says }] of Object.entries(frozen.cards)) {
    const bytes = new Uint8Array(gunzipSync(Buffer.from(memory, 'base64')));
    const nvm = inMemoryNvm(bytes.length);
    nvm.restore(bytes);
    const card = await openCard({ nvm, crypto: nodeCrypto(), emv: emvPorts() });
    expect(await said(card), who).toEqual(says);
  }
});
