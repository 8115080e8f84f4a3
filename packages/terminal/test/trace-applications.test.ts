/** The trace follows the selected application: each names its own commands, and none shows a secret. */
import { readFileSync } from 'node:fs';
import { command, concat, DOMAIN_AID, encodeCommand, fromHex, hex } from '@sokkin/codec';
import { PURSE_AID } from '@sokkin/purse';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTracer, type TracedExchange, traceLines } from '../src/index.ts';

type Pair = readonly [command: Uint8Array, response: Uint8Array | undefined];
interface Step {
  readonly short?: readonly { readonly command: string; readonly response: string | null }[];
}

const file = (name: string): string =>
  readFileSync(new URL(`../../../vectors/transcripts/${name}`, import.meta.url), 'utf8');
const bytesOf = (text: string | null): Uint8Array | undefined =>
  text === null || text === 'lost' ? undefined : fromHex(text);

function pairsOf(name: string): Pair[] {
  if (name.endsWith('.json')) {
    const { setup, steps } = JSON.parse(file(name)) as { setup: Step[]; steps: Step[] };
    const exchanges = [...setup, ...steps].flatMap((s) => s.short ?? []);
    return exchanges.map((e) => [fromHex(e.command), bytesOf(e.response)]);
  }
  const lines = file(name)
    .split('\n')
    .filter((line) => /^[<>] /.test(line))
    .map((line) => line.slice(2));
  return lines.flatMap((line, i) => (i % 2 === 0 ? [[fromHex(line), bytesOf(lines[i + 1] ?? null)]] : []));
}

const trace = (pairs: readonly Pair[]): TracedExchange[] => {
  const tracer = createTracer();
  return pairs.map(([c, r]) => tracer.exchange(c, r));
};

/** Its lines without offsets, from the first exchange whose command begins so. */
function linesOf(traced: readonly TracedExchange[], begins: string, nth = 0): string[] {
  const found = traced.filter((t) => hex(t.command.bytes).startsWith(begins))[nth];
  return found === undefined ? [] : traceLines(found).map((l) => l.replace(/^ +\d+\.\.\d+ +/, ''));
}

const FILES = ['personalisation', 'transactions'].flatMap((n) => [`emv-${n}.apdu`, `emv-${n}.json`]);
/** The one instruction in the transcripts that no application has. */
const NO_INSTRUCTION = '8002000000';

describe('the transcripts of other applications', () => {
  it.each(FILES)('%s has no byte without a name', (name) => {
    const pairs = pairsOf(name);
    expect(pairs.length).toBeGreaterThan(30);
    trace(pairs).forEach((t, i) => {
      const said = hex(pairs[i]?.[0] ?? new Uint8Array(0));
      if (said !== NO_INSTRUCTION) expect(t.title, said).not.toContain('unknown');
      for (const part of [t.command, t.response ?? t.command]) {
        const named = [...part.bytes].every((_, at) => part.ranges.some((r) => r.start <= at && at < r.end));
        expect(named, said).toBe(true);
        expect(part.ranges.filter((r) => /^\?|unknown (object|element)/.test(r.name))).toEqual([]);
      }
    });
  });

  it.each(FILES)('%s shows no PIN and nothing of what STORE DATA brings', (name) => {
    const pairs = pairsOf(name);
    const text = trace(pairs).flatMap(traceLines).join('\n');
    const secrets = pairs
      .map(([c]) => c)
      .filter((c) => [0x20, 0x24, 0xe2].includes(c[1] ?? 0) && c.length > 8);
    expect(secrets.length).toBeGreaterThan(5);
    for (const c of secrets) expect(text).not.toContain(hex(c.subarray(5, 13)));
  });
});

