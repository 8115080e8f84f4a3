/** The trace names every byte, hides PINs, and survives any bytes. */
import { amountBytes, command, concat, encodeCommand, fromHex, hex, tlv, u32 } from '@sokkin/codec';
import { encodeEntry, INS, OBJECT, object, READOUT } from '@sokkin/purse';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  collect,
  createTracer,
  fetchTicket,
  overheard,
  syncPurse,
  type TracedExchange,
  traceLines,
} from '../src/index.ts';
import { fakeApi, makeScene, must, reference } from './scene.ts';

async function traceOfTwoTaps(extended: boolean): Promise<TracedExchange[]> {
  const { alice, bob, verifier } = await makeScene(extended);
  const traced: TracedExchange[] = [];
  const tracer = createTracer();
  const listener = {
    received: (c: Uint8Array, r: Uint8Array | undefined) => {
      traced.push(tracer.exchange(c, r));
    },
  };
  const ticket = must(
    await fetchTicket(overheard(await bob.tap(), listener), verifier, {
      maxAmount: 900n,
      reference: reference(1),
    }),
  );
  must(
    await collect(overheard(await alice.tap(), listener), verifier, { ticket, amount: 700n, pin: '1234' }),
  );
  return traced;
}

const OK = fromHex('9000');

/** Every byte of a part lies in some innermost range. */
function covered({ bytes, ranges }: TracedExchange['command']): boolean {
  return [...bytes].every((_, i) => ranges.some((r) => r.start <= i && i < r.end));
}

describe('trace', () => {
  it.each([true, false])('names every byte of two taps (extended: %s)', async (extended) => {
    const traced = await traceOfTwoTaps(extended);
    for (const t of traced) {
      expect(covered(t.command), t.title).toBe(true);
      expect(t.response !== undefined && covered(t.response), t.title).toBe(true);
    }
    const text = traced.flatMap(traceLines).join('\n');
    expect(text).toContain('maximum amount: 900');
    expect(text).toContain('amount: 700');
    expect(text).toContain('ticket number');
    expect(text).toContain('role: purse');
    expect(text).not.toContain('? ');
    expect(text).toContain('PIN (not shown)');
    expect(text.replaceAll(' ', '')).not.toContain('241234');
  });

  it('names a sync', async () => {
    const scene = await makeScene(true);
    const tracer = createTracer();
    const lines: string[] = [];
    const transport = overheard(await scene.alice.tap(), {
      received: (c, r) => {
        lines.push(...traceLines(tracer.exchange(c, r)));
      },
    });
    must(await syncPurse(transport, scene.verifier, fakeApi(scene)));
    expect(lines.join('\n')).toContain('holding limit: 1,000,000');
    expect(lines.join('\n')).not.toContain('? ');
  });

  it('names an approval, in the journal and among the open ones', () => {
    const [cryptogram, header] = [
      reference(0xcafe),
      { purse: reference(1), seq: 9, link: new Uint8Array(32) },
    ];
    const fields = { ...header, currency: 0x0392, amount: 1_250n, atc: 7, cryptogram };
    const entry = object('entry', encodeEntry({ type: 'approval', fields }));
    const open = tlv(READOUT.approvals, concat(u32(9), fromHex('0007'), amountBytes(1_250n), cryptogram));
    const [journal, list] = [
      createTracer().exchange(encodeCommand(command(0x80, INS.readJournal, 0, 0)), concat(entry, OK)),
      createTracer().exchange(encodeCommand(command(0x80, INS.getData, 0xdf, 0x25)), concat(open, OK)),
    ].map((t) => traceLines(t).join('\n'));
    expect(journal).toContain('type: Approval');
    expect(list).toContain('open approvals');
    for (const text of [journal, list]) {
      expect(text).toContain('transaction counter (ATC): 7');
      expect(text).toContain('amount: 1,250');
      expect(text).toContain(`cryptogram (TC): ${hex(cryptogram)}`);
      expect(text).not.toContain('? ');
    }
  });

  it('says a refusal in words', () => {
    const c = encodeCommand(command(0x80, INS.pay, 0, 0));
    const t = createTracer().exchange(c, fromHex('9402'));
    expect(t.status).toBe('9402 insufficient_balance: The purse does not hold that much.');
    expect(createTracer().exchange(c, undefined).status).toBe('the card was lost');
  });

  it('hides the first PIN, too', () => {
    const block = concat(Uint8Array.of(OBJECT.pinBlock, 8), fromHex('241234ffffffffff'));
    const c = encodeCommand(command(0x80, INS.storeData, 0, 0, block));
    expect(traceLines(createTracer().exchange(c, undefined)).join()).not.toContain('241234');
    expect(hex(c)).toContain('241234');
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 80 }))),
        (pairs) => {
          const tracer = createTracer();
          for (const [c, r] of pairs) traceLines(tracer.exchange(c, r));
        },
      ),
      { numRuns: 300 },
    );
  });
});
