/**
 * The vectors are what they say: they regenerate identically, the card engine replays them, and a small
 * verifier that knows nothing but the JSON and the offsets of docs/spec/protocol.md agrees with every byte.
 */
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import { readdirSync } from 'node:fs';
import {
  type Build,
  type Card,
  cardMemorySize,
  createCard,
  inMemoryNvm,
  type MemoryNvm,
  openCard,
} from '@sokkin/card';
import { fromHex, hex, parseTemplate, SokkinError } from '@sokkin/codec';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import {
  OBJECT,
  parseBlockListBody,
  parseEnrolmentBody,
  parseEntry,
  parseGrantBody,
  parseReceiptBody,
  parseStatementBody,
  STATUS,
} from '@sokkin/purse';
import { describe, expect, test } from 'vitest';
import { vectorFiles } from '../vectors/generator/files.ts';
import { cryptoOf } from '../vectors/generator/people.ts';
import { signRfc6979 } from '../vectors/generator/rfc6979.ts';
import {
  type Exchange,
  FOLDER,
  factoryKeys,
  type Participant,
  present,
  read,
  type ShownMessage,
  type Step,
  type Transcript,
  transcripts,
} from './vector-files.ts';

const keys = JSON.parse(read('keys-and-certificates.json'));
const messages = JSON.parse(read('messages.json'));

describe('generation', () => {
  test('gives exactly the committed files', async () => {
    const made = await vectorFiles();
    const found = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
      .filter((f) => /\.(json|apdu)$/.test(f) && !/^(wycheproof|emv)\b|^iso8583.published/.test(f))
      .sort();
    expect([...made.keys()].sort()).toEqual(found);
    for (const [name, text] of made)
      expect(text === read(name), `${name} is stale: npm run vectors`).toBe(true);
  });

  test('signs as RFC 6979, A.2.5 says', () => {
    const key = fromHex(keys.rfc6979.privateKey);
    for (const [message, signature] of Object.entries(keys.rfc6979.signatures)) {
      expect(hex(signRfc6979(key, new TextEncoder().encode(message)))).toBe(signature);
    }
    // The published ones, so that neither file nor generator can move them together.
    expect(keys.rfc6979.signatures.sample).toMatch(/^efd48b2aacb6a8fd.*f7cb1c942d657c41/);
    expect(keys.rfc6979.signatures.test).toMatch(/^f1abb023518351cd.*019f4113742a2b14/);
  });
});

describe('the card engine replays', () => {
  for (const { name, transcript } of transcripts) {
    for (const form of ['short', 'extended'] as const) {
      test(`${name}, ${form} length`, async () => {
        await replay(transcript, form);
      });
    }
  }
});

async function replay({ participants, setup, steps }: Transcript, form: 'short' | 'extended'): Promise<void> {
  const cards = new Map<string, { card: Card; nvm: MemoryNvm }>();
  const personOf = (name: string): Participant =>
    present(
      participants.find((p) => p.name === name),
      name,
    );
  /** What cards draw comes from the steps, in their order. */
  const draws = [...setup, ...steps].flatMap(({ random = [] }) => random);
  const randomBytes = (): Uint8Array => fromHex(present(draws.shift(), 'a random number'));
  const emv = { rsa: nodeRsa(), symmetric: { ...nodeSymmetric(), randomBytes } };
  const buildOf = (name: string): Build => {
    const crypto = cryptoOf(fromHex(personOf(name).privateKey));
    return personOf(name).factory === undefined ? { crypto } : { crypto, emv };
  };
  const cardOf = async (name: string): Promise<{ card: Card; nvm: MemoryNvm }> => {
    const known = cards.get(name);
    if (known !== undefined) return known;
    const { factory } = personOf(name);
    const profile = present(personOf(name).profile, `profile of the ${name}`);
    const nvm = inMemoryNvm(cardMemorySize(profile));
    const card = await createCard({ nvm, ...buildOf(name) }, profile, factory && factoryKeys(factory));
    const made = { nvm, card };
    cards.set(name, made);
    return made;
  };
  for (const step of [...setup, ...steps]) {
    if (step.copyOf !== undefined) {
      const { nvm: original } = await cardOf(step.copyOf);
      const nvm = inMemoryNvm(original.size);
      nvm.restore(original.snapshot());
      cards.set(step.who, { nvm, card: await openCard({ nvm, ...buildOf(step.who) }) });
    }
    if (step.powerCycle) {
      const { nvm } = await cardOf(step.who);
      cards.set(step.who, { nvm, card: await openCard({ nvm, ...buildOf(step.who) }) });
    }
    const exchanges = (form === 'extended' ? step.extended : undefined) ?? step.short ?? [];
    for (const { command, response } of exchanges) {
      const { card } = await cardOf(step.who);
      expect(hex(await card.transmit(fromHex(command))), `${step.who}: ${step.does}`).toBe(response);
    }
  }
  expect(draws).toEqual([]);
}

