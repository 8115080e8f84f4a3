/**
 * The Type 4 tag applet as a phone's NDEF stack meets it, over real cards and real cryptography: nothing here sends a
 * command that Web NFC could not cause. Both cards' balances are looked at in the end, through the purse applet.
 */
import {
  type Bytes,
  command,
  concat,
  decodeResponse,
  encodeCommand,
  fromHex,
  hex,
  SW,
  u16,
} from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import {
  encodeTagMessage,
  INS,
  type Limits,
  object,
  parseReceipt,
  parseTicket,
  type Status,
  TAG_AID,
} from '@sokkin/purse';
import {
  believePayment,
  believeTicket,
  type Outcome,
  openTag,
  parseTagRequest,
  readNdef,
  readTag,
  type Tag,
  tellTag,
  writeNdef,
} from '@sokkin/terminal';
import {
  everyTear,
  LARGE_LIMITS,
  makeActiveCard,
  makeWorld,
  only,
  readSummary,
  say,
  seeded,
  selectPurse,
  sync,
  TODAY,
  ticketRequest,
  verifyPin,
  type World,
} from '@sokkin/testkit';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Card,
  cardMemorySize,
  createCard,
  inMemoryNvm,
  type MemoryNvm,
  openCard,
  type TagOptions,
} from '../src/index.ts';
import { SMALL, shows } from './people.ts';

const PAYER: TagOptions = { role: 'payer' };
const PAYEE: TagOptions = { role: 'payee' };
const NO_PIN_LIMITS: Limits = { ...LARGE_LIMITS, perPaymentWithoutPin: 60n, cumulativeWithoutPin: 100n };

let world: World;
let alice: MemoryNvm;
let bob: MemoryNvm;
let images: readonly Bytes[];

beforeAll(async () => {
  world = await makeWorld(nodeCrypto());
  const a = await makeActiveCard(world, 10, { profile: SMALL, balance: 100n, limits: NO_PIN_LIMITS });
  const b = await makeActiveCard(world, 11, { profile: SMALL, balance: 50n });
  [alice, bob] = [a.nvm, b.nvm];
  images = [alice.snapshot(), bob.snapshot()];
});
beforeEach(() => {
  for (const [i, nvm] of [alice, bob].entries()) nvm.restore(images[i] ?? new Uint8Array(0));
});

const power = (nvm: MemoryNvm, tag: TagOptions): Promise<Card> =>
  openCard({ nvm, crypto: world.crypto, tag });
const over = (card: Pick<Card, 'transmit'>) => ({
  extended: false,
  transmit: (c: Bytes) => card.transmit(c),
});

function must<T>(outcome: Outcome<T>): T {
  if (outcome.status !== 'ok') throw new Error(`Expected ok, got ${JSON.stringify(outcome)}`);
  return outcome.value;
}

/** A new tap: power on, NDEF detection. */
const tap = async (nvm: MemoryNvm, options: TagOptions): Promise<Tag> =>
  must(await openTag(over(await power(nvm, options))));

async function shown(tag: Tag): Promise<Bytes> {
  const content = must(await readTag(tag));
  if (content.kind !== 'objects') throw new Error(`The tag says ${content.status}`);
  return content.objects;
}

async function issue(nvm: MemoryNvm, maxAmount: bigint, reference = 1): Promise<Bytes> {
  const card = await power(nvm, PAYEE);
  await selectPurse(card);
  return only(await say(card, INS.issueTicket, ticketRequest(maxAmount, reference)));
}

async function standing(nvm: MemoryNvm): Promise<readonly [bigint, bigint, bigint]> {
  const card = await power(nvm, PAYER);
  await selectPurse(card);
  const { balance, pending, reserved } = await readSummary(card);
  return [balance, pending, reserved];
}

/** One APDU, short. */
const raw = async (card: Card, text: string) => decodeResponse(await card.transmit(fromHex(text)));
const word = async (card: Card, text: string): Promise<string> => (await raw(card, text)).sw.toString(16);

