/**
 * Every value in the transcripts of the payment application follows from the keys in the file alone: computed again on
 * node:crypto (emv/by-hand.ts), by the offsets of docs/spec/card-application.md, and through packages/crypto.
 */
import { type DataGrouping, epochOfIso, fromHex, hex } from '@sokkin/codec';
import { diversifyKeys, iccMasterKey } from '@sokkin/crypto';
import { validatePrepared } from '@sokkin/issuer';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import { describe, expect, test } from 'vitest';
import { cardMasterKey, cubed, derive, sha1, sha256 } from './emv/by-hand.ts';
import { Channel } from './emv/channel.ts';
import { bytesOf, dataOf, exchangeOf, files, stepsOf, text, valuesOf } from './emv/files.ts';
import { Transaction } from './emv/transaction.ts';
import { factoryKeys, present } from './vector-files.ts';

const symmetric = nodeSymmetric();

describe.each(files)('keys: $description', ({ batchMasterKey, keys, participants }) => {
  test('of the security domain come from the batch key', () => {
    for (const { factory } of participants) {
      if (factory === undefined) continue;
      const context = Buffer.concat([Buffer.of(factory.version), bytesOf(factory.diversification)]);
      const master = bytesOf(batchMasterKey);
      expect(text(derive(master, 0x81, 16, context))).toBe(factory.enc);
      expect(text(derive(master, 0x82, 16, context))).toBe(factory.mac);
      expect(text(derive(master, 0x83, 16, context))).toBe(factory.dek);
      const { diversification, keys: own } = factoryKeys(factory);
      expect(diversifyKeys(symmetric, fromHex(batchMasterKey), { diversification, keyVersion: 1 })).toEqual(
        own,
      );
    }
  });

  test('of the card come from the issuer’s', () => {
    for (const { pan, sequence, masterKeyOption, issuerMasterKeys, cardMasterKeys } of keys) {
      for (const [purpose, key] of Object.entries(issuerMasterKeys)) {
        const expected = present(cardMasterKeys[purpose], purpose);
        expect(text(cardMasterKey(bytesOf(key), pan, sequence))).toBe(expected);
        expect(hex(iccMasterKey(symmetric, masterKeyOption, fromHex(key), { pan, sequence }))).toBe(expected);
      }
    }
  });

  test('of RSA follow from their primes, with exponent 3', () => {
    for (const { certificationAuthority, issuerKey, cardKey } of keys) {
      for (const key of [certificationAuthority, issuerKey, cardKey]) {
        const number = (part: 'modulus' | 'p' | 'q' | 'dp' | 'dq' | 'qInverse') => BigInt(`0x${key[part]}`);
        const [p, q] = [number('p'), number('q')];
        expect(number('modulus')).toBe(p * q);
        expect(key.exponent).toBe('03');
        const ones = [(3n * number('dp')) % (p - 1n), (3n * number('dq')) % (q - 1n)];
        expect([...ones, (q * number('qInverse')) % p]).toEqual([1n, 1n, 1n]);
      }
    }
  });
});

test.each(files)('secure channels, by hand: $description', (file) => {
  const channels = new Map<string, Channel>();
  let secured = 0;
  for (const step of stepsOf(file)) {
    if (step.application !== 'security domain') continue;
    const { factory } = present(
      file.participants.find((p) => p.name === step.who),
      step.who,
    );
    const channel = channels.get(step.who) ?? new Channel(present(factory, 'factory keys'));
    channels.set(step.who, channel);
    const instruction = exchangeOf(step)[0].readUInt8(1);
    if (instruction === 0x50) channel.open(step);
    else if (instruction === 0x82) channel.authenticate(step);
    else if (step.plain !== undefined) {
      channel.secured(step);
      secured += 1;
    }
  }
  expect(secured).toBeGreaterThan(20);
});

