/**
 * Area `taps`, at the shop: what an EMV transaction costs on a real card, from what it really does here.
 *
 * Exchanges, bytes, memory writes and cryptographic operations are counted on the real engine. The card's time is
 * arithmetic on published figures of the NXP JCOP4 J3R180 (crocs-muni JCAlgTest, profile of 2021-10-20): RSA-1024 with CRT
 * 14.98 ms; a pass of triple DES or AES over up to 256 bytes 1.9 ms; setting up a key 6.1 ms; SHA-1 5.34 and SHA-256 7.92 ms
 * for 256 bytes; copying 256 bytes into persistent memory 2.86 ms. A byte on the air as in taps.ts.
 * Counted against us: one key set-up for every operation.
 */
import type { Nvm } from '@sokkin/card';
import { cardOver, openStore } from '@sokkin/card';
import { type Bytes, fromHex } from '@sokkin/codec';
import type { RsaPort, SymmetricPort } from '@sokkin/crypto';
import { nodeCrypto, nodeRsa, nodeSymmetric } from '@sokkin/node';
import { fund, makeWorld, selectPurse, sync } from '@sokkin/testkit/world';
import { factory, makePaymentCard } from './factory.ts';
import type { Row } from './row.ts';
import { exchangeWith, type Sale, shopTap } from './shop.ts';

const LIMIT_MS = 300;
const J3R180 = { rsa1024: 14.98, pass: 1.91, setUp: 6.1, sha1: 5.34, sha256: 7.92, write256: 2.86 };
const BYTE_MS = { 'at 424 kbit/s': 0.085 / 4, 'at 106 kbit/s': 0.085 } as const;

interface Count {
  exchanges: number;
  bytes: number;
  written: number;
  rsa: number;
  symmetric: number;
}

function countedSymmetric(inner: SymmetricPort, count: Count): SymmetricPort {
  const counted =
    <A extends unknown[]>(run: (...args: A) => Bytes) =>
    (...args: A): Bytes => {
      count.symmetric++;
      return run(...args);
    };
  return {
    randomBytes: inner.randomBytes,
    aesEncryptBlock: counted(inner.aesEncryptBlock),
    aesCbcEncrypt: counted(inner.aesCbcEncrypt),
    aesCbcDecrypt: counted(inner.aesCbcDecrypt),
    desCbcEncrypt: counted(inner.desCbcEncrypt),
    desCbcDecrypt: counted(inner.desCbcDecrypt),
  };
}

const countedRsa = (inner: RsaPort, count: Count): RsaPort => ({
  ...inner,
  privateOperation(handle, input) {
    count.rsa++;
    return inner.privateOperation(handle, input);
  },
});

const countedNvm = (inner: Nvm, count: Count): Nvm => ({
  size: inner.size,
  read: (offset, length) => inner.read(offset, length),
  write(offset, bytes) {
    count.written += bytes.length;
    return inner.write(offset, bytes);
  },
});

/** SHA-1 for a signature: over its data, and with CDA over the transaction; and what RECOVER AC must show. */
const HASHES = { signature: 1, cda: 2, approval: 1 };

export async function shopTaps(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const profile of ['white-label', 'white-label-aes']) rows.push(...(await tapsOf(profile)));
  return rows;
}

async function tapsOf(profile: string): Promise<Row[]> {
  const count: Count = { exchanges: 0, bytes: 0, written: 0, rsa: 0, symmetric: 0 };
  const ports = { crypto: nodeCrypto(), symmetric: nodeSymmetric(), rsa: nodeRsa() };
  const world = await makeWorld(ports.crypto);
  const made = await makePaymentCard(await factory(world, ports, profile), 1);
  await selectPurse(made.card);
  await sync(world, made.card, { order: 'activate' });
  await fund(world, made.card, 10_000n);
  const store = await openStore(countedNvm(made.nvm, count));
  if (store === undefined) throw new Error('The card was not finished');
  const emv = { symmetric: countedSymmetric(ports.symmetric, count), rsa: countedRsa(ports.rsa, count) };
  const send = exchangeWith(cardOver(store, { crypto: ports.crypto, emv }));
  const exchange = async (command: Bytes): Promise<Bytes> => {
    const answer = await send(command);
    count.exchanges++;
    count.bytes += command.length + answer.length;
    return answer;
  };
  const sales: readonly [string, Sale, boolean][] = [
    ['TC with CDA', { amount: 100n, number: fromHex('00000001'), ask: 'tc', signed: true }, true],
    ['TC', { amount: 100n, number: fromHex('00000002'), ask: 'tc', signed: false }, true],
    ['ARQC with CDA', { amount: 100n, number: fromHex('00000003'), ask: 'arqc', signed: true }, false],
  ];
  const rows: Row[] = [];
  for (const [name, sale, debits] of sales) {
    Object.assign(count, { exchanges: 0, bytes: 0, written: 0, rsa: 0, symmetric: 0 });
    const information = await shopTap(exchange, sale);
    if (information !== (sale.ask === 'tc' ? 0x40 : 0x80)) throw new Error(`The card gave ${information}`);
    rows.push(...rowsOf(`shop, ${profile}, ${name}`, { ...count }, sale.signed, debits));
  }
  return rows;
}

function rowsOf(name: string, count: Count, signed: boolean, debits: boolean): Row[] {
  const sha1 = (signed ? HASHES.signature + HASHES.cda : 0) + (debits ? HASHES.approval : 0);
  const times = {
    rsa: count.rsa * (J3R180.rsa1024 + J3R180.setUp),
    symmetric: count.symmetric * (J3R180.pass + J3R180.setUp),
    hashes: sha1 * J3R180.sha1 + (debits ? J3R180.sha256 : 0),
    memory: (count.written / 256) * J3R180.write256,
  };
  const exchanges: Row = {
    area: 'taps',
    name: `${name}: exchanges`,
    value: count.exchanges,
    unit: '',
    reference: `${count.bytes} bytes, ${count.rsa} RSA-1024, ${count.symmetric} cipher calls, ${sha1} SHA-1, ${count.written} bytes written`,
    ratio: null,
    goal: null,
    met: null,
  };
  const modelled = Object.entries(BYTE_MS).map(([speed, byteMs]): Row => {
    const parts = [times.rsa, times.symmetric, times.hashes, times.memory, count.bytes * byteMs];
    const total = parts.reduce((sum, n) => sum + n, 0);
    return {
      area: 'taps',
      name: `${name}: NXP JCOP4 J3R180 ${speed}`,
      value: total,
      unit: 'ms',
      reference: `RSA ${parts.map((n) => n.toFixed(0)).join(' + ')} (cipher, hashes, memory, air)`,
      ratio: LIMIT_MS / total,
      goal: `<= ${LIMIT_MS} ms`,
      met: total <= LIMIT_MS,
    };
  });
  return [exchanges, ...modelled];
}
