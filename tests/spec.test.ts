/**
 * The specification says what the code does: every table, length and byte layout in docs/spec that the code
 * also knows is compared with it here.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CELL_SIZE,
  cardMemorySize,
  encodeHead,
  geometryOf,
  IDENTITY_CELLS,
  PURSE_COMMANDS,
} from '@sokkin/card';
import { describeSw, hex } from '@sokkin/codec';
import { ASSURANCE, ROLE } from '@sokkin/crypto';
import {
  CARD_PROFILE,
  encodeEnrolment,
  encodeEntry,
  encodeGrant,
  encodeLimits,
  encodeReceipt,
  encodeStatement,
  encodeSummary,
  encodeTagMessage,
  HEADER_LENGTH,
  INS,
  LIFECYCLES,
  LIMITS_LENGTH,
  MAX_BLOCKED,
  MAX_COMMAND_DATA,
  MAX_RESOLUTIONS,
  NO_LIMITS,
  OBJECT,
  ORDER,
  OUTCOME,
  PURSE_AID,
  READOUT,
  SELECT_TAG_FILE,
  STATUS,
  TAG_AID,
  TAG_FILE,
  TAG_FILE_SIZE,
  TAG_INS,
  TAG_MAX_READ,
  TAG_MAX_WRITE,
  TAG_RECORD_TYPE,
  TYPE,
} from '@sokkin/purse';
import { describe, expect, test } from 'vitest';
import { everybody, payerCard } from '../vectors/generator/people.ts';
import { World } from '../vectors/generator/world.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, '../docs/spec', name), 'utf8');
const protocol = read('protocol.md');
const card = read('card-application.md');

/** The text from a heading to the next of its rank or above. */
function section(text: string, heading: string): string {
  const start = text.indexOf(`\n${heading}`);
  expect(start, `"${heading}" is there`).toBeGreaterThanOrEqual(0);
  const rank = heading.indexOf(' ');
  const rest = text.slice(start + 1 + heading.length);
  const end = rest.search(new RegExp(`\n#{1,${rank}} `));
  return end < 0 ? rest : rest.slice(0, end);
}

/** The rows of all tables in a text, as trimmed cells. */
const rows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\- ]+$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((c) => c.trim()),
    );
const hexOf = (n: number, digits: number): string => n.toString(16).toUpperCase().padStart(digits, '0');
const grouped = (n: number): string => n.toLocaleString('en');

const id = new Uint8Array(8);
const hash = new Uint8Array(32);
const header = { purse: id, seq: 1, link: hash };
const nonce = new Uint8Array(16);
const outcome = 'cancelled' as const;
const word = {
  outcome,
  currency: 0x392,
  amount: 1n,
  payer: id,
  paymentNo: 1,
  paymentHash: hash,
  ticketNo: 1,
};
const bodies = {
  Genesis: encodeEntry({ type: 'genesis', fields: { ...header, currency: 0x392, certificateHash: hash } }),
  Ticket: encodeEntry({
    type: 'ticket',
    fields: { ...header, currency: 0x392, maxAmount: 1n, reference: id },
  }),
  Payment: encodeEntry({
    type: 'payment',
    fields: { ...header, currency: 0x392, amount: 1n, payee: id, ticketNo: 1 },
  }),
  Receipt: encodeReceipt({ ...header, ...word, kind: 'receipt' }),
  Refusal: encodeReceipt({ ...header, ...word, kind: 'refusal' }),
  Void: encodeEntry({ type: 'void', fields: { ...header, ticketNo: 1 } }),
  Settle: encodeEntry({ type: 'settle', fields: { ...header, paymentNo: 1, outcome } }),
  GrantApplied: encodeEntry({ type: 'grantApplied', fields: { ...header, grantNo: 1, grantHash: hash } }),
  Approval: encodeEntry({
    type: 'approval',
    fields: { ...header, currency: 0x392, amount: 1n, atc: 1, cryptogram: id },
  }),
  Enrolment: encodeEnrolment({ nonce, publicKey: new Uint8Array(65) }),
};
const statement = (openTickets: readonly number[]): Uint8Array =>
  encodeStatement({
    ...header,
    currency: 0x392,
    balance: 0n,
    pending: 0n,
    reserved: 0n,
    ackSeq: 0,
    grantNo: 0,
    epoch: 20_000,
    nonce,
    openTickets,
  });