const SELECT_TAG = '00a4040007d276000085010100';
const SELECT_CC = '00a4000c02e103';
const SELECT_NDEF = '00a4000c02e104';
const tagOf = (objects: Bytes): Bytes => encodeTagMessage({ kind: 'objects', objects });

describe('read as a reader of tags does', () => {
  it('capability container, length, message in parts', async () => {
    await issue(bob, 40n);
    const card = await power(bob, PAYEE);
    expect(await word(card, SELECT_TAG)).toBe('9000');
    expect(await word(card, SELECT_CC)).toBe('9000');
    expect(hex((await raw(card, '00b000000f')).data)).toBe('000f2000fa00f70406e10404000000');
    expect(await word(card, SELECT_NDEF)).toBe('9000');
    const length = (await raw(card, '00b0000002')).data;
    expect(hex(length)).toBe(hex(u16(608)));
    const parts = [];
    for (let at = 2; at < 610; at += 250) {
      const read = command(0x00, 0xb0, at >> 8, at & 0xff, new Uint8Array(0), Math.min(250, 610 - at));
      const answer = decodeResponse(await card.transmit(encodeCommand(read)));
      expect(answer.sw).toBe(SW.ok);
      parts.push(answer.data);
    }
    // One record: external, "example.com:sokkin", 584 bytes.
    expect(hex(concat(...parts)).slice(0, 48)).toBe(
      `c41200000248${Buffer.from('example.com:sokkin').toString('hex')}`,
    );
    expect(hex(concat(...parts))).toBe(hex(must(await readNdef(await tap(bob, PAYEE)))));
  });

  it('a payee shows its request, which a device verifies like any other ticket', async () => {
    const ticket = await issue(bob, 40n);
    const request = parseTagRequest(await shown(await tap(bob, PAYEE)));
    expect(request.amount).toBe(40n);
    expect(hex(request.ticket.message)).toBe(hex(ticket));
    const trust = { root: world.root.certificate, knownIssuers: [], epoch: TODAY };
    const verifier = { crypto: world.crypto, trust };
    must(await believeTicket(verifier, request.ticket.chain, request.ticket.message));
    expect((await believePayment(verifier, request.ticket.chain, ticket)).status).toBe('untrusted_answer');
  });

  it("the payee's device names the ticket and the amount", async () => {
    const { seq } = parseTicket(await issue(bob, 40n)).fields;
    await issue(bob, 90n, 2);
    const request = () => ({ ticketNo: seq, amount: 25n });
    const asked = parseTagRequest(await shown(await tap(bob, { role: 'payee', request })));
    expect([asked.ticket.fields.seq, asked.amount]).toEqual([seq, 25n]);
    expect(parseTagRequest(await shown(await tap(bob, PAYEE))).amount).toBe(90n);
  });

  it('without a sale, the newest ticket that is open', async () => {
    await issue(bob, 40n);
    await issue(bob, 5n, 2);
    const payment = must(await tellTag(await tap(alice, PAYER), await shown(await tap(bob, PAYEE))));
    must(await tellTag(await tap(bob, PAYEE), payment));
    expect(parseTagRequest(await shown(await tap(bob, PAYEE))).amount).toBe(40n);
  });

  it('without a ticket, and as a payer, it shows who it is', async () => {
    const dora = await makeActiveCard(world, 13, { profile: SMALL });
    for (const [nvm, options] of [
      [dora.nvm, PAYEE],
      [alice, PAYER],
    ] as const) {
      expect((await shown(await tap(nvm, options))).length).toBe(2 * 221);
    }
  });

  it('a type of the deployment’s own domain', async () => {
    const recordType = 'bank.example:purse';
    const tag = await tap(alice, { role: 'payer', recordType });
    expect(must(await readTag(tag, recordType)).kind).toBe('objects');
    expect((await readTag(tag)).status).toBe('untrusted_answer');
  });

  it('a blank card is an empty tag that cannot be written', async () => {
    const nvm = inMemoryNvm(cardMemorySize(SMALL));
    const tag = must(await openTag(over(await createCard({ nvm, crypto: world.crypto, tag: PAYER }, SMALL))));
    expect(tag.writable).toBe(false);
    expect(must(await readNdef(tag))).toHaveLength(0);
    expect(await writeNdef(tag, fromHex('d00000'))).toEqual({ status: 'card_error', sw: 0x6985 });
  });

  it('a blocked payee asks for nothing', async () => {
    await issue(bob, 40n);
    const card = await power(bob, PAYEE);
    await selectPurse(card);
    await sync(world, card, { order: 'block' });
    expect((await shown(await tap(bob, PAYEE))).length).toBe(2 * 221);
  });
});

