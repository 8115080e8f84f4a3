/**
 * What every Sokkin card has to do, whatever it is made of: our engine, one behind a PC/SC reader, a Java Card applet.
 *
 *     cardConformance('in process', async () => ({ tap, dispose }), { crypto: nodeCrypto() });
 *
 * The suite is one life of one card, from blank to terminated, as docs/spec/card-application.md has it: it plays the
 * issuer and the other purse of every payment itself, and knows the card by its APDUs only.
 *
 * What must hold:
 * - nothing here imports a card, so a card in any technology can be held to it unchanged;
 * - every command that changes something is also sent with its answer lost (and, where the rig can, with the power
 *   gone in the middle of it), and then again: the outcome is the same, and it happened once (I4).
 */
import { type Bytes, type CommandApdu, command, encodeCommand, hex, SW, u32 } from '@sokkin/codec';
import { ASSURANCE, type Certificate, type CryptoPort, issueCertificate, ROLE } from '@sokkin/crypto';
import {
  CLA,
  type Grant,
  INS,
  type Instruction,
  object,
  PURSE_AID,
  parseEnrolment,
  parsePayment,
  parseReceipt,
  parseStatement,
  parseTicket,
  SIGNATURE_LENGTH,
  STATUS,
  type Summary,
  type Ticket,
} from '@sokkin/purse';
import { type ApduTransport, journalOf, openPayments, openTickets, select, summary } from '@sokkin/terminal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apdu, nextGrant, say, sole } from './card-conformance/commands.ts';
import { type Counterpart, makeCounterpart } from './card-conformance/counterpart.ts';
import { playScript } from './card-conformance/script.ts';
import { BLANK, LIVING } from './card-conformance/scripts.ts';
import { type CardUnderTest, must, type Tapping, tapping } from './card-conformance/tapping.ts';
import { seeded } from './checker/random.ts';
import {
  blockOf,
  fieldsOf,
  issuerPayment,
  LARGE_LIMITS,
  makeWorld,
  name8,
  storeData,
  ticketRequest,
  type World,
} from './parties.ts';

export interface CardConformanceOptions {
  /** For the keys of the parties that the suite plays. */
  readonly crypto: CryptoPort;
}