const grant = (settlements: number, blocked: number): Uint8Array =>
  encodeGrant({
    authority: id,
    purse: id,
    grantNo: 1,
    ackSeq: 1,
    ackHead: hash.map(() => 0xaa),
    order: 'terminate',
    resetPinTries: true,
    epoch: 20_000,
    nonce,
    limits: NO_LIMITS,
    resolutions: Array.from({ length: settlements }, () => ({ paymentNo: 1, outcome })),
    blocked: Array.from({ length: blocked }, () => id),
  });

describe('protocol.md, section 3: certificates', () => {
  test('the fixed bytes of the layout are those of a real certificate', () => {
    const [layout = ''] = section(protocol, '## 3. Certificates').match(/```[\s\S]*?```/) ?? [];
    const bytes = hex(payerCard.certificate.bytes);
    // Tag and length of each line, in order, and behind them whatever value is given in hexadecimal.
    let at = 0;
    let lines = 0;
    for (const line of layout.split('\n')) {
      const [, tag = '', length = '', given = ''] =
        /^ *([0-9A-F]{2,4}) +((?:81 )?[0-9A-F]{2})(?=\s)((?: {1,2}[0-9A-F]{2}(?= |$))*)/.exec(line) ?? [];
      if (tag === '') continue;
      const fixed = `${tag}${length}${given}`.replaceAll(' ', '').toLowerCase();
      expect(bytes.slice(at, at + fixed.length), line).toBe(fixed);
      const constructed = (Number.parseInt(tag.slice(0, 2), 16) & 0x20) !== 0;
      const lead = tag.length + length.replaceAll(' ', '').length;
      const value = 2 * Number.parseInt(length.slice(-2), 16);
      at += lead + (constructed ? 0 : value);
      lines += 1;
    }
    expect([at, lines]).toEqual([bytes.length, 14]);
    expect(protocol).toContain('218 bytes');
    expect(bytes.length).toBe(2 * 218);
  });

  test('roles and assurances', () => {
    const table = rows(section(protocol, '## 3. Certificates'));
    const roles = new Map(table.slice(1).map(([name, code]) => [name, code]));
    expect([...roles]).toEqual([
      ['root', hexOf(ROLE.root, 2)],
      ['issuer', hexOf(ROLE.issuer, 2)],
      ['authority', hexOf(ROLE.authority, 2)],
      ['purse', hexOf(ROLE.purse, 2)],
      ['issuer purse', hexOf(ROLE.issuerPurse, 2)],
    ]);
    const assurances = table.slice(1).flatMap(([, , , , code]) => (code ? [Number.parseInt(code, 16)] : []));
    expect(assurances).toEqual([ASSURANCE.none, ASSURANCE.secureElement, ASSURANCE.tee, ASSURANCE.software]);
  });
});