describe('paying through tags alone', () => {
  it('what one tag shows is what the other takes: request, Payment, Receipt', async () => {
    await issue(bob, 40n);
    const [payer, payee] = [await tap(alice, PAYER), await tap(bob, PAYEE)];
    const payment = must(await tellTag(payer, await shown(payee)));
    expect(await standing(alice)).toEqual([60n, 40n, 0n]);
    const receipt = must(await tellTag(payee, payment));
    expect(await standing(bob)).toEqual([90n, 0n, 0n]);
    expect(must(await tellTag(payer, receipt))).toHaveLength(0);
    expect(await standing(alice)).toEqual([60n, 0n, 0n]);
  });

  it('a purse behind APDUs pays a tag', async () => {
    await issue(bob, 40n);
    const purse = await power(alice, PAYER);
    await selectPurse(purse);
    const payee = await tap(bob, PAYEE);
    const paid = await say(purse, INS.pay, await shown(payee));
    expect(paid.sw).toBe(SW.ok);
    const chain = concat(
      object('purse', only(await say(purse, INS.getData, undefined, { p2: 0xe3 }))),
      object('issuer', only(await say(purse, INS.getData, undefined, { p2: 0xe2 }))),
    );
    const receipt = must(await tellTag(payee, concat(paid.data, chain)));
    expect((await say(purse, INS.settle, receipt)).sw).toBe(SW.ok);
    expect([await standing(alice), await standing(bob)]).toEqual([
      [60n, 0n, 0n],
      [90n, 0n, 0n],
    ]);
  });

  it('the same message again has the same answer and moves nothing, in this tap and in the next', async () => {
    await issue(bob, 40n);
    const request = await shown(await tap(bob, PAYEE));
    const payer = await tap(alice, PAYER);
    const payment = must(await tellTag(payer, request));
    expect(hex(must(await tellTag(payer, request)))).toBe(hex(payment));
    expect(hex(must(await tellTag(await tap(alice, PAYER), request)))).toBe(hex(payment));
    const payee = await tap(bob, PAYEE);
    const receipt = must(await tellTag(payee, payment));
    expect(hex(must(await tellTag(payee, payment)))).toBe(hex(receipt));
    expect(hex(must(await tellTag(await tap(bob, PAYEE), payment)))).toBe(hex(receipt));
    for (let i = 0; i < 2; i++) must(await tellTag(await tap(alice, PAYER), receipt));
    expect([await standing(alice), await standing(bob)]).toEqual([
      [60n, 0n, 0n],
      [90n, 0n, 0n],
    ]);
  });

  it('a payee shows the Receipt in the next tap, until it asks again', async () => {
    await issue(bob, 40n);
    const payment = must(await tellTag(await tap(alice, PAYER), await shown(await tap(bob, PAYEE))));
    const receipt = must(await tellTag(await tap(bob, PAYEE), payment));
    expect(hex(await shown(await tap(bob, PAYEE)))).toBe(hex(receipt));
    await issue(bob, 5n, 2);
    expect(parseTagRequest(await shown(await tap(bob, PAYEE))).amount).toBe(5n);
  });

  it('what came of a write survives that the reader detects the tag anew, not another applet', async () => {
    const card = await power(alice, PAYER);
    expect(await tellTag(must(await openTag(over(card))), new Uint8Array(3))).toEqual({
      status: 'malformed',
    });
    expect(must(await readTag(must(await openTag(over(card))))).kind).toBe('status');
    await selectPurse(card);
    expect((await shown(must(await openTag(over(card))))).length).toBe(2 * 221);
  });

  it('by a web page, whose browser reads before it writes, and never after it in the same tap', async () => {
    await issue(bob, 40n);
    const pageTap = async (nvm: MemoryNvm, options: TagOptions, objects?: Bytes): Promise<Bytes> => {
      const tag = await tap(nvm, options);
      const read = await shown(tag);
      if (objects !== undefined) must(await writeNdef(tag, tagOf(objects)));
      return read;
    };
    const request = await pageTap(bob, PAYEE);
    expect(await pageTap(alice, PAYER, request)).toHaveLength(2 * 221);
    const payment = await pageTap(alice, PAYER);
    expect(hex(await pageTap(bob, PAYEE, payment))).toBe(hex(request));
    const receipt = await pageTap(bob, PAYEE);
    expect(hex(await pageTap(alice, PAYER, receipt))).toBe(hex(payment));
    expect(await pageTap(alice, PAYER)).toHaveLength(2 * 221);
    expect([await standing(alice), await standing(bob)]).toEqual([
      [60n, 0n, 0n],
      [90n, 0n, 0n],
    ]);
  });

  it('a second payment on one ticket is refused for good, and its value comes home', async () => {
    await issue(bob, 40n);
    const request = await shown(await tap(bob, PAYEE));
    const carol = await makeActiveCard(world, 12, { profile: SMALL, balance: 70n });
    const first = must(await tellTag(await tap(carol.nvm, PAYER), request));
    const second = must(await tellTag(await tap(alice, PAYER), request));
    must(await tellTag(await tap(bob, PAYEE), first));
    const refused = must(await tellTag(await tap(bob, PAYEE), second));
    must(await tellTag(await tap(alice, PAYER), refused));
    expect(await standing(alice)).toEqual([100n, 0n, 0n]);
    expect(await standing(bob)).toEqual([90n, 0n, 0n]);
    expect(await standing(carol.nvm)).toEqual([30n, 40n, 0n]);
    const end = refused.length - 2 * 221;
    expect(parseReceipt(refused.slice(3, end)).fields.kind).toBe('refusal');
  });
});

