/**
 * Directories and answers to SELECT that others wrote: APDUs of the entry point tests of github.com/openemv/emv-utils
 * (tests/emv_ep_build_candidate_list_test.c and emv_ep_select_application_test.c), an implementation that knows nothing of
 * this one. Only the bytes on the air are taken from there.
 */
import { ascii, decodeCommand, equal, fromHex, hex } from '@sokkin/codec';
import { describe, expect, test } from 'vitest';
import type { TerminalConfig } from '../src/index.ts';
import { combination, configOf, pay } from './emv-scene.ts';

const DIRECTORY = ascii('2PAY.SYS.DDF01');
const HEAD = `840e${hex(DIRECTORY)}`;

/** The answer to SELECT of the directory: `inside` is what stands in BF0C. */
const fci = (inside: string): string => {
  const n = (text: string) => {
    const length = text.length / 2;
    return (length < 0x80 ? '' : '81') + length.toString(16).padStart(2, '0');
  };
  const list = `bf0c${n(inside)}${inside}`;
  const body = `${HEAD}a5${n(list)}${list}`;
  return `6f${n(body)}${body}`;
};

const served = (...pairs: readonly (readonly [aid: string, kernel: string])[]): TerminalConfig =>
  configOf((f) => {
    f.combinations = pairs.map(([aid, kernel]) => combination({ aid, kernel }));
  });

const SCHEMES = served(
  ['a0000000041010', '02'],
  ['a0000000043060', '02'],
  ['a0000000031010', '03'],
  ['a0000000032010', '03'],
  ['a0000000032020', '03'],
  ['a00000002501', '04'],
  ['a000000065', '05'],
  ['a000000152', '06'],
  ['a000000333', '07'],
  ['a0000009123456', '830528'],
);

/** Names that are selected; each answers as `answers` has it, else with control information and 6985 to its options. */
async function selectedBy(
  config: TerminalConfig,
  directory: string,
  answers: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const selected: string[] = [];
  const end = await pay(config, {
    extended: true,
    async transmit(bytes) {
      const { ins, data } = decodeCommand(bytes);
      if (ins !== 0xa4) return fromHex('6985');
      if (equal(data, DIRECTORY)) return fromHex(directory);
      const name = hex(data);
      selected.push(name);
      const own = `84${data.length.toString(16).padStart(2, '0')}${name}a50750054150502031`;
      return fromHex(answers[name] ?? `6f${(own.length / 2).toString(16).padStart(2, '0')}${own}9000`);
    },
  });
  expect(end).toMatchObject({ outcome: 'endApplication', discretionary: { reason: 'no_application' } });
  return selected;
}

const entry = (aid: string, label: string, more = ''): string => {
  const body = `4f${(aid.length / 2).toString(16).padStart(2, '0')}${aid}5005${label}${more}`;
  return `61${(body.length / 2).toString(16).padStart(2, '0')}${body}`;
};
const APP = (n: number): string => `415050203${n}`;