describe('a payment application', () => {
  const traced = trace(pairsOf('emv-transactions.apdu'));

  it('has its options asked for by the PDOL', () => {
    expect(linesOf(traced, '80a80000')).toEqual(
      expect.arrayContaining([
        '> GET PROCESSING OPTIONS  (22 bytes)',
        '9F02 Amount, Authorised (Numeric): 1,200',
        '82 Application Interchange Profile: 3900: DDA, cardholder verification, terminal risk management, CDA',
        'file 3: records 1 to 2, 0 signed',
      ]),
    );
  });

  it('approves with CDA', () => {
    expect(linesOf(traced, '80ae50')).toEqual([
      '> first GENERATE AC  (39 bytes)',
      'CLA: 80',
      'INS: ae first GENERATE AC',
      'P1-P2: 5000 TC is asked for, with CDA',
      'Lc: 33',
      '9F02 Amount, Authorised (Numeric): 1,200',
      '9F03 Amount, Other (Numeric): 0',
      '9F1A Terminal Country Code: 0392',
      '95 Terminal Verification Results: 0000000000',
      '5F2A Transaction Currency Code: 0392',
      '9A Transaction Date: 2026-11-22',
      '9C Transaction Type: 00',
      '9F37 Unpredictable Number: a1b2c301',
      '9F35 Terminal Type: 22',
      '9F34 Cardholder Verification Method Results: 1f0002',
      'Le: 256',
      '< done (9000)  (181 bytes)',
      '77 Response Message Template Format 2',
      '9F27 Cryptogram Information Data: 40: TC',
      '9F36 Application Transaction Counter: 1',
      expect.stringMatching(
        /^9F4B Signed Dynamic Application Data: the cryptogram is inside: 486d36[0-9a-f]{250}$/,
      ),
      '9F10 Issuer Application Data',
      'fixed: 0f',
      'cryptogram version: a5',
      'key index: 01',
      'card verification results: 9c30000000: first TC, second not asked for; CDA performed, DDA performed; PIN tries left 3; scripts 0',
      'approvals since the issuer was heard: 00',
      'number of the limited-use key (0: master key): 0000',
      'debited (1: from the balance in the card): 01',
      'fixed: 00000000',
      'fixed: 0f000000000000000000000000000000',
    ]);
  });

  it('names the other commands', () => {
    expect(linesOf(traced, '80ae40', 1)).toContain('9F36 Application Transaction Counter: 4');
    expect(linesOf(traced, '80ae40', 1)).toContain('8A Authorisation Response Code: "00"');
    expect(linesOf(traced, '00b20114')).toContain('P1-P2: 0114 record 1 of file 2');
    expect(linesOf(traced, '80ca9f50')).toContain('9F50 balance: 20,000');
    expect(linesOf(traced, '80d00000')).toContain('9F02 Amount, Authorised (Numeric): 700');
    expect(linesOf(traced, '8cda9f14')).toContain('P1-P2: 9f14 9F14 Lower Consecutive Offline Limit');
    expect(linesOf(traced, '00200080')).toContain('PIN (not shown)');
    expect(linesOf(traced, '00200088')).toContain('enciphered PIN (not shown)');
    expect(linesOf(traced, '8c2400')).toContain('PIN script (not shown)');
  });

  it('is told by its answer alone, also one in format 1', () => {
    const select = encodeCommand(command(0x00, 0xa4, 0x04, 0x00, fromHex('a000000099')));
    const fci = fromHex('6f178407a0000000999901a50c5004544553549f38039f0206');
    const [, options] = trace([
      [select, concat(fci, fromHex('9000'))],
      [fromHex('80a80000088306000000000700'), fromHex('80063900080101019000')],
    ]);
    expect(options?.title).toBe('GET PROCESSING OPTIONS');
    const lines = options === undefined ? '' : traceLines(options).join();
    expect(lines).toContain('9F02 Amount, Authorised (Numeric): 700');
    expect(lines).toContain('file 1: record 1, 1 signed');
  });
});