describe('refusals are records that people can read', () => {
  const refused = async (nvm: MemoryNvm, options: TagOptions, objects: Bytes, status: Status) => {
    const tag = await tap(nvm, options);
    expect(await tellTag(tag, objects)).toEqual({ status });
    const text = Buffer.from(must(await readNdef(tag))).toString();
    expect(text).toContain(`en${status}: `);
  };

  it('above the limits without PIN, also when the PIN was verified in the same power-up', async () => {
    await issue(bob, 61n);
    const request = await shown(await tap(bob, PAYEE));
    await refused(alice, PAYER, request, 'pin_required');
    const card = await power(alice, PAYER);
    await selectPurse(card);
    expect((await verifyPin(card)).sw).toBe(SW.ok);
    expect(await tellTag(must(await openTag(over(card))), request)).toEqual({ status: 'pin_required' });
    expect(await standing(alice)).toEqual([100n, 0n, 0n]);
  });

  it('the wrong message for the role, and none at all', async () => {
    await issue(bob, 40n);
    const request = await shown(await tap(bob, PAYEE));
    const payment = must(await tellTag(await tap(alice, PAYER), request));
    await refused(bob, PAYEE, request, 'malformed');
    await refused(alice, PAYER, payment, 'malformed');
    await refused(bob, PAYEE, payment.slice(0, -221 * 2), 'malformed');
    await refused(bob, PAYEE, new Uint8Array(0), 'malformed');
    await refused(bob, PAYEE, concat(payment, object('amount', new Uint8Array(8))), 'malformed');
    const [message, chain] = [payment.slice(0, -221 * 2), payment.slice(-221 * 2)];
    await refused(bob, PAYEE, concat(message, message, chain), 'malformed');
    await refused(alice, PAYER, object('receipt', new Uint8Array(170)), 'malformed');
    expect(await standing(bob)).toEqual([50n, 0n, 40n]);
  });

  it('a bad word does not stay: the next message is taken', async () => {
    await issue(bob, 40n);
    const tag = await tap(alice, PAYER);
    expect(await tellTag(tag, new Uint8Array(3))).toEqual({ status: 'malformed' });
    must(await tellTag(tag, await shown(await tap(bob, PAYEE))));
    expect(await standing(alice)).toEqual([60n, 40n, 0n]);
  });
});

