/** The configuration of a terminal: what is read, and every refusal with its place. */
import { hex } from '@sokkin/codec';
import { caKeyChecksum } from '@sokkin/crypto';
import { describe, expect, test } from 'vitest';
import { isSelected } from '../src/emv/kernel/risk.ts';
import { formatTornLog, parseTerminalConfig, readTerminalConfig, readTornLog } from '../src/index.ts';
import { configOf, exampleFile, type File } from './emv-scene.ts';

const key = {
  rid: Uint8Array.from([0xf0, 0x53, 0x4f, 0x4b, 0x4b]),
  index: 1,
  modulus: new Uint8Array(128).fill(0xab),
  exponent: Uint8Array.of(3),
};
const keyEntry = {
  rid: hex(key.rid),
  index: '01',
  modulus: hex(key.modulus),
  exponent: '03',
  checksum: hex(caKeyChecksum(key)),
};

test('the example is read as it stands', () => {
  const config = configOf();
  expect(config).toMatchObject({
    name: 'example',
    terminalType: 0x22,
    terminalTypeWithoutNetwork: 0x23,
    hasContacts: false,
    torn: { depth: 8, lifetimeSeconds: 3600 },
  });
  expect(config.combinations.map((c) => hex(c.aid))).toEqual(['f0534f4b4b494e02', 'a0000000651010']);
  expect(config.combinations[0]).toMatchObject({ floorLimit: 30_000n, statusCheck: false });
  expect(config.combinations[0]?.defaultDdol).toEqual([{ tag: 0x9f37, length: 4 }]);
});

test('keys, revoked certificates, exceptions', () => {
  const config = configOf((f) => {
    f.caKeys = [{ ...keyEntry, expires: '2040-12-31' }];
    f.revoked = [{ rid: 'F0534F4B4B', index: '01', serial: '000001' }];
    f.exceptions = [{ pan: '9999120000000000' }, { pan: '9999120000000000', sequence: '02' }];
  });
  expect(config.caKeys[0]).toMatchObject({ index: 1, expires: 25_932 });
  expect(config.exceptions.map((e) => e.sequence)).toEqual([undefined, '02']);
});

