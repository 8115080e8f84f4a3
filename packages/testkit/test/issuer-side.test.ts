/**
 * The issuer's side against our own card, through real APDUs and DE 55 as an acquirer would bring it: every type of cryptogram,
 * the answer and the scripts that the card takes, and what it does with wrong ones.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ascii,
  type Bytes,
  chipDataOf,
  DE55_TABLES,
  encodeCsu,
  readDe55,
  SW,
  selectDe55,
  writeDe55,
} from '@sokkin/codec';
import {
  type AuthenticCryptogram,
  type CryptogramFinding,
  checkCryptogram,
  cryptogramProfileOf,
  decideChip,
  type IssuerWord,
  issuerAuthentication,
  issuerCommands,
  issuerScript,
  readCvmResults,
  readIssuerRules,
  readProfile,
  type ScriptAction,
} from '@sokkin/issuer';
import { nodeCrypto, nodeRsa, nodeSymmetric } from '@sokkin/node';
import { type EmvPurchase, type LivingPaymentCard, makePaymentCard, payWithEmv } from '@sokkin/testkit';
import { beforeAll, describe, expect, test } from 'vitest';

const crypto = nodeCrypto();
const emv = { rsa: nodeRsa(), symmetric: nodeSymmetric() };
const port = emv.symmetric;
const read = (path: string): string => readFileSync(join(import.meta.dirname, '../../issuer', path), 'utf8');
const RULES = readIssuerRules(read('rules/default.json'));

describe.each(['white-label', 'white-label-aes', 'jcb-shaped', 'phone'])('%s', (name) => {
  const profile = readProfile(read(`profiles/${name}.json`));
  const version = cryptogramProfileOf(profile);
  let living: LivingPaymentCard;
  beforeAll(async () => {
    living = await makePaymentCard(crypto, emv, profile, 100_000n);
  });

  /** The elements as they come out of DE 55 on the other side of an acquirer. */
  const overTheWire = (message: ReadonlyMap<number, Bytes>): ReadonlyMap<number, Bytes> => {
    // The terminal of the books sends what the lists ask for; an acquirer wants the minimum data besides.
    const octets = writeDe55(DE55_TABLES.request, selectDe55(DE55_TABLES.request, message));
    return readDe55(DE55_TABLES.request, octets).elements;
  };

  function check(elements: ReadonlyMap<number, Bytes>): CryptogramFinding {
    const { order, issuer } = living.bank;
    const keysOf = (index: number) => (index === issuer.keyIndex ? issuer.masterKeys : undefined);
    return checkCryptogram(port, keysOf, version, order, elements);
  }

  function genuine(message: ReadonlyMap<number, Bytes>): AuthenticCryptogram {
    const found = check(overTheWire(message));
    if (found.verdict !== 'genuine') throw new Error(`${name}: ${found.verdict}`);
    return found;
  }

  const word = (approves: boolean): IssuerWord =>
    version.arpc.method === 1
      ? { method: 1, responseCode: ascii(approves ? '00' : '05') }
      : {
          method: 2,
          cardStatusUpdate: encodeCsu({
            flags: new Set(approves ? ['issuerApproves'] : []),
            counters: 'reset',
            pinTries: 0,
          }),
        };

  /** An issuer that answers with these orders; `spoil` turns a bit of the proof. */
  const answering =
    (actions: readonly ScriptAction[] = [], spoil = false): NonNullable<EmvPurchase['online']> =>
    async (message) => {
      const found = genuine(message);
      const proof = issuerAuthentication(port, version, found, word(true));
      const scripts = issuerCommands(port, version, found, actions);
      return {
        responseCode: ascii('00'),
        authentication: spoil ? proof.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) : proof,
        scripts: actions.length === 0 ? [] : [issuerScript(0x72, scripts)],
      };
    };

  async function pay(purchase: EmvPurchase, contact = false) {
    const terminal = living.bank.terminal(contact ? { interface: 'contact' } : {});
    const end = await payWithEmv(await living.card.tap(), terminal, purchase);
    if (end.ended !== 'approved' && end.ended !== 'declined') throw new Error(`${name} ended ${end.ended}`);
    return end;
  }

  test('an offline approval is a TC, and nothing else', async () => {
    const end = await pay({ amount: 120n, request: 'tc' });
    const found = genuine(end.message);
    expect([end.ended, found.type]).toEqual(['approved', 'tc']);
    const called = new Map([...overTheWire(end.message), [0x9f27, Uint8Array.of(0x80)]]);
    expect(check(called)).toEqual({ verdict: 'type-mismatch', type: 'tc' });
  });

  test('an AAC is known, too', async () => {
    const end = await pay({ amount: 120n, request: 'aac' });
    expect([end.ended, genuine(end.message).type]).toEqual(['declined', 'aac']);
  });

  test('asked online: the question passes the rules, the proof is taken, the last cryptogram is a TC', async () => {
    let asked: ReadonlyMap<number, Bytes> = new Map();
    const issuer = answering();
    const end = await pay({
      amount: 120n,
      request: 'arqc',
      online: async (message) => {
        asked = message;
        return issuer(message);
      },
    });
    const elements = overTheWire(asked);
    const finding = check(elements);
    const chip = chipDataOf(elements);
    const decision = decideChip(RULES, {
      finding,
      due: 'arqc',
      counter: 'new',
      tvr: chip.results,
      cvm: readCvmResults(chip.cvmResults) ?? { method: 'notPerformed', result: 'failed' },
      entry: 'contactless',
      amount: chip.amount,
    });
    expect([chip.type, chip.amount, decision.decision]).toEqual(['arqc', 120n, 'approve']);
    expect([end.ended, genuine(end.message).type]).toEqual(['approved', 'tc']);
  });

  test('a proof with a wrong bit is no proof: the card declines', async () => {
    const end = await pay({ amount: 120n, request: 'arqc', online: answering([], true) });
    expect([end.ended, genuine(end.message).type]).toEqual(['declined', 'aac']);
    await pay({ amount: 1n, request: 'arqc', online: answering() });
  });

  test('scripts that the card takes: limits, block and unblock', async () => {
    const orders: ScriptAction[] = [
      { action: 'putData', tag: 0x9f14, value: Uint8Array.of(9) },
      { action: 'blockApplication' },
      { action: 'unblockApplication' },
      { action: 'putData', tag: 0x9f23, value: Uint8Array.of(19) },
    ];
    const end = await pay({ amount: 1n, request: 'arqc', online: answering(orders) });
    expect(end.scripts).toEqual(orders.map(() => SW.ok));
  });

  test('any bit of what the cryptogram covers, of it and of the key: refused', async () => {
    const { message } = await pay({ amount: 77n, request: 'tc' });
    const elements = overTheWire(message);
    expect(check(elements).verdict).toBe('genuine');
    const tags = version.data.flatMap((part) => ('tag' in part ? [part.tag] : [0x9f10]));
    const survived: string[] = [];
    for (const tag of new Set([...tags, 0x9f26])) {
      const value = elements.get(tag) ?? new Uint8Array(0);
      for (let bit = 0; bit < value.length * 8; bit++) {
        const wrong = value.map((byte, i) => (i === bit >>> 3 ? byte ^ (0x80 >>> (bit & 7)) : byte));
        if (check(new Map([...elements, [tag, wrong]])).verdict === 'genuine')
          survived.push(`${tag.toString(16)} bit ${bit}`);
      }
    }
    expect(survived).toEqual([]);
  });
});