/** The tap ends at the nth UPDATE BINARY: before the card saw it, or before the reader saw the answer. */
function tornAt(card: Card, nth: number, when: 'before' | 'after') {
  let updates = 0;
  return over({
    async transmit(bytes) {
      if (bytes[1] !== 0xd6) return card.transmit(bytes);
      const last = updates++ === nth;
      if (last && when === 'before') throw new Error('torn');
      const answer = await card.transmit(bytes);
      if (last) throw new Error('torn');
      return answer;
    },
  });
}

describe('torn taps', () => {
  /** Request and Payment each take length, three or two parts, length. */
  const steps = async (): Promise<
    { name: string; nvm: MemoryNvm; options: TagOptions; objects: Bytes }[]
  > => {
    await issue(bob, 40n);
    const request = await shown(await tap(bob, PAYEE));
    const before = alice.snapshot();
    const payment = must(await tellTag(await tap(alice, PAYER), request));
    alice.restore(before);
    return [
      { name: 'request', nvm: alice, options: PAYER, objects: request },
      { name: 'payment', nvm: bob, options: PAYEE, objects: payment },
    ];
  };

  it('at each UPDATE BINARY: nothing has changed before the last, and all is done after it', async () => {
    for (const { nvm, options, objects, name } of await steps()) {
      const before = nvm.snapshot();
      const updates = 2 + Math.ceil(tagOf(objects).length / 247);
      for (let nth = 0; nth < updates; nth++) {
        for (const when of ['before', 'after'] as const) {
          nvm.restore(before);
          const old = await shows(await selected(nvm));
          const tag = must(await openTag(tornAt(await power(nvm, options), nth, when)));
          await expect(tellTag(tag, objects), name).rejects.toThrow('torn');
          const done = nth === updates - 1 && when === 'after';
          expect((await shows(await selected(nvm))) === old, `${name} ${nth} ${when}`).toBe(!done);
          // And the next tap finishes it.
          must(await tellTag(await tap(nvm, options), objects));
          expect(await standing(nvm)).toEqual(name === 'request' ? [60n, 40n, 0n] : [90n, 0n, 0n]);
        }
      }
    }
  });

  it('a write that stopped half way is forgotten by the next detection of the tag', async () => {
    const [step] = await steps();
    if (step === undefined) throw new Error('no step');
    const card = await power(alice, PAYER);
    const tag = must(await openTag(tornAt(card, 2, 'after')));
    await expect(tellTag(tag, step.objects)).rejects.toThrow('torn');
    expect((await shown(must(await openTag(over(card))))).length).toBe(2 * 221);
    expect(await word(card, '00d60000020262')).toBe('6985');
  });

  it('in the commit, at every byte: the state before or after, and the next tap has the one outcome', async () => {
    for (const { nvm, options, objects, name } of await steps()) {
      const answers = new Set<string>();
      const [paid, unpaid] = name === 'request' ? ['60,40,0', '100,0,0'] : ['90,0,0', '50,0,40'];
      const tears = await everyTear(
        nvm,
        async (torn) => {
          const card = await openCard({ nvm: torn, crypto: world.crypto, tag: options });
          must(await tellTag(must(await openTag(over(card))), objects));
        },
        {
          async after() {
            const now = (await standing(nvm)).join();
            expect([paid, unpaid]).toContain(now);
            answers.add(now);
            must(await tellTag(await tap(nvm, options), objects));
            expect((await standing(nvm)).join()).toBe(paid);
          },
        },
      );
      expect(tears).toBeGreaterThan(300);
      expect(answers.size).toBe(2);
    }
  });
});