describe('refused, with the place', () => {
  const first = (f: File) => f.combinations[0];
  const cases: readonly [string, (f: File) => unknown][] = [
    [
      'config.format: "sokkin-terminal-config-2" is not known',
      (f) => (f.format = 'sokkin-terminal-config-2'),
    ],
    ['config.colour: is not known. Allowed here: format', (f) => (f.colour = 'red')],
    ['config.torn: is missing', (f) => delete f.torn],
    ['config.torn.depth: 65 will not do', (f) => (f.torn.depth = 65)],
    ['config.torn.lifetimeSeconds: 1.5 will not do', (f) => (f.torn.lifetimeSeconds = 1.5)],
    ['config.terminal: an object is expected', (f) => (f.terminal = [])],
    ['config.terminal.type: "2" will not do', (f) => (f.terminal.type = '2')],
    ['config.terminal.country: "JP" will not do', (f) => (f.terminal.country = 'JP')],
    ['config.terminal.typeWithoutNetwork: a type that ends', (f) => (f.terminal.typeWithoutNetwork = '22')],
    ['config.combinations: has 0 entries', (f) => (f.combinations = [])],
    ['config.combinations: a list is expected', (f) => (f.combinations = {})],
    ['config.combinations[1]: has AID and kernel of combinations[0]', (f) => (f.combinations[1] = first(f))],
    ['config.combinations[0].aid: has 4 bytes; 5 to 16', (f) => (first(f).aid = 'F0534F4B')],
    ['config.combinations[0].aid: "xyz" will not do', (f) => (first(f).aid = 'xyz')],
    ['config.combinations[0].kernel: a kernel is one byte', (f) => (first(f).kernel = 'C1')],
    ['config.combinations[0].limits.floor: 100 will not do', (f) => (first(f).limits.floor = 100)],
    ['config.combinations[0].limits.floor: "1e3" will not do', (f) => (first(f).limits.floor = '1e3')],
    ['config.combinations[0].zeroAmount: "yes" is not known', (f) => (first(f).zeroAmount = 'yes')],
    ['config.combinations[0].statusCheck: true or false', (f) => (first(f).statusCheck = 'no')],
    [
      'config.combinations[0].methods.below[0]: "face" is not known',
      (f) => (first(f).methods.below = ['face']),
    ],
    [
      'config.combinations[0].methods.above: names something twice',
      (f) => first(f).methods.above.push('signature'),
    ],
    [
      'config.combinations[0].methods.below: onDevice',
      (f) => (first(f).methods.above = ['onlinePin', 'signature']),
    ],
    [
      'config.combinations[0].actionCodes.online[0]: "cda" is not',
      (f) => (first(f).actionCodes.online = ['cda']),
    ],
    ['config.combinations[0].defaultDdol: DOL', (f) => (first(f).defaultDdol = '9F37')],
    ['byte 1 bit 6 (EMV mode) must be set', (f) => (first(f).qualifiers = '06004000')],
    ['byte 1 bit 8 (magnetic stripe mode)', (f) => (first(f).qualifiers = 'A6004000')],
    ['byte 3 bit 8 (issuer update)', (f) => (first(f).qualifiers = '2600C000')],
    ['byte 2 bits 8 and 7', (f) => (first(f).qualifiers = '26804000')],
    ['byte 1 bit 5 (contacts)', (f) => (first(f).qualifiers = '36004000')],
    ['byte 1 bit 4 (offline only)', (f) => (first(f).qualifiers = '2E004000')],
    ['the bit of onDevice', (f) => (first(f).qualifiers = '26000000')],
    ['the bit of onlinePin', (f) => (first(f).qualifiers = '22004000')],
    ['randomSelection: needs limits.floor', (f) => delete first(f).limits.floor && random(f, '1', 1, 2)],
    ['randomSelection.threshold: must lie below', (f) => random(f, '30000', 1, 2)],
    ['randomSelection.maximum: must not be below', (f) => random(f, '1', 2, 1)],
    ['config.caKeys[0].checksum: is not SHA-1', (f) => (f.caKeys = [{ ...keyEntry, index: '02' }])],
    [
      'config.caKeys[0].modulus: its first byte is zero',
      (f) => (f.caKeys = [{ ...keyEntry, modulus: '00'.repeat(128) }]),
    ],
    ['config.caKeys[1]: this RID has another key', (f) => (f.caKeys = [keyEntry, keyEntry])],
    [
      'config.caKeys[0].expires: "2040-1" will not do',
      (f) => (f.caKeys = [{ ...keyEntry, expires: '2040-1' }]),
    ],
    ['config.exceptions[0].pan', (f) => (f.exceptions = [{ pan: '123' }])],
  ];
  const random = (f: File, threshold: string, target: number, maximum: number) =>
    (first(f).randomSelection = { threshold, target, maximum });

  test.each(cases)('%s', (text, change) => {
    const file = exampleFile();
    change(file);
    expect(() => parseTerminalConfig(file)).toThrow(expect.objectContaining({ code: 'bad_terminal_config' }));
    expect(() => parseTerminalConfig(file)).toThrow(text);
  });

  test('what is no JSON, and nothing', () => {
    expect(() => readTerminalConfig('{')).toThrow('config: this is not JSON.');
    expect(() => readTerminalConfig('null')).toThrow('config: an object is expected.');
    expect(() => parseTerminalConfig(undefined)).toThrow('config: an object is expected.');
  });

  test('an offline-only terminal has no online PIN, and no other type without a network', () => {
    const offline = (f: File) => {
      f.terminal.type = '23';
      delete f.terminal.typeWithoutNetwork;
      f.combinations = [{ ...f.combinations[0], qualifiers: '2E004000' }];
    };
    expect(() => configOf(offline)).toThrow('has no onlinePin');
    expect(() => configOf((f) => (f.terminal.type = '23'))).toThrow('never has a network');
  });
});

test('random selection (Book 3, 10.6.2): by the target, rising from the threshold to the maximum', () => {
  const r = { threshold: 1000n, target: 10, maximum: 50 };
  const least = (amount: bigint) =>
    Array.from({ length: 99 }, (_, i) => i + 1).filter((lot) => isSelected(r, 3000n, amount, lot)).length;
  expect([0n, 999n, 1000n, 2000n, 2999n, 3000n].map(least)).toEqual([10, 10, 10, 30, 49, 0]);
  expect(isSelected(undefined, 3000n, 10n, 1)).toBe(false);
});

test('a torn log as text: what is written reads back, all else is refused with its place', () => {
  expect(readTornLog(formatTornLog([]))).toEqual([]);
  const refused = (text: string, why: string) => {
    expect(() => readTornLog(text)).toThrow(expect.objectContaining({ code: 'bad_torn_log' }));
    expect(() => readTornLog(text)).toThrow(why);
  };
  refused('', 'log: this is not JSON.');
  refused('{"format":"sokkin-torn-log-2","entries":[]}', 'log.format: "sokkin-torn-log-2" is not known');
  refused('{"format":"sokkin-torn-log-1","entries":[{}]}', 'log.entries[0].id: is missing.');
});