describe('protocol.md, section 4: messages', () => {
  test('lengths in the headings', () => {
    const heads = protocol.match(/^### 4\..*$/gm)?.join('\n') ?? '';
    for (const name of ['Ticket', 'Payment', 'Receipt', 'Refusal', 'Enrolment'] as const) {
      expect(heads).toContain(`${name} (${bodies[name].length} + 64 bytes)`);
    }
    expect(heads).toContain(`Statement (${statement([]).length} + 4n + 64 bytes)`);
    expect(statement([1, 2]).length).toBe(statement([]).length + 8);
    expect(heads).toContain(`Limits (${LIMITS_LENGTH} bytes)`);
    expect(encodeLimits(NO_LIMITS).length).toBe(LIMITS_LENGTH);
    expect(section(protocol, '### 4.1')).toContain(`The header has ${HEADER_LENGTH} bytes`);
  });

  test('lengths of entries that do not travel', () => {
    const text = section(protocol, '### 4.6');
    for (const name of ['Genesis', 'Void', 'Settle', 'GrantApplied', 'Approval'] as const) {
      expect(text).toMatch(new RegExp(`^${name} .* ${bodies[name].length} bytes$`, 'm'));
    }
  });

  test('the Grant: length, places and bounds', () => {
    const text = section(protocol, '### 4.9');
    expect(text).toContain('159 + 5n + 8m bytes, at most 447');
    expect([grant(0, 0).length, grant(2, 3).length]).toEqual([159, 159 + 10 + 24]);
    expect(grant(MAX_RESOLUTIONS, MAX_BLOCKED).length).toBe(447);
    expect(text).toContain(`n <= ${MAX_RESOLUTIONS}`);
    expect(text).toContain(`m <= ${MAX_BLOCKED}`);
    const g = grant(1, 0);
    expect([g[22], g[26], g[27], g[59], g[60], g[157]]).toEqual([1, 1, 0xaa, ORDER.terminate, 1, 1]);
    for (const [name, code] of Object.entries(ORDER)) expect(text).toContain(`${hexOf(code, 2)} ${name}`);
  });

  test('the types', () => {
    const table = rows(section(protocol, '### 4.1')).slice(1);
    const found = table.map(([code, name = '']) => [name.toLowerCase(), code]).sort();
    const wanted = Object.entries(TYPE).map(([name, code]) => [name.toLowerCase(), hexOf(code, 2)]);
    expect(found).toEqual(wanted.sort());
    for (const [name, body] of Object.entries(bodies)) {
      expect(table.find(([, n]) => n === name)?.[0], name).toBe(hexOf(body[0] ?? 0, 2));
    }
  });

  test('the outcomes', () => {
    expect(section(protocol, '### 4.4')).toContain(
      `${hexOf(OUTCOME.credited, 2)} credited or ${hexOf(OUTCOME.cancelled, 2)} cancelled`,
    );
  });

  test('the data objects', () => {
    const found = new Map<string, string>();
    for (const [tag = '', content = '', , other = '', more = ''] of rows(section(protocol, '### 4.11')).slice(
      1,
    )) {
      for (const [tags, text] of [
        [tag, content],
        [other, more],
      ] as const) {
        const names = text.split(/[:,(]| or /).map((w) => w.trim().toLowerCase());
        for (const [i, t] of tags.split(', ').entries()) found.set(t, names[i] ?? '');
      }
    }
    const words: Record<keyof typeof OBJECT, string> = {
      ticket: 'ticket',
      payment: 'payment',
      receipt: 'receipt',
      statement: 'statement',
      grant: 'grant',
      entry: 'body of a journal entry',
      enrolment: 'enrolment',
      amount: 'amount',
      reference: 'reference',
      number: 'number',
      pinBlock: 'pin block',
      nonce: 'nonce',
      root: 'root',
      issuer: 'issuer',
      purse: 'purse',
      authority: 'authority',
    };
    const wanted = (Object.keys(OBJECT) as (keyof typeof OBJECT)[]).map((n) => [
      hexOf(OBJECT[n], 2),
      words[n],
    ]);
    expect([...found].sort()).toEqual(wanted.sort());
  });
});

describe('protocol.md, section 5: windows', () => {
  test('the profile of the card', () => {
    const table = new Map(rows(section(protocol, '### 5.3')).map(([what, size]) => [what, size]));
    expect(table.get('tickets remembered')).toBe(String(CARD_PROFILE.tickets));
    expect(table.get('open payments')).toBe(String(CARD_PROFILE.outgoing));
    expect(table.get('past transactions kept for the history')).toBe(String(CARD_PROFILE.history));
    expect(table.get('cells')).toBe(String(CARD_PROFILE.cells));
    expect(section(protocol, '### 6.8')).toContain(`full tries (${CARD_PROFILE.pinTries})`);
  });
});

describe('protocol.md, section 7: statuses', () => {
  test('every status with its word and sentence, and no other', () => {
    const found = rows(section(protocol, '## 7. Statuses')).slice(1);
    const wanted = Object.entries(STATUS).map(([name, { sw, says }]) => [hexOf(sw, 4), `\`${name}\``, says]);
    expect(found.sort()).toEqual(wanted.sort());
  });
});

test('every status that the documents name exists', () => {
  for (const text of [protocol, card]) {
    const named = [...text.matchAll(/`([a-z]+(?:_[a-z]+)+|malformed)`/g)].map((m) => m[1] ?? '');
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !(name in STATUS))).toEqual([]);
  }
});