/*
 * The small verifier. From here on nothing of Sokkin is used but hex: bytes are taken by the offsets of
 * docs/spec/protocol.md, section 4, and of card-application.md, section 3.
 */
const bytesOf = (text: string): Buffer => Buffer.from(text, 'hex');
const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function isSigned(publicKey: string, body: Buffer, signature: Buffer): boolean {
  const spki = Buffer.concat([
    bytesOf('3059301306072a8648ce3d020106082a8648ce3d030107034200'),
    bytesOf(publicKey),
  ]);
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  return verifySignature('sha256', body, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/** tag, length (one byte, or 81 and one, or 82 and two), value. */
function objects(data: Buffer): { tag: number; value: Buffer }[] {
  const found: { tag: number; value: Buffer }[] = [];
  let at = 0;
  while (at < data.length) {
    let tag = data.readUInt8(at++);
    if ((tag & 0x1f) === 0x1f) tag = tag * 256 + data.readUInt8(at++);
    let length = data.readUInt8(at++);
    if (length > 0x80) {
      const size = length - 0x80;
      length = data.readUIntBE(at, size);
      at += size;
    }
    found.push({ tag, value: data.subarray(at, at + length) });
    at += length;
  }
  return found;
}

interface Command {
  ins: number;
  data: Buffer;
  answer: Buffer;
  sw: string;
}

/** Puts chains of commands and of GET RESPONSE together; one step holds one command, or several READ JOURNAL. */
function commandsOf(exchanges: readonly Exchange[]): Command[] {
  const whole: Command[] = [];
  let data = Buffer.alloc(0);
  for (const { command, response } of exchanges) {
    const c = bytesOf(command);
    const r = bytesOf(response);
    const [answer, sw] = [r.subarray(0, -2), r.subarray(-2).toString('hex')];
    if (c.readUInt8(1) === 0xc0) {
      const last = whole.at(-1);
      if (last !== undefined) Object.assign(last, { answer: Buffer.concat([last.answer, answer]), sw });
      continue;
    }
    let part = Buffer.alloc(0);
    if (c.length > 7 && c.readUInt8(4) === 0) part = Buffer.from(c.subarray(7, 7 + c.readUInt16BE(5)));
    else if (c.length > 5) part = Buffer.from(c.subarray(5, 5 + c.readUInt8(4)));
    data = Buffer.concat([data, part]);
    if ((c.readUInt8(0) & 0x10) !== 0 && sw === '9000') continue;
    whole.push({ ins: c.readUInt8(1), data, answer, sw });
    data = Buffer.alloc(0);
  }
  return whole;
}

/** What the verifier knows of one purse's chain: the head after each number. */
type Heads = Map<number, string>;

class SmallVerifier {
  readonly #people: readonly Participant[];
  readonly #heads = new Map<string, Heads>();
  seen = 0;

  constructor(people: readonly Participant[]) {
    this.#people = people;
  }

  #personOf(id: Buffer): Participant {
    const found = this.#people.find((p) => p.id === id.toString('hex'));
    return present(found, `participant ${id.toString('hex')}`);
  }

  headsOf(who: string): Heads {
    const known = this.#heads.get(who) ?? new Map([[0, '00'.repeat(32)]]);
    this.#heads.set(who, known);
    return known;
  }

  copy(from: string, to: string): void {
    this.#heads.set(to, new Map(this.headsOf(from)));
  }

  /** Section 4.1: an entry is linked to the one before; an attestation says where its signer stands. */
  body(who: string, body: Buffer): void {
    const [type, seq, link] = [
      body.readUInt8(0),
      body.readUInt32BE(11),
      body.subarray(15, 47).toString('hex'),
    ];
    expect(body.readUInt16BE(1)).toBe(0x0101);
    const heads = this.headsOf(who);
    if (type >= 0x10) {
      expect(heads.get(seq), `${who}: link of attestation`).toBe(link);
      return;
    }
    expect(heads.get(seq - 1), `${who}: link of entry ${seq}`).toBe(link);
    const after = heads.get(seq) ?? hash(body);
    expect(hash(body), `${who}: entry ${seq}`).toBe(after);
    heads.set(seq, after);
    this.seen += 1;
  }

  /** Body and signature of a purse. */
  message(who: string, message: Buffer): void {
    const [body, signature] = [message.subarray(0, -64), message.subarray(-64)];
    const signer = this.#personOf(body.subarray(3, 11));
    expect(isSigned(signer.publicKey, body, signature), `${who}: signature`).toBe(true);
    this.body(who, body);
  }

  /** A journal entry that the purse wrote for itself: header, then what the command told it. */
  #own(who: string, type: number, seq: number, rest: Buffer): void {
    const person = present(
      this.#people.find((p) => p.name === who),
      who,
    );
    const before = present(this.headsOf(who).get(seq - 1), `head after ${seq - 1} of the ${who}`);
    const number = Buffer.alloc(4);
    number.writeUInt32BE(seq);
    this.body(who, Buffer.concat([Buffer.of(type, 1, 1), bytesOf(person.id), number, bytesOf(before), rest]));
  }

  /** What a command that succeeded wrote, from the command alone (sections 4.2 to 4.7 and 6). */
  command(who: string, { ins, data, answer }: Command, seq: number, changed: boolean): void {
    const shown = objects(data);
    const value = (tag: number): Buffer => present(shown.find((o) => o.tag === tag)?.value, tag.toString(16));
    switch (ins) {
      case 0xe2: {
        const certificate = value(0xe3);
        this.#own(who, 0x01, seq, Buffer.concat([bytesOf('0392'), bytesOf(hash(certificate))]));
        break;
      }
      case 0x12:
        if (changed) this.#own(who, 0x05, seq, value(0xca));
        break;
      case 0x54: {
        const receipt = value(0xc3);
        // The Payment's number stands at 66, the outcome at 47.
        if (changed)
          this.#own(who, 0x06, seq, Buffer.concat([receipt.subarray(66, 70), receipt.subarray(47, 48)]));
        break;
      }
      case 0x72: {
        const grant = value(0xc5).subarray(0, -64);
        // The number of a Grant stands after type, version, suite, authority and purse.
        if (changed) {
          this.#own(
            who,
            0x07,
            seq,
            Buffer.concat([grant.subarray(19, 23), bytesOf(hash(Buffer.from(grant)))]),
          );
        }
        break;
      }
      case 0x46: {
        const enrolment = present(objects(answer)[0]?.value, 'enrolment');
        const key = enrolment.subarray(19, 84).toString('hex');
        expect(isSigned(key, enrolment.subarray(0, 84), enrolment.subarray(84))).toBe(true);
        break;
      }
      case 0x74:
        for (const o of objects(answer)) this.body(who, o.value);
        break;
      case 0x10:
      case 0x50:
      case 0x52:
      case 0x60:
      case 0x62:
      case 0x70:
        for (const o of objects(answer)) this.message(who, o.value);
        break;
      default:
        break;
    }
  }

  /** What somebody signed without a card. Grants have a header of their own; forged messages no chain. */
  signed(who: string, { body, hash: said, signature }: ShownMessage): void {
    const bytes = bytesOf(body);
    expect(hash(bytes)).toBe(said);
    const signer = present(
      this.#people.find((p) => p.name === who),
      who,
    );
    expect(isSigned(signer.publicKey, bytes, bytesOf(present(signature, 'signature')))).toBe(true);
    if (bytes.readUInt8(0) === 0x21) return;
    // Not in setup nor steps stands the Genesis of a back-end's purse: certificate, and nothing before.
    if (this.headsOf(who).size === 1) {
      const rest = Buffer.concat([bytesOf('0392'), bytesOf(hash(bytesOf(signer.certificate)))]);
      if (who.endsWith('issuer purse')) this.#own(who, 0x01, 1, rest);
    }
    if (who.endsWith('issuer purse')) this.body(who, bytes);
  }
}