/** `make` gives a blank card; it is called once. */
export function cardConformance(
  name: string,
  make: () => Promise<CardUnderTest>,
  { crypto }: CardConformanceOptions,
): void {
  describe(`card: ${name}`, () => {
    let taps: Tapping;
    let world: World;
    let peer: Counterpart;
    let certificate: Certificate;
    const stage = { tap: () => taps.tap() };
    const selected = () => taps.purse();
    const stands = () => taps.stands();

    /** Power goes in the middle of the command, in a tap of its own. Whether it was worked off is open. */
    async function tornOnce(c: CommandApdu, before: readonly CommandApdu[]): Promise<void> {
      const { tapTorn, current } = taps;
      if (tapTorn === undefined) return;
      const length = (n: CommandApdu) =>
        current?.extended === false ? Math.max(1, Math.ceil(n.data.length / 255)) : 1;
      const exchange = 1 + [...before, c].reduce((sum, n) => sum + length(n), 0) - 1;
      const transport = await tapTorn(exchange);
      await select(transport);
      for (const first of before) await say(transport, first);
      await expect(say(transport, c)).rejects.toMatchObject({ code: 'card_lost' });
    }

    /**
     * The command torn; then answered, but the answer is lost; then again in the same session, and in a new one.
     * Gives the answer, which was the same every time (a message whose signature is new: but for the signature).
     */
    async function repeated(c: CommandApdu, before: readonly CommandApdu[] = []): Promise<Bytes> {
      await tornOnce(c, before);
      const answers: string[] = [];
      let after: Summary | undefined;
      for (let session = 0; session < 2; session++) {
        const transport = await selected();
        for (const first of before) await say(transport, first);
        for (let time = 0; time < 2; time++) {
          answers.push(bodyOf(await say(transport, c)));
          after ??= must(await summary(transport));
        }
      }
      expect(new Set(answers), `answers to ${hex(c.data).slice(0, 40)}`).toEqual(new Set([answers[0]]));
      const { sw, data } = await say(await selected(), c);
      expect(sw).toBe(SW.ok);
      expect(await stands(), 'the purse after the repetitions').toEqual(after);
      return data;
    }

    const grant = async (override: Partial<Grant>): Promise<CommandApdu> =>
      nextGrant(world, await selected(), override);
    async function ticketOf(maximum: bigint, reference: number): Promise<Ticket> {
      return parseTicket(
        sole('ticket', await repeated(apdu('issueTicket', ticketRequest(maximum, reference)))),
      ).fields;
    }

    beforeAll(async () => {
      taps = tapping(await make());
      world = await makeWorld(crypto);
      peer = await makeCounterpart(world, 500);
    });
    afterAll(() => taps.end());

    describe('blank', () => {
      for (const [title, script] of Object.entries(BLANK)) {
        it(title, () => playScript(stage, script, { aid: PURSE_AID }));
      }
    });

    describe('birth (4.1)', () => {
      it('makes its key once, and signs every nonce with it', async () => {
        const data = await repeated(apdu('generateKey', object('nonce', new Uint8Array(16).fill(1))));
        const { publicKey } = parseEnrolment(sole('enrolment', data)).fields;
        const other = await repeated(apdu('generateKey', object('nonce', new Uint8Array(16).fill(2))));
        expect(parseEnrolment(sole('enrolment', other)).fields.publicKey).toEqual(publicKey);
        const fields = fieldsOf(ROLE.purse, world.issuer.certificate.subjectRef, name8(400), publicKey, {
          assurance: ASSURANCE.secureElement,
        });
        certificate = await issueCertificate(crypto, world.issuer.key.handle, fields);
      });

      it('is personalised once, whatever is torn', async () => {
        const store = apdu('storeData', storeData(world, certificate));
        await tornOnce(store, []);
        // The same again is the answer to a lost answer; another certificate is another personalisation.
        for (let i = 0; i < 2; i++) expect((await say(await selected(), store)).sw).toBe(SW.ok);
        const other = apdu('storeData', storeData(world, world.issuerPurse.certificate));
        expect((await say(await selected(), other)).sw).toBe(STATUS.already_personalised.sw);
        expect((await stands()).lifecycle).toBe('personalised');
      });

      it('is activated by its first Grant; the same Grant again changes nothing', async () => {
        await repeated(await grant({ order: 'activate' }));
        const { lifecycle, seq } = await stands();
        expect([lifecycle, seq]).toEqual(['active', 2]);
      });
    });

    describe('value (4.4)', () => {
      it('is funded once', async () => {
        const ticket = await ticketOf(10_000n, 1);
        const credit = apdu('credit', await issuerPayment(world, ticket, 10_000n));
        const receipt = parseReceipt(sole('receipt', await repeated(credit))).fields;
        expect([receipt.outcome, receipt.amount]).toEqual(['credited', 10_000n]);
        expect((await stands()).balance).toBe(10_000n);
      });

      it('pays once on a ticket, also when another amount is asked for; is settled once', async () => {
        const pay = apdu('pay', await peer.payMe(900n));
        const payment = parsePayment(sole('payment', await repeated(pay)));
        expect(payment.fields.amount).toBe(900n);
        const { balance, pending } = await stands();
        expect([balance, pending]).toEqual([9_100n, 900n]);
        const reissue = apdu('reissue', numbered(payment.fields.seq));
        expect(sole('payment', await repeated(reissue))).toEqual(sole('payment', await repeated(pay)));
        await repeated(apdu('settle', await peer.word(payment, 'credited')));
        expect((await stands()).pending).toBe(0n);
      });

      it('is credited back once', async () => {
        const payment = parsePayment(sole('payment', await repeated(apdu('pay', await peer.payMe(400n)))));
        await repeated(apdu('settle', await peer.word(payment, 'cancelled')));
        const { balance, pending } = await stands();
        expect([balance, pending]).toEqual([9_100n, 0n]);
      });

      it('is paid once on its ticket', async () => {
        const ticket = await ticketOf(300n, 2);
        const receipt = sole('receipt', await repeated(apdu('credit', await peer.pay(ticket, 250n))));
        expect(parseReceipt(receipt).fields.outcome).toBe('credited');
        const other = await say(await selected(), apdu('credit', await peer.pay(ticket, 20n)));
        expect(parseReceipt(sole('receipt', other.data)).fields.outcome).toBe('cancelled');
        expect((await stands()).balance).toBe(9_350n);
      });

      it('cancels once: the ticket is never credited again', async () => {
        const data = await peer.pay(await ticketOf(300n, 3), 100n);
        expect(parseReceipt(sole('receipt', await repeated(apdu('cancel', data)))).fields.outcome).toBe(
          'cancelled',
        );
        const credit = await say(await selected(), apdu('credit', data));
        expect(parseReceipt(sole('receipt', credit.data)).fields.outcome).toBe('cancelled');
        expect((await stands()).balance).toBe(9_350n);
      });

      it('withdraws a ticket', async () => {
        const { seq } = await ticketOf(300n, 4);
        await repeated(apdu('voidTicket', numbered(seq)));
        expect(must(await openTickets(await selected()))).toEqual([]);
        expect((await stands()).reserved).toBe(0n);
      });

      it('refuses without a change: too much, its own ticket, a changed byte', async () => {
        const before = await stands();
        const t = await selected();
        const refused = async (data: Bytes, status: keyof typeof STATUS, instruction: Instruction = 'pay') =>
          expect((await say(t, apdu(instruction, data))).sw).toBe(STATUS[status].sw);
        await refused(await peer.payMe(50_000n), 'insufficient_balance');
        await refused(await peer.payMe(10n, 11n), 'over_ticket_maximum');
        const changed = await peer.payMe(10n);
        changed[changed.length - 12] = (changed.at(-12) ?? 0) ^ 1;
        await refused(changed, 'bad_signature');
        await refused(
          await peer.pay({ ...(await someTicket(t)), seq: 4_000 }, 5n),
          'ticket_unknown',
          'credit',
        );
        await say(t, apdu('voidTicket', numbered((await someTicket(t)).seq)));
        const { balance, pending, reserved } = await stands();
        expect([balance, pending, reserved]).toEqual([before.balance, before.pending, before.reserved]);
      });

      const someTicket = async (t: ApduTransport): Promise<Ticket> =>
        parseTicket(sole('ticket', (await say(t, apdu('issueTicket', ticketRequest(5n, 5)))).data)).fields;

      it('asks for the PIN where its limits say so; one PIN is good for one payment', async () => {
        await repeated(await grant({ limits: { ...LARGE_LIMITS, perPaymentWithoutPin: 50n } }));
        const t = await selected();
        const pin: CommandApdu = command(CLA.interindustry, INS.verify, 0x00, 0x80, blockOf('1234'));
        const first = apdu('pay', await peer.payMe(100n));
        expect((await say(t, first)).sw).toBe(STATUS.pin_required.sw);
        expect((await say(t, pin)).sw).toBe(SW.ok);
        await repeated(first, [pin]);
        const session = await selected();
        expect((await say(session, pin)).sw).toBe(SW.ok);
        expect((await say(session, apdu('pay', await peer.payMe(100n)))).sw).toBe(SW.ok);
        expect((await say(session, apdu('pay', await peer.payMe(100n)))).sw).toBe(STATUS.pin_required.sw);
        expect(must(await openPayments(session))).toHaveLength(2);
      });
    });

    describe('living', () => {
      for (const [title, script] of Object.entries(LIVING)) {
        it(title, () => playScript(stage, script, { aid: PURSE_AID, certificate: certificate.bytes }));
      }
      it('4.2 a Grant gives the PIN its tries back', async () => {
        await repeated(await grant({ resetPinTries: true }));
        expect((await stands()).pinTriesLeft).toBe(3);
      });
    });

    describe('bytes (3)', () => {
      it('gives the same answer to the same command, chained in any portions or in one', async () => {
        const data = await peer.payMe(7n);
        const answers = new Set<string>();
        for (const portion of [255, 200, 101, 50]) {
          const t = await selected();
          for (let at = 0; at < data.length; at += portion) {
            const last = at + portion >= data.length;
            const part = data.slice(at, at + portion);
            const cla = last ? CLA.purse : CLA.purse | 0x10;
            const answer = hex(await t.transmit(bytesOf(cla, INS.pay, part, last)));
            if (last) answers.add(answer);
          }
        }
        const whole = await say(await selected(), apdu('pay', data));
        expect([...answers].filter((a) => a.endsWith('9000'))).toEqual([`${hex(whole.data)}9000`]);
      });

      it('answers every sequence of bytes, and nothing changes by it', async () => {
        const random = seeded(20_261_122);
        const before = await stands();
        const t = await selected();
        for (let n = 0; n < 400; n++) {
          const bytes = Uint8Array.from({ length: 4 + random.below(60) }, () => random.below(256));
          const ins = bytes[1] ?? 0;
          // A class FF is the reader's own (PC/SC part 3); a command that means something is tested elsewhere.
          if (bytes[0] === 0xff || Object.values<number>(INS).includes(ins)) continue;
          const answer = await t.transmit(bytes);
          expect(answer.length, hex(bytes)).toBeGreaterThanOrEqual(2);
          const sw1 = answer.at(-2) ?? 0;
          expect((sw1 > 0x60 && sw1 < 0x70) || (sw1 & 0xf0) === 0x90, `${hex(bytes)} -> ${hex(answer)}`).toBe(
            true,
          );
        }
        expect(await stands()).toEqual(before);
      });
    });

    describe('sync and end (4.5, 2)', () => {
      it('gives a whole journal, whose end its Statement signs', async () => {
        const t = await selected();
        const nonce = new Uint8Array(16).fill(9);
        const { data } = await say(t, apdu('statement', object('nonce', nonce)));
        const { fields } = parseStatement(sole('statement', data));
        expect(fields.nonce).toEqual(nonce);
        expect(must(await journalOf(t, fields))).toHaveLength(fields.seq - fields.ackSeq);
      });

      it('takes no Grant that is old, or for another journal', async () => {
        const old = await grant({});
        await repeated(await grant({ epoch: 20_600 }));
        expect((await say(await selected(), old)).sw).toBe(STATUS.grant_stale.sw);
        const wrong = await grant({ ackHead: new Uint8Array(32) });
        expect((await say(await selected(), wrong)).sw).toBe(STATUS.grant_mismatch.sw);
      });

      it('is blocked: it shows itself and is synced, but does not pay', async () => {
        const pay = apdu('pay', await peer.payMe(10n));
        await repeated(await grant({ order: 'block' }));
        expect((await say(await selected(), pay)).sw).toBe(STATUS.wrong_lifecycle.sw);
        await repeated(await grant({ order: 'activate' }));
        expect((await say(await selected(), pay)).sw).toBe(SW.ok);
      });

      it('is terminated, for good; what it signed it still shows', async () => {
        const open = must(await openPayments(await selected()));
        await repeated(await grant({ order: 'terminate' }));
        expect((await stands()).lifecycle).toBe('terminated');
        expect((await say(await selected(), apdu('pay', await peer.payMe(1n)))).sw).toBe(
          STATUS.wrong_lifecycle.sw,
        );
        for (const { paymentNo } of open) await repeated(apdu('reissue', numbered(paymentNo)));
        expect(open.length).toBeGreaterThan(0);
      });
    });
  });
}

/** One part of a chain; only the last one wants an answer. */
const bytesOf = (cla: number, ins: number, part: Bytes, last: boolean): Bytes =>
  encodeCommand(command(cla, ins, 0, 0, part, last ? 0x100 : undefined), { extended: false });

const numbered = (n: number): Bytes => object('number', u32(n));

/** A message without its signature, which a card may make anew, and the status word. */
function bodyOf({ sw, data }: { sw: number; data: Bytes }): string {
  return `${hex(data.slice(0, Math.max(0, data.length - SIGNATURE_LENGTH)))} ${sw.toString(16)}`;
}