describe('directories of another implementation', () => {
  test('the bytes are those of its file', () => {
    // test_ppse_kernel_id, as it stands there
    const theirs =
      '6f8189840e325041592e5359532e4444463031a577bf0c7461134f07a00000000320105005415050203287010f61194f07a0000000032020' +
      '500541505020348701009f2a0383052861104f07a0000000043060500541505020356117' +
      '4f07a0000000032020500541505020338701009f2a010361174f07a0000000031010500541505020318701019f2a0100';
    const ours = fci(
      entry('a0000000032010', APP(2), '87010f') +
        entry('a0000000032020', APP(4), '8701009f2a03830528') +
        entry('a0000000043060', APP(5)) +
        entry('a0000000032020', APP(3), '8701009f2a0103') +
        entry('a0000000031010', APP(1), '8701019f2a0100'),
    );
    expect(ours).toBe(theirs);
  });

  test.each([
    ['blocked card', '6a81', []],
    ['no directory', '6a82', []],
    ['blocked directory', '6283', []],
    ['wrong parameters', '6a86', []],
    ['no response APDU', '00', []],
    ['no BF0C', `6f19${HEAD}a5075f2d046e6c656e9000`, []],
    ['no entries', `6f15${HEAD}a503bf0c009000`, []],
    ['something else in BF0C', `6f1c${HEAD}a50abf0c075f2d046e6c656e9000`, []],
    [
      'an AID of 3 bytes, then a proper one',
      `${fci(`61054f03a00000${entry('a0000000031010', APP(1), '870101')}`)}9000`,
      ['a0000000031010'],
    ],
    ['an application that nobody has', `${fci(entry('a0000000099999', '4f54484552'))}9000`, []],
    [
      'two applications',
      `${fci(entry('a0000000032020', '5620504159', '870101') + entry('a0000000032010', '5620504159', '870102'))}9000`,
      ['a0000000032020', 'a0000000032010'],
    ],
    [
      'priorities 15, 0, none, 1',
      `${fci(
        entry('a0000000032010', APP(2), '87010f') +
          entry('a0000000032020', APP(3), '870100') +
          entry('a0000000041010', APP(4)) +
          entry('a0000000031010', APP(1), '870101'),
      )}9000`,
      ['a0000000031010', 'a0000000032010', 'a0000000032020', 'a0000000041010'],
    ],
    [
      'the confirmation bit is no part of the priority',
      `${fci('61194f07a0000000031010500b5649534120435245444954870181')}9000`,
      ['a0000000031010'],
    ],
    [
      'kernels: none, unknown, none, known, any',
      `${fci(
        entry('a0000000032010', APP(2), '87010f') +
          entry('a0000000032020', APP(4), '8701009f2a03830528') +
          entry('a0000000043060', APP(5)) +
          entry('a0000000032020', APP(3), '8701009f2a0103') +
          entry('a0000000031010', APP(1), '8701019f2a0100'),
      )}9000`,
      ['a0000000031010', 'a0000000032010', 'a0000000043060', 'a0000000032020'],
    ],
    [
      'a kernel identifier of 9 bytes',
      `${fci(entry('a0000000031010', APP(1), '8701019f2a09030000000000000001'))}9000`,
      [],
    ],
    ['one of none', `${fci(entry('a0000000031010', APP(1), '8701019f2a00'))}9000`, ['a0000000031010']],
    [
      'domestic kernels: ours, another, too short, without a number',
      `${fci(
        entry('a0000009123456', APP(1), '8701019f2a03830528') +
          entry('a0000009123456', '4e4f504532', '8701029f2a03830529') +
          entry('a0000009123456', '4e4f504533', '8701039f2a028305') +
          entry('a0000009123456', '4e4f504534', '8701049f2a03c00528'),
      )}9000`,
      ['a0000009123456'],
    ],
    [
      'default kernels of four schemes',
      `${fci(
        entry('a00000002501', APP(1), '870101') +
          entry('a0000000651010', APP(2), '870102') +
          entry('a0000001523010', APP(3), '870103') +
          entry('a000000333010101', APP(4), '870104'),
      )}9000`,
      ['a00000002501', 'a0000000651010', 'a0000001523010', 'a000000333010101'],
    ],
  ])('%s', async (_, directory, expected) => {
    expect(await selectedBy(SCHEMES, directory)).toEqual(expected);
  });

  test('eight applications of which six fail, each in another way, at SELECT', async () => {
    const aid = (n: number): string => `a00000000410100${n}`;
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
    const directory = `${fci(numbers.map((n) => entry(aid(n), APP(n), `87010${n}`)).join(''))}9000`;
    const selected = await selectedBy(SCHEMES, directory, {
      [aid(1)]: '6a82',
      [aid(2)]: '6a81',
      [aid(3)]: '6283',
      [aid(4)]: `6f138508${aid(4)}a507500541505020349000`,
      [aid(5)]: `6f138408${aid(9)}a507500541505020359000`,
      [aid(6)]: '00',
      [aid(8)]: '6a82',
    });
    expect(selected).toEqual(numbers.map(aid));
  });
});