describe('a verifier that knows only the JSON and the offsets of the specification', () => {
  for (const { name, transcript } of transcripts) {
    for (const form of ['short', 'extended'] as const) {
      test(`agrees with ${name}, ${form} length`, () => {
        const verifier = new SmallVerifier(transcript.participants);
        const before = new Map<string, number>();
        const balances = new Map<string, bigint>();
        for (const step of [...transcript.setup, ...transcript.steps]) {
          if (step.copyOf !== undefined) {
            verifier.copy(step.copyOf, step.who);
            before.set(step.who, before.get(step.copyOf) ?? 0);
          }
          if (step.signs !== undefined) verifier.signed(step.who, step.signs);
          const after = step.after;
          if (after === undefined) continue;
          const changed = after.seq !== (before.get(step.who) ?? 0);
          // What other applications wrote stands in the step; tests/vectors-emv.test.ts builds it from the answer.
          if (step.entry !== undefined) verifier.body(step.who, bytesOf(step.entry.body));
          const exchanges =
            step.application === undefined
              ? ((form === 'extended' ? step.extended : undefined) ?? step.short ?? [])
              : [];
          for (const c of commandsOf(exchanges)) {
            if (c.sw === '9000') verifier.command(step.who, c, after.seq, changed);
            else expect(changed, `${step.does}: a refusal changes nothing`).toBe(false);
            if (c.sw === '9000' && c.ins === 0x70) checkStatement(objects(c.answer)[0]?.value, after);
            if (c.sw === '9000' && c.ins === 0xca) checkSummary(c.answer, after);
          }
          expect(verifier.headsOf(step.who).get(after.seq), `${step.who}: ${step.does}`).toBe(after.head);
          before.set(step.who, after.seq);
          balances.set(step.who, BigInt(after.balance));
        }
        expect(verifier.seen).toBeGreaterThan(0);
      });
    }
  }

  test('checks every certificate of the transcripts by its offsets', () => {
    const people = transcripts.flatMap((t) => t.transcript.participants);
    const keyOf = (name: string): string =>
      present(
        people.find((p) => p.name === name),
        name,
      ).publicKey;
    for (const p of people) {
      const c = bytesOf(p.certificate);
      const [body, signature] = [c.subarray(4, 4 + 147), c.subarray(154)];
      expect([c.length, c.subarray(0, 4).toString('hex'), signature.length]).toEqual([218, '7f2181d6', 64]);
      expect(c.subarray(39, 104).toString('hex')).toBe(p.publicKey);
      expect(c.subarray(107, 115).toString('hex')).toBe(p.id);
      expect(isSigned(keyOf(p.certifiedBy), body, signature), p.name).toBe(true);
    }
  });

  test('checks every message of messages.json', () => {
    const keyOf = (name: string): string =>
      messages.participants.find((p: Participant) => p.name === name).publicKey;
    for (const m of messages.messages as (ShownMessage & { signer?: string })[]) {
      const body = bytesOf(m.body);
      expect(hash(body)).toBe(m.hash);
      if (m.signer !== undefined) {
        expect(isSigned(keyOf(m.signer), body, bytesOf(present(m.signature, m.message))), m.message).toBe(
          true,
        );
      }
    }
  });
});