const selected = async (nvm: MemoryNvm): Promise<Card> => {
  const card = await power(nvm, PAYER);
  await selectPurse(card);
  return card;
};

describe('bytes that no reader of tags sends', () => {
  it.each([
    ['SELECT of another file', '00a4000c02e105', '6a82'],
    ['SELECT of a file with an answer', '00a4000002e104', '6a86'],
    ['SELECT of a file with a long name', '00a4000c03e10400', '6700'],
    ['READ with a short file identifier', '00b0810002', '6a86'],
    ['READ without Le', '00b00000', '6700'],
    ['READ with data', '00b0000001aa02', '6700'],
    ['READ beyond the end', '00b0040001', '6b00'],
    ['UPDATE with a short file identifier', '00d68100020000', '6a86'],
    ['UPDATE without data', '00d60000', '6700'],
    ['UPDATE beyond the end', '00d603ff020000', '6b00'],
    ['UPDATE of one byte of the length', '00d600000100', '6a80'],
    ['UPDATE of the other byte of the length', '00d600010100', '6a80'],
    ['UPDATE of half a length and more', '00d60001020000', '6a80'],
    ['UPDATE of the message while its length stands', '00d600020100', '6985'],
    ['UPDATE of the length of the message that is shown', '00d6000002 0001', '6985'],
    ['another instruction', '00ca000000', '6d00'],
    ['READ in the class of the purse', '80b0000002', '6e00'],
    ['PAY', '8050000000', '6d00'],
  ])('%s', async (_, bytes, sw) => {
    const card = await power(alice, PAYER);
    for (const select of [SELECT_TAG, SELECT_NDEF]) await word(card, select);
    expect(await word(card, bytes)).toBe(sw);
    expect(await word(card, '00b0000002')).toBe('9000');
  });

  it('an UPDATE that is longer than MLc, chained or extended, is none', async () => {
    const card = await power(alice, PAYER);
    for (const select of [SELECT_TAG, SELECT_NDEF]) await word(card, select);
    const long = command(0x00, 0xd6, 0, 0, new Uint8Array(248));
    expect(decodeResponse(await card.transmit(encodeCommand(long))).sw).toBe(SW.wrongLength);
    expect(await word(card, `10d6000080${'00'.repeat(128)}`)).toBe('9000');
    expect(await word(card, `00d6000080${'00'.repeat(128)}`)).toBe('6700');
  });

  it('nothing is selected, or not yet a file, or one that nobody writes', async () => {
    const card = await power(alice, PAYER);
    expect(await word(card, SELECT_NDEF)).toBe('6a86');
    await word(card, SELECT_TAG);
    expect(await word(card, '00b0000002')).toBe('6986');
    expect(await word(card, '00d60000020000')).toBe('6986');
    await word(card, SELECT_CC);
    expect(await word(card, '00d60000020000')).toBe('6985');
    await selectPurse(card);
    expect(await word(card, SELECT_NDEF)).toBe('6a86');
  });

  it('a card without the applet has no such application', async () => {
    const card = await openCard({ nvm: alice, crypto: world.crypto });
    expect((await say(card, INS.select, TAG_AID, { cla: 0x00, p1: 0x04 })).sw).toBe(SW.fileNotFound);
  });

  it('nothing of what was shown is left where a message is being written', async () => {
    const card = await power(alice, PAYER);
    for (const bytes of [SELECT_TAG, SELECT_NDEF, '00d60000020000', '00d6000401ff']) await word(card, bytes);
    expect(hex((await raw(card, '00b00000fa')).data)).toBe(`00000000ff${'00'.repeat(245)}`);
  });

  it('a Ticket and a Receipt at once are no message', async () => {
    await issue(bob, 40n);
    const request = await shown(await tap(bob, PAYEE));
    const both = concat(request, object('receipt', new Uint8Array(170)));
    expect(await tellTag(await tap(alice, PAYER), both)).toEqual({ status: 'malformed' });
  });

  it('lengths that do not fit, and a short message in one command', async () => {
    const card = await power(alice, PAYER);
    const tag = must(await openTag(over(card)));
    expect(await word(card, '00d60000020000')).toBe('9000');
    expect(await word(card, '00d6000002ffff')).toBe('9000');
    expect(must(await readTag(tag))).toEqual({ kind: 'status', status: 'malformed' });
    expect(await word(card, '00d60000050003d00000')).toBe('9000');
    expect(must(await readTag(tag))).toEqual({ kind: 'status', status: 'malformed' });
  });
});

