/**
 * Every octet of a message changed, towards a live host with the real desk: each gets an answer that can be read, or the connection is
 * closed; the host goes on; and no more money moves than the message that was changed stands for.
 */
import { connect } from 'node:net';
import {
  type Bytes,
  decodeIso,
  encodeIso,
  type IsoMessage,
  isoMessage,
  responseMti,
  withIsoMac,
} from '@sokkin/codec';
import { IsoChannel, isoMacFunction, nodeSymmetric } from '@sokkin/node';
import { reversalRequest, saleRequest } from '@sokkin/terminal';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { dialect, MAC_KEY, type OpenShop, openShop, SHOP, stampNow, tapOf } from './shop.ts';

const SEED = 20261123;
/** At a time: the host lets whoever sends a wrong code wait a tenth of a second. */
const LINES = 24;
const AMOUNT = 1200n;
let shop: OpenShop | undefined;
afterEach(async () => {
  await shop?.close();
  shop = undefined;
});

/** What the octet becomes: one bit, the highest bit, nothing, everything; and two values by the seed. */
function* mutants(octets: Bytes): Generator<{ readonly at: number; readonly octets: Bytes }> {
  const values = fc.sample(fc.integer({ min: 0, max: 255 }), { seed: SEED, numRuns: 2 * octets.length });
  for (const [at, octet] of octets.entries()) {
    const drawn = [values[2 * at] ?? 0, values[2 * at + 1] ?? 0];
    const others = new Set([octet ^ 1, octet ^ 0x80, 0x00, 0xff, ...drawn].filter((v) => v !== octet));
    for (const value of others) yield { at, octets: octets.map((o, i) => (i === at ? value : o)) };
  }
}

type Fate =
  | { readonly kind: 'answered'; readonly message: IsoMessage }
  | { readonly kind: 'closed' | 'nothing' };

/** One line that is opened again when it was closed; after each message an echo shows that the host lives. */
function caller(open: OpenShop, sign: (message: IsoMessage) => IsoMessage, number: number) {
  const { profile, line } = open;
  let channel: IsoChannel | undefined;
  let heard: ((fate: Fate) => void) | undefined;
  let stan = 900_000 + number * 1_000;
  const opened = async (): Promise<IsoChannel> => {
    if (channel !== undefined) return channel;
    const socket = connect({ host: line.host, port: line.port });
    await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail));
    const made: IsoChannel = new IsoChannel(socket, profile.framing, {
      message: (octets) => heard?.({ kind: 'answered', message: decodeIso(profile, octets) }),
      closed: () => {
        if (channel === made) channel = undefined;
        heard?.({ kind: 'closed' });
      },
    });
    channel = made;
    return made;
  };
  const echo = (): Bytes => {
    stan += 1;
    const { transmitted } = stampNow();
    return encodeIso(profile, sign(isoMessage('0800', { 7: transmitted, 11: `${stan}`, 70: '301' })));
  };
  return {
    /** `nothing`: it wants no answer, and the echo after it was answered. */
    async send(octets: Bytes): Promise<Fate> {
      const line = await opened();
      const fate = new Promise<Fate>((done, fail) => {
        const limit = setTimeout(() => fail(new Error('neither answered nor closed')), 20_000);
        heard = (found) => {
          clearTimeout(limit);
          const isEcho = found.kind === 'answered' && found.message.mti.class === 'network-management';
          done(isEcho && wantsNone(profile, octets) ? { kind: 'nothing' } : found);
        };
      });
      line.send(octets);
      if (wantsNone(profile, octets)) line.send(echo());
      return fate;
    },
    close: () => channel?.destroy(),
  };
}

async function tell(open: OpenShop, octets: Bytes, sign: (message: IsoMessage) => IsoMessage) {
  const fates = { answered: 0, closed: 0, nothing: 0, approved: 0 };
  const left = mutants(octets);
  const overLine = async (_: unknown, number: number) => {
    const line = caller(open, sign, number);
    for (const mutant of left) {
      const fate = await line.send(mutant.octets);
      fates[fate.kind] += 1;
      if (fate.kind === 'answered') {
        const code = fate.message.fields.get(39);
        expect(code, `octet ${mutant.at}`).toMatch(/^[0-9A-Z]{2}$/);
        if (code === '00' || code === '10') fates.approved += 1;
      }
    }
    line.close();
  };
  await Promise.all(Array.from({ length: LINES }, overLine));
  return fates;
}

/** A response or a notification: nobody is answered. */
function wantsNone(profile: OpenShop['profile'], octets: Bytes): boolean {
  try {
    return responseMti(decodeIso(profile, octets).mti) === undefined;
  } catch {
    return false;
  }
}

const plain = (message: IsoMessage): IsoMessage => message;

test('a sale without a code: all that its mutants pay together is the sale', async () => {
  shop = await openShop({ dialect: dialect('1987-bcd'), mac: false });
  const [card] = shop.cards;
  if (card === undefined) throw new Error('a card');
  const { profile } = shop;
  const stamp = { ...stampNow(), stan: '000001', reference: '261123000001' };
  const terminal = { ...SHOP, terminal: 'TERM0001' };
  const tap = { ...tapOf(card, AMOUNT), kind: 'pay', stamp } as const;
  const sale = saleRequest({ profile, shop: terminal }, tap);
  const fates = await tell(shop, encodeIso(profile, sale), plain);
  expect(fates.answered).toBeGreaterThan(300);
  const paid = 10_000n - (await shop.balance(card.account)).balance;
  expect([0n, AMOUNT]).toContain(paid);
  expect((await shop.balance(shop.merchantAccount)).balance).toBe(paid);
  // The host still does its work
  const link = shop.link();
  const fresh = { ...tapOf(card, 5n), kind: 'pay', stamp: { ...stamp, stan: '000002' } } as const;
  const last = await link.request(saleRequest({ profile, shop: terminal }, fresh));
  expect(last.fields.get(39)).toBe('00');
}, 300_000);

test('with a code: no mutant moves anything, nor takes anything back', async () => {
  shop = await openShop({ dialect: dialect('1987-bcd') });
  const [card] = shop.cards;
  if (card === undefined) throw new Error('a card');
  const { profile } = shop;
  const mac = isoMacFunction(nodeSymmetric(), MAC_KEY);
  const sign = (message: IsoMessage): IsoMessage => withIsoMac(profile, message, mac);
  const stamp = { ...stampNow(), stan: '000001', reference: '261123000001' };
  const terminal = { ...SHOP, terminal: 'TERM0001' };
  const sale = saleRequest({ profile, shop: terminal }, { ...tapOf(card, AMOUNT), kind: 'pay', stamp });
  await shop.link().request(sale);
  expect((await shop.balance(card.account)).balance).toBe(8800n);
  const again = { stamp: { ...stamp, stan: '000002' }, reason: 'noAnswer' } as const;
  const reversal = reversalRequest({ profile, shop: terminal }, sale, again);
  const fresh = saleRequest(
    { profile, shop: terminal },
    { ...tapOf(card, AMOUNT), kind: 'pay', stamp: { ...stamp, stan: '000003' } },
  );
  for (const message of [reversal, fresh]) {
    const fates = await tell(shop, encodeIso(profile, sign(message)), sign);
    expect(fates.approved).toBe(0);
    expect((await shop.balance(card.account)).balance).toBe(8800n);
  }
}, 300_000);
