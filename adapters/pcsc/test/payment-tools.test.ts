/**
 * Programs that we did not write read a payment card: opensc-tool, pcsc_scan, and scriptor, which plays a whole
 * transaction. They see nothing of ours but a card in a reader.
 */
import { decodeTlv, fromHex, hex } from '@sokkin/codec';
import { expectAnswer, type LivingPaymentCard, PURCHASE, readSteps, scriptValues } from '@sokkin/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AttachedCard, attachVirtualCard, CARD_ATR, CONTACTLESS_ATR, openPcsc } from '../src/index.ts';
import { attachable } from './field-reader.ts';
import { type House, openHouse } from './house.ts';
import { livingPaymentCard } from './payment-card.ts';
import { missingTool, runTool, scriptorAnswers, spaced } from './tools.ts';

const opened = missingTool() ?? (await openHouse());
const skipped = typeof opened === 'string' ? `: skipped, ${opened}` : '';

/** A contactless purchase of JPY 1 as terminals of others send it, and then what the purse says of it. */
const TRANSACTION = `
  > 00a4 0400 0e {ppse} 00                # SELECT 2PAY.SYS.DDF01
  < 6f.. 840e {ppse} a5.. bf0c.. 61.. 4f{aidL} {aid} 5006 534f4b4b494e 870101 9f2a03 c10392 9000
  > 00a4 0400 {aidL} {aid} 00             # SELECT the application
  < 6f.. 84{aidL} {aid} a5.. 5006 534f4b4b494e *9f380c 9f6604 9f0206 5f2a02 9f1a02 *9000
  > 80a8 0000 {gpo} 00                    # GET PROCESSING OPTIONS
  < 7712 82023900 940c 08010101 10010101 18010200 9000
  > 00b2 010c 00                          # READ RECORD: track 2, name
  < 70.. 57.. 9999120000000000 d3112 201* 5f20 0b 5441524f20534f4b4b494e 9000
  > 00b2 0114 00                          # account, rules, lists
  < 7081.. 5a08 9999120000000000 5f2403 311231 *9000
  > 00b2 011c 00                          # the issuer's certificate
  < 7081.. 9081f8 *9000
  > 00b2 021c 00                          # the card's certificate
  < 7081.. *9f4681b0 *9000
  > 0088 0000 {ddol} 00                   # INTERNAL AUTHENTICATE
  < 778184 9f4b8180 *9000
  > 80ca 9f17 00                          # GET DATA: tries of the PIN
  < 9f170103 9000
  > 0020 0080 08 {pin}                    # VERIFY
  < 9000
  > 80ae 4000 {cdol1} 00                  # GENERATE AC: a TC is asked for, and given
  < 77.. 9f270140 9f3602.... 9f2608 ................ 9f1020 0fa5* 9000
  > 80ae 4000 {cdol1} 00                  # once
  < 6985
  > 00a4 0400 08 {purse} 00               # the purse
  < 6f*9000
  > 80ca df20 00                          # is one yen poorer
  < df2054 02 0392 00000000000004d1 *9000
  > 80ca df25 00                          # and has the approval in its journal
  < df2516 ........ .... 0000000000000001 ................ 9000`;

describe.skipIf(skipped !== '')(`Debian’s card tools on a payment card${skipped}`, () => {
  const house = opened as House;
  const attached: AttachedCard[] = [];
  let living: LivingPaymentCard;

  beforeAll(async () => {
    living = await livingPaymentCard(1_234n);
    const card = attachable(() => living.card.tap());
    // In both slots, as at its contacts and without; they are not used at the same time.
    for (const [slot, atr] of [CARD_ATR, CONTACTLESS_ATR].entries())
      attached.push(await attachVirtualCard({ card, atr, dial: () => house.dial(slot) }));
    const pcsc = openPcsc();
    for (const slot of house.slots) await pcsc.until(slot, 'card');
    pcsc.close();
  });
  afterAll(async () => {
    for (const card of attached) await card.detach();
    await house.close();
  });

  it('pcsc_scan finds it at its contacts and without', async () => {
    const { code, out } = await runTool(house, 'pcsc_scan', ['-n', '-c']);
    expect(code).toBe(0);
    for (const atr of [CARD_ATR, CONTACTLESS_ATR]) expect(out).toContain(`ATR: ${spaced(hex(atr))}`);
  });

  it('opensc-tool probes it with every driver it has, and gets an answer to each', async () => {
    const { code, out, err } = await runTool(house, 'opensc-tool', ['--reader', '0', '--name', '--verbose']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Using card driver Default driver for unknown cards.');
  });

  it.each(['0', '1'])('opensc-tool reads the directories, reader %s', async (reader) => {
    const commands = [
      '00A404000E325041592E5359532E444446303100',
      '00A404000E315041592E5359532E444446303100',
      '00B2010C00',
      '00A4040008A00000015100000000',
      '80CA00CF00',
    ];
    const words = ['--reader', reader, '--card-driver', 'default', ...commands.flatMap((c) => ['-s', c])];
    const { code, out, err } = await runTool(house, 'opensc-tool', words);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.match(/Received \(SW1=0x90, SW2=0x00\)/g)).toHaveLength(commands.length);
    expect(out).toContain('CF 0A 00 01 02 03 04 05 06 07 08 09');
  });

  it('scriptor plays a whole transaction, and the bank knows the cryptogram', async () => {
    const steps = readSteps(TRANSACTION, scriptValues(living.bank)).filter((step) => step !== 'power');
    const input = `${steps.map(({ command }) => command).join('\n')}\n`;
    const { code, out } = await runTool(house, 'scriptor', ['-r', house.slots[1] ?? ''], input);
    expect(code).toBe(0);
    const answers = scriptorAnswers(out);
    expect(answers).toHaveLength(steps.length);
    for (const [i, step] of steps.entries()) expectAnswer(step, answers[i] ?? '');
    const given = decodeTlv(fromHex((answers[10] ?? '').slice(0, -4))).children ?? [];
    const message = new Map([
      ...PURCHASE,
      [0x82, fromHex('3900')],
      ...given.map(({ tag, value }) => [tag, value.slice()] as const),
    ]);
    expect(living.bank.judge(message)).toMatchObject({ verdict: 'genuine', iad: { debited: true } });
  });
});
