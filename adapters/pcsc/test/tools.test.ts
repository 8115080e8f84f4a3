/**
 * Programs that we did not write read the card: Debian's opensc-tool, scriptor and pcsc_scan (issue 3). They see
 * nothing of ours but a card in a reader.
 */
import { hex } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import { makeActiveCard, makeWorld } from '@sokkin/testkit/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AttachedCard, attachVirtualCard, CARD_ATR, CONTACTLESS_ATR, openPcsc } from '../src/index.ts';
import { type House, openHouse } from './house.ts';
import { missingTool, runTool, spaced } from './tools.ts';

const opened = missingTool() ?? (await openHouse());
const skipped = typeof opened === 'string' ? `: skipped, ${opened}` : '';

const SELECT = '00A4040008F0534F4B4B494E0100';
const SUMMARY = '80CADF2000';

describe.skipIf(skipped !== '')(`Debian’s card tools${skipped}`, () => {
  const house = opened as House;
  let attached: AttachedCard | undefined;
  /** The same card in the second slot; they are not used at the same time. */
  let contactless: AttachedCard | undefined;
  let reader: string;

  beforeAll(async () => {
    const world = await makeWorld(nodeCrypto());
    const { card } = await makeActiveCard(world, 7, { balance: 1_234n });
    attached = await attachVirtualCard({ card, dial: () => house.dial(0) });
    reader = house.slots[0] ?? '';
    const pcsc = openPcsc();
    contactless = await attachVirtualCard({ card, dial: () => house.dial(1), atr: CONTACTLESS_ATR });
    for (const slot of house.slots) await pcsc.until(slot, 'card');
    pcsc.close();
  });
  afterAll(async () => {
    await attached?.detach();
    await contactless?.detach();
    await house.close();
  });

  const run = (program: string, words: readonly string[], input = '') =>
    runTool(house, program, words, input);

  it('opensc-tool lists the readers, with a card on each', async () => {
    const { code, out } = await run('opensc-tool', ['--list-readers']);
    expect(code).toBe(0);
    expect(out).toMatch(/^0 +Yes +Virtual PCD 00 00$/m);
    expect(out).toMatch(/^1 +Yes +Virtual PCD 00 01$/m);
  });

  it('opensc-tool reads the ATR', async () => {
    const { code, out } = await run('opensc-tool', ['--reader', '0', '--atr']);
    expect(code).toBe(0);
    expect(out.trim().replaceAll(':', '')).toBe(hex(CARD_ATR));
    const other = await run('opensc-tool', ['--reader', '1', '--atr']);
    expect(other.out.trim().replaceAll(':', '')).toBe(hex(CONTACTLESS_ATR));
  });

  it('opensc-tool reads the contactless card, too', async () => {
    const words = ['--reader', '1', '--card-driver', 'default', '-s', SELECT, '-s', SUMMARY];
    const { code, out, err } = await run('opensc-tool', words);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('DF 20 54 02 03 92 00 00 00 00 00 00 04 D2');
  });

  it('opensc-tool probes the card with every driver it has, and gets an answer to each', async () => {
    const { code, out, err } = await run('opensc-tool', ['--reader', '0', '--name', '--verbose']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Using card driver Default driver for unknown cards.');
  });

  it('opensc-tool sends APDUs: SELECT, and the summary with the balance', async () => {
    const words = [
      '--reader',
      '0',
      '--card-driver',
      'default',
      '--send-apdu',
      SELECT,
      '--send-apdu',
      SUMMARY,
    ];
    const { code, out, err } = await run('opensc-tool', words);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.match(/Received \(SW1=0x90, SW2=0x00\)/g)).toHaveLength(2);
    expect(out).toContain('84 08 F0 53 4F 4B 4B 49 4E 01');
    expect(out).toContain('DF 20 54 02 03 92 00 00 00 00 00 00 04 D2');
  });

  it('scriptor runs a script: reset, SELECT cut off, short Le and GET RESPONSE, an unknown instruction', async () => {
    const script = [
      'reset',
      '00A4040005F0534F4B4B00',
      spaced(SELECT),
      '80CADF2010',
      '00C0000047',
      '80FF0000',
    ];
    const { code, out } = await run('scriptor', ['-r', reader], `${script.join('\n')}\n`);
    expect(code).toBe(0);
    expect(out).toContain(`< OK: ${spaced(hex(CARD_ATR))}`);
    expect(out.match(/90 00 : Normal processing\./g)).toHaveLength(3);
    expect(out).toMatch(
      /< DF 20 54 02 03 92 00 00 00 00 00 00 04 D2 00 00 \n61 47 : 0x47 bytes of response still available/,
    );
    expect(out).toContain('< 6D 00 : Instruction code not supported or invalid');
  });

  it('pcsc_scan finds the cards, and their ATRs', async () => {
    const { code, out } = await run('pcsc_scan', ['-n', '-c']);
    expect(code).toBe(0);
    expect(out).toContain('Card state: Card inserted');
    expect(out).toContain(`ATR: ${spaced(hex(CARD_ATR))}`);
    expect(out).toContain(`ATR: ${spaced(hex(CONTACTLESS_ATR))}`);
  });
});