test('every status is named in the rule that answers with it', () => {
  const rules = protocol.slice(0, protocol.indexOf('## 7. Statuses')) + section(card, '## 4. Commands');
  const missing = Object.keys(STATUS).filter((name) => !rules.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});

describe('card-application.md', () => {
  test('the application identifier', () => {
    expect(card).toContain(
      hex(PURSE_AID)
        .toUpperCase()
        .replace(/..(?=.)/g, '$& '),
    );
  });

  test('the lifecycle codes', () => {
    const found = rows(section(card, '## 2. Lifecycle')).slice(1);
    expect(found.map(([code, name]) => [code, name])).toEqual(
      LIFECYCLES.map((name, i) => [hexOf(i, 2), name]),
    );
  });

  test('every command stands in the table, with class, instruction and parameters', () => {
    const found = rows(section(card, '## 4. Commands').split('### 4.1')[0] ?? '').slice(1);
    const wanted = PURSE_COMMANDS.map((c) => [
      c.name,
      `${hexOf(c.cla, 2)} ${hexOf(c.ins, 2)}`,
      c.p1p2 === undefined ? 'tag' : c.p1p2 === 0 ? '' : `00 ${hexOf(c.p1p2, 2)}`,
    ]);
    expect(found.map((r) => r.slice(0, 3)).sort()).toEqual(wanted.sort());
    expect(card).toContain(`00 ${hexOf(INS.select, 2)} 04 00`);
    expect(card).toContain(`00 ${hexOf(INS.getResponse, 2)} 00 00`);
  });

  test('the readouts', async () => {
    const found = rows(section(card, '### 4.3')).slice(1);
    const tags = found.map(([tag = '']) => tag.replace(' ', ''));
    for (const tag of Object.values(READOUT)) expect(tags).toContain(hexOf(tag, 4));
    const world = new World('short');
    const purse = await world.born(payerCard, 1_000n);
    const summary = encodeSummary(purse.state);
    expect(found[0]?.[1]).toBe(`summary, ${summary.length} bytes`);
    const view = new DataView(summary.buffer, summary.byteOffset);
    // Offsets as the block in section 4.3 gives them.
    const { state } = purse;
    expect([view.getBigUint64(3), view.getUint32(27), view.getUint32(35)]).toEqual([
      state.balance,
      state.seq,
      state.grantNo,
    ]);
    expect([view.getUint8(0), view.getUint8(45), view.getUint16(48)]).toEqual([
      LIFECYCLES.indexOf(state.lifecycle),
      CARD_PROFILE.pinTries,
      state.cells.filter((c) => c === undefined).length,
    ]);
  });

  test('command data and memory', async () => {
    expect(card).toContain(`at most ${grouped(MAX_COMMAND_DATA)} bytes`);
    const geometry = geometryOf(CARD_PROFILE);
    const memory = section(card, '## 6. Memory');
    const [head, cell] = [geometry.headSize + 16, CELL_SIZE + 6];
    expect([geometry.cellCount, CARD_PROFILE.cells + IDENTITY_CELLS]).toEqual([195, 195]);
    const [headB, cells] = [44 + head, 44 + 2 * head];
    for (const n of [head, headB, cells, cardMemorySize()]) expect(memory).toContain(grouped(n));
    expect(cells + geometry.cellCount * cell).toBe(cardMemorySize());
    const purse = await new World('short').born(payerCard, 1_000n);
    const written = encodeHead({ purse: purse.state, sections: {}, files: new Uint8Array(0) }).length + 16;
    const signed = (body: Uint8Array): number => 2 + 1 + body.length + 64 + 4;
    const [pay, credit] = [signed(bodies.Payment), signed(bodies.Receipt)];
    const figures = new Map(rows(memory).map(([what, n]) => [what, n]));
    expect(figures.get(`written by PAY: cell ${pay}, head ${grouped(written)}, mark 8`)).toBe(
      grouped(pay + written + 8),
    );
    expect(figures.get(`written by CREDIT: cell ${credit}, head ${grouped(written)}, mark 8`)).toBe(
      grouped(credit + written + 8),
    );
    expect(figures.get('non-volatile memory, whole')).toBe(grouped(cardMemorySize()));
    expect(figures.get(`of it cells: 195 of ${cell}`)).toBe(grouped(195 * cell));
    expect(figures.get(`of it heads: 2 of ${grouped(head)}`)).toBe(grouped(2 * head));
  });

  test('the transport status words are those of the refusals transcript', () => {
    const path = join(import.meta.dirname, '../vectors/transcripts/refusals.json');
    const { statuses }: { statuses: { sw: string; status?: string }[] } = JSON.parse(
      readFileSync(path, 'utf8'),
    );
    const known = new Set(Object.values(STATUS).map(({ sw }) => hexOf(sw, 4)));
    const generic = (sw: string): string => sw.replace(/^61../, '61xx').replace(/^63C./, '63Cx');
    const seen = new Set(statuses.map((s) => generic(s.sw)).filter((sw) => sw === '9000' || !known.has(sw)));
    const found = rows(section(card, '## 7. Transport status words')).slice(1);
    expect(found.map(([sw]) => sw).sort()).toEqual([...seen].sort());
    for (const [sw = ''] of found.filter(([s]) => /^[0-9A-F]{4}$/.test(s ?? ''))) {
      expect(describeSw(Number.parseInt(sw, 16))).not.toContain('unknown status word');
    }
  });

  test('the exchanges of a tap are those of the transcript', () => {
    const path = join(import.meta.dirname, '../vectors/transcripts/two-tap-card-payment.json');
    type Exchange = { command: string; response: string };
    const steps: { powerCycle?: true; does: string; short: Exchange[]; extended?: Exchange[] }[] = JSON.parse(
      readFileSync(path, 'utf8'),
    ).steps;
    const taps: (typeof steps)[] = [];
    for (const step of steps) {
      if (step.powerCycle) taps.push([]);
      if (!step.does.startsWith('GET DATA')) taps.at(-1)?.push(step);
    }
    const count = (all: Exchange[]): string =>
      [
        all.length,
        sum(all.map((e) => e.command.length / 2)),
        sum(all.map((e) => e.response.length / 2)),
      ].join(', ');
    const found = rows(section(card, '## 8. Exchanges of a tap')).slice(1);
    expect(found.map(([, , short, extended]) => [short, extended])).toEqual(
      taps
        .slice(1)
        .map((tap) => [count(tap.flatMap((s) => s.short)), count(tap.flatMap((s) => s.extended ?? s.short))]),
    );
  });
});

describe('card-application.md, section 9: the Type 4 tag applet', () => {
  const text = section(card, '## 9. Type 4 tag applet');
  const spaced = (bytes: Uint8Array): string =>
    hex(bytes)
      .toUpperCase()
      .replace(/..(?=.)/g, '$& ');

  test('identifiers, instructions and sizes', () => {
    expect(text).toContain(spaced(TAG_AID));
    const commands = rows(section(text, '### 9.1'));
    expect(commands.slice(1, 4).map(([, code]) => code)).toEqual(
      [INS.select, TAG_INS.readBinary, TAG_INS.updateBinary].map((ins) => `00 ${hexOf(ins, 2)}`),
    );
    expect(commands[1]?.[2]).toBe(hexOf(SELECT_TAG_FILE, 4).replace(/..(?=.)/, '$& '));
    expect(text).toContain(`MLe ${TAG_MAX_READ} `);
    expect(text).toContain(`MLc ${TAG_MAX_WRITE}\n`);
    expect(text).toContain(`NDEF file, ${grouped(TAG_FILE_SIZE)} bytes`);
    for (const id of Object.values(TAG_FILE)) expect(text).toContain(`${hexOf(id, 4)}  `);
    expect(text).toContain(`type \`${TAG_RECORD_TYPE}\``);
  });

  test('sizes of messages', () => {
    const [chain, amount] = [2 * 221, 10];
    const objectsOf = (body: Uint8Array): number => 3 + body.length + 64 + chain;
    const sizes = [objectsOf(bodies.Ticket) + amount, objectsOf(bodies.Payment), objectsOf(bodies.Receipt)];
    const found = rows(section(text, '### 9.6')).slice(1, 4);
    expect(found.map(([, n]) => n)).toEqual(
      sizes.map((n) => {
        const message = encodeTagMessage({ kind: 'objects', objects: new Uint8Array(n) });
        return `${n}, ${message.length}`;
      }),
    );
  });
});

const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);

test('every certificate of the vectors has the one length of the specification', () => {
  for (const p of everybody) expect(p.certificate.bytes.length).toBe(218);
});