/** Section 4.7. */
function checkStatement(message: Buffer | undefined, after: NonNullable<Step['after']>): void {
  const m = present(message, 'statement');
  expect(m.readUInt32BE(11)).toBe(after.seq);
  expect(m.subarray(15, 47).toString('hex')).toBe(after.head);
  expect(m.readBigUInt64BE(49).toString()).toBe(after.balance);
  expect(m.readBigUInt64BE(57).toString()).toBe(after.pending);
  expect(m.readBigUInt64BE(65).toString()).toBe(after.reserved);
  expect(m.length).toBe(104 + 4 * m.readUInt8(103) + 64);
}

/** card-application.md, section 4.3: DF20. */
function checkSummary(answer: Buffer, after: NonNullable<Step['after']>): void {
  const [object] = objects(answer);
  if (object === undefined || object.tag !== 0xdf20) return;
  const s = object.value;
  expect(s.length).toBe(84);
  expect(s.readBigUInt64BE(3).toString()).toBe(after.balance);
  expect(s.readBigUInt64BE(11).toString()).toBe(after.pending);
  expect(s.readBigUInt64BE(19).toString()).toBe(after.reserved);
  expect(s.readUInt32BE(27)).toBe(after.seq);
}

describe('the rest', () => {
  test('every malformed body is refused', () => {
    const parsers: Record<number, (body: Uint8Array) => unknown> = {
      17: parseStatementBody,
      18: parseReceiptBody,
      33: parseGrantBody,
      34: parseBlockListBody,
      49: parseEnrolmentBody,
    };
    for (const { what, body } of messages.malformed) {
      const bytes = fromHex(body);
      const parse = parsers[bytes[0] ?? 0] ?? parseEntry;
      expect(() => parse(bytes), what).toThrow(SokkinError);
    }
  });

  test('every status is answered in refusals.json, or stands there as not reached', () => {
    const refusals = JSON.parse(read('transcripts/refusals.json'));
    const reached = refusals.statuses.map((s: { status?: string }) => s.status);
    const not = refusals.notReached.map((s: { status: string }) => s.status);
    expect([...reached, ...not].filter((s) => s !== undefined).sort()).toEqual(Object.keys(STATUS).sort());
  });

  test('no value appears: what all purses hold is what the issuer paid in', () => {
    for (const { name, transcript } of transcripts.filter((t) => t.name !== 'fork.json')) {
      const held = new Map<string, bigint>();
      let paidIn = 0n;
      const inFlight = new Map<string, bigint>();
      for (const step of [...transcript.setup, ...transcript.steps]) {
        if (step.signs?.message === 'Payment') paidIn += bytesOf(step.signs.body).readBigUInt64BE(49);
        if (step.after === undefined) continue;
        held.set(step.who, BigInt(step.after.balance));
        inFlight.set(step.who, BigInt(step.after.pending));
        const all = [...held.values()].reduce((a, b) => a + b, 0n);
        expect(all <= paidIn, `${name}: ${step.does}`).toBe(true);
      }
    }
  });

  test('the APDU scripts hold the exchanges of the JSON', () => {
    for (const { name, transcript } of transcripts) {
      const lines = read(`transcripts/${name.replace('.json', '.apdu')}`).split('\n');
      const sent = lines.filter((l) => l.startsWith('> ')).map((l) => l.slice(2));
      const all = [...transcript.setup, ...transcript.steps].flatMap((s) => s.short ?? []);
      expect(sent).toEqual(all.map((e) => e.command));
      expect(lines.every((l) => l === '' || /^# |^[<>] [0-9a-f]+$|^< lost$/.test(l))).toBe(true);
    }
  });

  test('objects of the JSON are those of the engine', () => {
    // The small verifier takes tags by number; this is the one place that ties them to the code.
    expect([OBJECT.purse, OBJECT.grant, OBJECT.receipt, OBJECT.number]).toEqual([0xe3, 0xc5, 0xc3, 0xca]);
    expect(parseTemplate(fromHex('ca0400000001'), 'number', { number: OBJECT.number }).number.length).toBe(4);
  });
});
