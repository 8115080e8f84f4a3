/**
 * Area `card`, payments: how many EMV transactions the engine makes, how many cards a factory personalises, and what a card
 * costs a process that holds 10,000 of them (a load generator, a back-end that plays phones).
 */
import { type Card, cardMemorySize, inMemoryNvm, openCard } from '@sokkin/card';
import { u32 } from '@sokkin/codec';
import { applicationCryptogram, cryptogramSessionKey } from '@sokkin/crypto';
import { nodeCrypto, nodeRsa, nodeSymmetric } from '@sokkin/node';
import { fund, makeWorld, selectPurse, sync } from '@sokkin/testkit/world';
import { factory, makePaymentCard } from './factory.ts';
import { alternate, type Row } from './row.ts';
import { exchangeWith, shopTap } from './shop.ts';

const ROUND = 20;
const ROUNDS = 30;
const BATCH = 12;
const HELD = 10_000;

export async function paymentCards(): Promise<Row[]> {
  const ports = { crypto: nodeCrypto(), symmetric: nodeSymmetric(), rsa: nodeRsa() };
  const world = await makeWorld(ports.crypto);
  const f = await factory(world, ports);
  const made = await makePaymentCard(f, 1);
  await selectPurse(made.card);
  await sync(world, made.card, { order: 'activate' });
  await fund(world, made.card, 1_000_000n);
  return [...(await transactions(made.card)), await personalisations(f), await held(made.nvm.snapshot())];
}

/** ARQCs, which leave the journal alone, and so can go on for ever. */
async function transactions(card: Card): Promise<Row[]> {
  const exchange = exchangeWith(card);
  const rsa = nodeRsa();
  const port = nodeSymmetric();
  const key = await rsa.generateRsaKey(1024, 3);
  const input = new Uint8Array(128).fill(1);
  let number = 0;
  const round = (signed: boolean) => async () => {
    for (let i = 0; i < ROUND; i++) {
      await shopTap(exchange, { amount: 10n, number: u32(++number), ask: 'arqc', signed });
    }
  };
  const master = port.randomBytes(16);
  const bare = (signed: boolean) => () => {
    for (let i = 0; i < ROUND; i++) {
      const session = cryptogramSessionKey(port, 'tdes', master, Uint8Array.of(0, i));
      applicationCryptogram(port, 'tdes', session, new Uint8Array(65));
      if (signed) rsa.privateOperation(key.handle, input);
    }
  };
  const seconds = await alternate(
    { signed: round(true), plain: round(false), bareSigned: bare(true), barePlain: bare(false) },
    ROUNDS,
    20,
  );
  const rate = (what: string) => ROUND / (seconds[what] ?? Number.NaN);
  const row = (name: string, what: string, peer: string, calls: string): Row => ({
    area: 'card',
    name,
    value: rate(what),
    unit: '1/s',
    reference: `${calls} bare: ${Math.round(rate(peer))}/s`,
    ratio: rate(what) / rate(peer),
    goal: null,
    met: null,
  });
  return [
    row(
      'EMV transactions per second with CDA, one core',
      'signed',
      'bareSigned',
      'one cryptogram, one RSA-1024',
    ),
    row('EMV transactions per second without CDA, one core', 'plain', 'barePlain', 'one cryptogram'),
  ];
}

/** One card after the other: blank memory, SCP03, purse key and certificate, RSA key, certificates, records. */
async function personalisations(f: Awaited<ReturnType<typeof factory>>): Promise<Row> {
  const { rsa, crypto } = f.ports;
  let no = 100;
  const whole: number[] = [];
  const keys: number[] = [];
  for (let i = 0; i < BATCH; i++) {
    // The time of an RSA key is chance: both sides use the very same one.
    let start = performance.now();
    const key = await rsa.generateRsaKey(f.profile.rsa.icc, f.profile.rsa.exponent);
    await crypto.generateKey();
    const bare = (performance.now() - start) / 1000;
    start = performance.now();
    await makePaymentCard(f, ++no, { key });
    whole.push(bare + (performance.now() - start) / 1000);
    keys.push(bare);
  }
  const sum = (list: readonly number[]) => list.reduce((total, n) => total + n, 0);
  const [cards, bare] = [BATCH / sum(whole), BATCH / sum(keys)];
  return {
    area: 'card',
    name: 'personalisations per second, one after the other: keys, certificates, records, over SCP03',
    value: cards,
    unit: '1/s',
    reference: `bare key generation (RSA-1024 and P-256): ${bare.toFixed(1)}/s`,
    ratio: cards / bare,
    goal: null,
    met: null,
  };
}

/** The same card, opened over memories of its own: what the process grows by. */
async function held(image: Uint8Array): Promise<Row> {
  const ports = { crypto: nodeCrypto(), symmetric: nodeSymmetric(), rsa: nodeRsa() };
  const emv = { symmetric: ports.symmetric, rsa: ports.rsa };
  const cards: Card[] = [];
  const before = process.memoryUsage().rss;
  for (let i = 0; i < HELD; i++) {
    const nvm = inMemoryNvm(image.length);
    nvm.restore(image);
    cards.push(await openCard({ nvm, crypto: ports.crypto, emv }));
  }
  const bytes = (process.memoryUsage().rss - before) / cards.length;
  return {
    area: 'card',
    name: `memory of a card in a process that holds ${HELD.toLocaleString('en-US')}`,
    value: bytes / 1024,
    unit: 'KiB',
    reference: `its non-volatile memory alone: ${(cardMemorySize() / 1024).toFixed(0)} KiB`,
    ratio: cardMemorySize() / bytes,
    goal: null,
    met: null,
  };
}