describe('fuzz', () => {
  it('a message with one bit changed moves nothing', async () => {
    await issue(bob, 40n);
    const request = await shown(await tap(bob, PAYEE));
    const payment = must(await tellTag(await tap(alice, PAYER), request));
    alice.restore(images[0] ?? new Uint8Array(0));
    const random = seeded(11);
    for (const [nvm, options, objects] of [
      [alice, PAYER, request],
      [bob, PAYEE, payment],
    ] as const) {
      const tag = await tap(nvm, options);
      const before = nvm.snapshot();
      const message = tagOf(objects);
      for (let n = 0; n < 400; n++) {
        const at = random.below(message.length);
        const bit = 1 << random.below(8);
        // The amount that is asked for stands there unsigned: another amount is another request.
        const amount = hex(message).indexOf('c808') / 2;
        if (options === PAYER && at >= amount && at < amount + 10) continue;
        must(
          await writeNdef(
            tag,
            message.map((b, i) => (i === at ? b ^ bit : b)),
          ),
        );
        expect(must(await readTag(tag)).kind, `byte ${at}, bit ${bit}`).toBe('status');
        expect(hex(nvm.snapshot()) === hex(before), `byte ${at}, bit ${bit}`).toBe(true);
      }
    }
  });

  it('any sequence of file commands: always an answer, no value made or lost', async () => {
    await issue(bob, 40n);
    const request = await shown(await tap(bob, PAYEE));
    const random = seeded(12);
    const message = tagOf(request);
    const card = await power(alice, PAYER);
    const header = (): Bytes =>
      Uint8Array.of(random.pick([0x00, 0x00, 0x00, 0x80, 0x10]), random.pick([0xa4, 0xb0, 0xd6, 0xd6, 0xd6]));
    for (let n = 0; n < 4000; n++) {
      const offset = random.pick([0, 0, 2, 249, 496, random.below(0x10000)]);
      const length = random.pick([u16(0), u16(message.length), u16(random.below(1100))]);
      const part = message.subarray(Math.max(0, offset - 2), offset + 245);
      const data = offset === 0 ? length : part.slice(0, 247);
      const body = random.pick([
        concat(header(), u16(offset), Uint8Array.of(data.length), data),
        concat(Uint8Array.of(0x00, 0xd6), u16(offset), Uint8Array.of(data.length), data),
        concat(Uint8Array.of(0x00, 0xb0), u16(offset), Uint8Array.of(random.below(256))),
        fromHex(random.pick([SELECT_NDEF, SELECT_NDEF, SELECT_TAG, SELECT_CC])),
      ]);
      const { sw } = decodeResponse(await card.transmit(body));
      expect([0x90, 0x61, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6d, 0x6e]).toContain(sw >> 8);
      const [balance, pending] = await standing(alice);
      expect(balance + pending).toBe(100n);
      expect(pending === 0n || pending === 40n).toBe(true);
    }
  });
});