test.each(files)('what was loaded is a sound card: $description', async (file) => {
  for (const { card, certificationAuthority: ca } of file.keys) {
    const groupings = stepsOf(file)
      .filter(({ who }) => who === card)
      .flatMap((step) => valuesOf(step).groupings ?? [])
      .filter(({ dgi }) => !dgi.startsWith('7'))
      .map(({ dgi, value }): DataGrouping => ({ dgi: Number.parseInt(dgi, 16), value: fromHex(value) }));
    const key = {
      rid: fromHex(present(ca.rid, 'RID')),
      index: present(ca.index, 'index'),
      modulus: fromHex(ca.modulus),
      exponent: fromHex(ca.exponent),
    };
    const ports = { rsa: nodeRsa(), symmetric };
    const found = await validatePrepared(ports, key, groupings, epochOfIso('2026-11-22'));
    expect(found).toHaveProperty('verdict', 'sound');
  }
});

describe('transactions, by hand', () => {
  const file = present(files[1], 'transactions');
  const kinds = new Map<string, number>();
  const seen = (kind: string): void => void kinds.set(kind, (kinds.get(kind) ?? 0) + 1);

  test('every value follows from the keys', () => {
    for (const [i, keys] of file.keys.entries()) {
      const transaction = new Transaction(keys, i === 0 ? 1 : 2);
      const mine = file.steps.filter((step) => step.who === keys.card);
      for (const [at, step] of mine.entries()) {
        if (step.application === undefined) continue;
        const before = mine[at - 1] ?? file.setup.findLast((s) => s.who === keys.card) ?? step;
        const values = valuesOf(step);
        const [, ins] = exchangeOf(step)[0];
        if (values.macInput !== undefined && step.sw !== '6985') transaction.script(step);
        else if (ins === 0x82 && values.issuerAuthentication !== undefined)
          transaction.issuerAuthentication(step);
        else if (step.sw !== '9000') continue;
        else if (ins === 0xa8) transaction.begin(step);
        else if (ins === 0xb2 && transaction.isBegun) transaction.record(step);
        else if (ins === 0x88) transaction.dda(step);
        else if (ins === 0xae) transaction.cryptogram(step);
        seen(`${ins?.toString(16)}${values.gives ?? ''}`);
        if (step.entry === undefined) expect(step.after?.balance, step.does).toBe(before.after?.balance);
        else transaction.approval(step, before);
        expect(step.entry !== undefined, step.does).toBe(ins === 0xae && values.iad?.debited === true);
      }
    }
    for (const kind of ['aetc', 'aearqc', 'aeaac', '88', '82', '24', 'da', '1e', '18', '16'])
      expect(kinds.get(kind), kind).toBeGreaterThan(0);
  });

  test('RECOVER AC gives the very answer that was lost', () => {
    const lost = file.steps.find((s) => s.answerLost);
    const again = file.steps.find((s) => s.sw === '9000' && valuesOf(s).recoveryHash !== undefined);
    const [first, second] = [present(lost, 'lost'), present(again, 'again')];
    expect(second.short?.[0]?.response).toBe(first.short?.[0]?.response);
    const { drdol = '', recoveryHash } = valuesOf(second);
    expect(text(sha1(bytesOf(drdol)))).toBe(recoveryHash);
  });

  test('an enciphered PIN holds the card’s own challenge', () => {
    const at = file.steps.findIndex((s) => s.does.startsWith('VERIFY, enciphered'));
    const [challenge, verify] = [present(file.steps[at - 1], 'before'), present(file.steps[at], 'VERIFY')];
    const { plaintext = '' } = valuesOf(verify);
    const { modulus } = present(file.keys[0], 'keys').cardKey;
    expect(text(cubed(bytesOf(plaintext), bytesOf(modulus)))).toBe(text(dataOf(exchangeOf(verify)[0])));
    expect(challenge.short?.[0]?.response).toBe(`${challenge.random?.[0]}9000`);
    expect(plaintext.startsWith(`7f241234ffffffffff${challenge.random?.[0]}`)).toBe(true);
  });

  test.each(files)('what cards draw comes from their names: $description', (transcript) => {
    for (const { name } of transcript.participants) {
      const drawn = stepsOf(transcript)
        .filter(({ who }) => who === name)
        .flatMap(({ random = [] }) => random);
      for (const [i, number] of drawn.entries()) {
        const source = sha256(Buffer.from(`sokkin vector random: ${name} ${i + 1}`));
        expect(number).toBe(text(source.subarray(0, number.length / 2)));
      }
    }
  });
});