describe('the security domain', () => {
  const traced = trace(pairsOf('emv-personalisation.apdu'));

  it.each([
    ['80500100', 'P1-P2: 0100 key version 1'],
    ['80500100', 'card challenge: 4b294daf8a756cff'],
    ['84823300', 'P1-P2: 3300 C-MAC, C-DECRYPTION, R-MAC, R-ENCRYPTION'],
    ['84e62000', 'P1-P2: 2000 for personalization'],
    ['84e62000', 'encrypted data: 73e52683904b3c1caeccd1f2fb8a8833'],
    ['84e2a900', 'P1-P2: a900 block 0, the last, secrets under the data key'],
    ['84e2a900', 'encrypted data groupings and MAC (not shown)'],
    ['80e28800', '< a secure channel, or a higher level of it, is needed (6982)  (2 bytes)'],
    ['84f24002', 'P1-P2: 4002 applications'],
    ['84f0800f', 'P1-P2: 800f security domain: secured'],
  ])('%s: %s', (begins, line) => {
    expect(linesOf(traced, begins)).toContain(line);
  });
});

describe('the selection', () => {
  const OK = fromHex('9000');
  const select = (aid: Uint8Array) => encodeCommand(command(0x00, 0xa4, 0x04, 0x00, aid));
  const update = fromHex('80500000080011223344556677');
  const titleAfter = (...before: Pair[]) => trace([...before, [update, OK]]).at(-1)?.title;
  const domain = fromHex('6f0a8408a0000001510000009000');

  it('is the purse until there was another', () => {
    expect(titleAfter()).toBe('PAY');
    expect(titleAfter([select(DOMAIN_AID), domain])).toBe('INITIALIZE UPDATE');
    expect(titleAfter([select(DOMAIN_AID), domain], [select(PURSE_AID), OK])).toBe('PAY');
    expect(titleAfter([select(fromHex('d2760000850101')), OK])).toBe('unknown instruction 50');
  });

  it('stays where a SELECT fails, and is known once its answer is fetched', () => {
    expect(titleAfter([select(DOMAIN_AID), fromHex('6a82')])).toBe('PAY');
    expect(titleAfter([select(DOMAIN_AID), undefined])).toBe('PAY');
    const nameless = fromHex('00a4040000');
    expect(titleAfter([nameless, fromHex('610c')], [fromHex('00c000000c'), domain])).toBe(
      'INITIALIZE UPDATE',
    );
  });

  it('shows no PIN that comes broken or in pieces', () => {
    const pin = '241234ffffffffff';
    const pieces: Pair[] = [
      [fromHex(`1020008004${pin.slice(0, 8)}`), OK],
      [fromHex(`00a4040004${pin.slice(8)}`), OK],
      [fromHex(`0020008009${pin}`), OK],
      [fromHex(`80e200000ac509${pin}`), OK],
      [select(PURSE_AID), OK],
      [fromHex(`80e200000ac509${pin}`), OK],
      [fromHex(`80e2000009c508${pin}`), OK],
      [fromHex(`90e2000009c509${pin.slice(0, 14)}`), OK],
      [fromHex(`80ca000001${pin.slice(14)}`), OK],
    ];
    const text = trace(pieces).flatMap(traceLines).join('\n');
    expect(text).not.toContain(pin.slice(0, 6));
    expect(text).not.toContain(pin.slice(8));
  });

  it('survives any bytes in any application', () => {
    const any = fc.uint8Array({ maxLength: 60 });
    const seen = FILES.filter((n) => n.endsWith('.apdu')).flatMap((n) => pairsOf(n).slice(0, 400));
    const real = fc.constantFrom(...seen);
    /** A real exchange, or its header or its answer with other bytes behind, or nothing of it. */
    const pair = fc.oneof(
      real,
      fc.tuple(real, any, any, any).map(([[c, r], lc, body, tail]): Pair => {
        const keep = Math.min(lc.length, r?.length ?? 0);
        const data = concat(c.subarray(0, 4), Uint8Array.of(body.length), body);
        return [data, r && concat(r.subarray(0, keep), tail, OK)];
      }),
      fc.tuple(any, any).map(([c, r]): Pair => [c, r]),
    );
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 12 }), (pairs) => {
        for (const t of trace(pairs)) traceLines(t);
      }),
      { numRuns: 400 },
    );
  });
});
