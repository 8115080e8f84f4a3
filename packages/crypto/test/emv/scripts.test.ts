/** Issuer scripts: published PIN changes and whole profiles; both formats against themselves, and tampering. */
import { type Bytes, command, concat, decodeCommand, encodeCommand, fromHex, hex } from '@sokkin/codec';
import {
  applicationCryptogram,
  arpcMethod1,
  arpcMethod2,
  type CryptogramPadding,
  commonSessionKey,
  counterXorSessionKey,
  cryptogramSessionKey,
  decipherScriptData,
  emvMac,
  encipherScriptData,
  iccMasterKey,
  keyCheckValue,
  maskedPinBlock,
  openFormat1,
  openFormat2,
  pinBlock,
  pinOfBlock,
  pinOfMaskedBlock,
  type ScriptKeys,
  type ScriptPadding,
  scriptSessionKey,
  secureFormat1,
  secureFormat2,
  unpredictableSessionKey,
} from '@sokkin/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitTurned, exactly, node, PORTS, vectors } from './support.ts';

type Way = 'common' | 'counterXor';
interface PinChange {
  source: string;
  format: 'iso2' | 'masked';
  padding: ScriptPadding;
  way: Way;
  r: string;
  pin: string;
  presentPin?: string;
  block: string;
  enciphered: string;
  header: string;
  mac: string;
}
interface ScriptVectors {
  macs: {
    source: string;
    issuerMasterKey?: string;
    r?: string;
    check?: string;
    sessionKey?: string;
    message: string;
    mac: string;
  }[];
  pinBlocks: { source: string; format: 'iso2' | 'masked'; masterKey?: string; pin: string; block: string }[];
  pinChanges: PinChange[];
  pinChangeKeys: {
    cryptogram: string;
    encipher: string;
    mac: string;
    checks: Record<'cryptogram' | 'encipher' | 'mac', string>;
    sessionChecks: Record<Way, Record<'encipher' | 'mac', string>>;
  };
}
interface Profile {
  source: string;
  option: 'A' | 'B';
  pan: string;
  sequence: string;
  masterKeyAc: string;
  masterKeySmi: string;
  masterKeySmc: string;
  checks: string[];
  cryptogramKey: 'master' | 'common' | 'unpredictable';
  sessionCheck?: string;
  padding: CryptogramPadding;
  atc: string;
  number?: string;
  data: string;
  cryptogram: string;
  responseCode?: string;
  arpc1?: string;
  statusUpdate?: string;
  arpc2?: string;
  scriptKey: Way;
  scriptChecks: Record<'mac' | 'encipher', string>;
  transactionData: string;
  header: string;
  mac: string;
  pinFormat: 'iso2' | 'masked';
  padded: ScriptPadding;
  newPin: string;
  presentPin?: string;
  pinChange: string;
  pinChangeWithPresent?: string;
}

const scripts = vectors<ScriptVectors>('scripts');
const { profiles } = vectors<{ profiles: Profile[] }>('keys-and-cryptograms');
const CARD = { pan: '1234567890123456', sequence: '01' };

function blockOf(v: { format: string; pin: string; presentPin?: string }, master: Bytes): Bytes {
  return v.format === 'iso2' ? pinBlock(v.pin) : maskedPinBlock(master, v.pin, v.presentPin);
}

describe.each(PORTS)('published vectors on %s', (_, port) => {
  const sessionOf = (way: Way, master: Bytes, r: Bytes): Bytes =>
    way === 'common' ? commonSessionKey(port, 'tdes', master, r) : counterXorSessionKey(master, r);

  it.each(scripts.macs)('MAC: $source', (v) => {
    const key =
      v.sessionKey === undefined
        ? sessionOf(
            'common',
            iccMasterKey(port, 'A', fromHex(v.issuerMasterKey ?? ''), CARD),
            fromHex(v.r ?? ''),
          )
        : fromHex(v.sessionKey);
    if (v.check !== undefined) expect(hex(keyCheckValue(port, 'tdes', key, 2))).toBe(v.check);
    expect(hex(emvMac(port, 'tdes', key, fromHex(v.message)))).toBe(v.mac);
  });

  it.each(scripts.pinBlocks)('PIN block: $source', (v) => {
    expect(hex(blockOf(v, fromHex(v.masterKey ?? '')))).toBe(v.block);
  });

  it.each(scripts.pinChanges)('PIN change: $source', (v) => {
    const { checks, sessionChecks, ...issuer } = scripts.pinChangeKeys;
    const master = (which: 'cryptogram' | 'encipher' | 'mac'): Bytes => {
      const key = iccMasterKey(port, 'A', fromHex(issuer[which]), CARD);
      expect(hex(keyCheckValue(port, 'tdes', key))).toBe(checks[which]);
      return key;
    };
    const session = (which: 'encipher' | 'mac'): Bytes => {
      const key = sessionOf(v.way, master(which), fromHex(v.r));
      expect(hex(keyCheckValue(port, 'tdes', key))).toBe(sessionChecks[v.way][which]);
      return key;
    };
    const block = blockOf(v, master('cryptogram'));
    expect(hex(block)).toBe(v.block);
    const keys: ScriptKeys = { cipher: 'tdes', mac: session('mac'), encipher: session('encipher') };
    const enciphered = encipherScriptData(port, 'tdes', keys.encipher, block, v.padding);
    expect(hex(enciphered)).toBe(v.enciphered);
    expect(hex(decipherScriptData(port, 'tdes', keys.encipher, enciphered, v.padding) ?? block)).toBe(
      v.block,
    );
    // The sources take the header as it stands, whatever length it names.
    expect(hex(emvMac(port, 'tdes', keys.mac, concat(fromHex(v.header), enciphered)))).toBe(v.mac);
  });

  it.each(profiles)('profile $profile: $source', (v) => {
    const card = { pan: v.pan, sequence: v.sequence };
    const masters = [v.masterKeyAc, v.masterKeySmi, v.masterKeySmc].map((key) =>
      iccMasterKey(port, v.option, fromHex(key), card),
    );
    expect(masters.map((key) => hex(keyCheckValue(port, 'tdes', key, 2)))).toEqual(v.checks);
    const [ac, smi, smc] = masters as [Bytes, Bytes, Bytes];
    const atc = fromHex(v.atc);
    const session = {
      master: () => ac,
      common: () => cryptogramSessionKey(port, 'tdes', ac, atc),
      unpredictable: () => unpredictableSessionKey(port, ac, atc, fromHex(v.number ?? '')),
    }[v.cryptogramKey]();
    if (v.sessionCheck !== undefined)
      expect(hex(keyCheckValue(port, 'tdes', session, 2))).toBe(v.sessionCheck);
    const arqc = applicationCryptogram(port, 'tdes', session, fromHex(v.data), v.padding);
    expect(hex(arqc)).toBe(v.cryptogram);
    if (v.arpc1 !== undefined)
      expect(hex(arpcMethod1(port, 'tdes', session, arqc, fromHex(v.responseCode ?? '')))).toBe(v.arpc1);
    if (v.arpc2 !== undefined)
      expect(hex(arpcMethod2(port, 'tdes', session, arqc, fromHex(v.statusUpdate ?? '')))).toBe(v.arpc2);

    const scriptKey = (master: Bytes): Bytes =>
      v.scriptKey === 'common'
        ? scriptSessionKey(port, 'tdes', master, arqc)
        : counterXorSessionKey(master, atc);
    const keys: ScriptKeys = { cipher: 'tdes', mac: scriptKey(smi), encipher: scriptKey(smc) };
    expect(hex(keyCheckValue(port, 'tdes', keys.mac, 2))).toBe(v.scriptChecks.mac);
    expect(hex(keyCheckValue(port, 'tdes', keys.encipher, 2))).toBe(v.scriptChecks.encipher);
    const rules = { macLength: 8, transactionData: fromHex(v.transactionData) };
    const [cla = 0, ins = 0, p1 = 0, p2 = 0] = fromHex(v.header);
    const unblock = secureFormat2(port, keys, rules, command(cla, ins, p1, p2));
    expect(hex(encodeCommand(unblock))).toBe(v.header + v.mac);

    for (const [expected, presentPin, change] of [
      [v.pinChange, undefined, 2],
      [v.pinChangeWithPresent, v.presentPin, 1],
    ] as const) {
      if (expected === undefined) continue;
      const block = v.pinFormat === 'iso2' ? pinBlock(v.newPin) : maskedPinBlock(ac, v.newPin, presentPin);
      const data = encipherScriptData(port, 'tdes', keys.encipher, block, v.padded);
      const secured = secureFormat2(port, keys, rules, command(0x84, 0x24, 0, change, data));
      expect(hex(encodeCommand(secured))).toBe(expected);
      const opened = openFormat2(port, keys, rules, decodeCommand(fromHex(expected)));
      const plain =
        decipherScriptData(port, 'tdes', keys.encipher, opened ?? data.subarray(1), v.padded) ?? data;
      const pin = v.pinFormat === 'iso2' ? pinOfBlock(plain) : pinOfMaskedBlock(ac, plain, presentPin);
      expect(pin).toBe(v.newPin);
    }
  });
});

const cipher = fc.constantFrom<('tdes' | 'aes')[]>('tdes', 'aes');
const keysOf = fc.record({ cipher, mac: exactly(16), encipher: exactly(16) });
const macLength = fc.integer({ min: 4, max: 8 });
const header = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));

describe('secure messaging', () => {
  it('what was enciphered is deciphered (property)', () => {
    const padding = fc.constantFrom<ScriptPadding[]>('always', 'lengthFirst', 'whenNeeded');
    fc.assert(
      fc.property(
        keysOf,
        padding,
        fc.uint8Array({ minLength: 1, maxLength: 120 }),
        ({ cipher: c, encipher }, p, data) => {
          const enciphered = encipherScriptData(node, c, encipher, data, p);
          const plain = decipherScriptData(node, c, encipher, enciphered, p);
          // `whenNeeded` leaves the padding to whoever knows the length.
          expect(hex(plain?.subarray(0, data.length) ?? new Uint8Array(0))).toBe(hex(data));
          if (p !== 'whenNeeded') expect(plain).toHaveLength(data.length);
          expect(decipherScriptData(node, c, encipher, enciphered.subarray(1), p)).toBeUndefined();
        },
      ),
    );
  });

  it('format 2 opens, and no bit of it can be changed (fuzz)', () => {
    fc.assert(
      fc.property(
        keysOf,
        macLength,
        header,
        fc.uint8Array({ maxLength: 100 }),
        exactly(10),
        fc.nat(),
        (keys, length, [ins, p1, p2], data, transactionData, at) => {
          const rules = { macLength: length, transactionData };
          const secured = secureFormat2(node, keys, rules, command(0x84, ins, p1, p2, data));
          expect(hex(openFormat2(node, keys, rules, secured) ?? data.subarray(1))).toBe(hex(data));
          const bytes = encodeCommand(secured);
          const turned = bitTurned(concat(bytes.subarray(0, 4), secured.data), at);
          const [cla = 0, i = 0, a = 0, b = 0] = turned;
          expect(openFormat2(node, keys, rules, command(cla, i, a, b, turned.subarray(4)))).toBeUndefined();
          expect(
            openFormat2(node, keys, { ...rules, transactionData: bitTurned(transactionData, at) }, secured),
          ).toBeUndefined();
        },
      ),
    );
  });

  it('format 1 opens, chains, and no bit of it can be changed (fuzz)', () => {
    fc.assert(
      fc.property(
        keysOf,
        macLength,
        header,
        fc.boolean(),
        fc.array(fc.uint8Array({ maxLength: 90 }), { minLength: 1, maxLength: 3 }),
        exactly(8),
        fc.nat(),
        (keys, length, [ins, p1, p2], enciphered, script, ac, at) => {
          let [issuer, card] = [ac, ac];
          for (const data of script) {
            const rules = { macLength: length, enciphered, chaining: issuer };
            const secured = secureFormat1(node, keys, rules, command(0x8c, ins, p1, p2, data));
            const bytes = concat(Uint8Array.of(0x8c, ins, p1, p2), secured.command.data);
            const [cla = 0, i = 0, a = 0, b = 0, ...rest] = bitTurned(bytes, at);
            const changed = command(cla, i, a, b, Uint8Array.from(rest));
            expect(openFormat1(node, keys, { ...rules, chaining: card }, changed)).toBeUndefined();
            expect(
              openFormat1(node, keys, { ...rules, chaining: bitTurned(card, at) }, secured.command),
            ).toBeUndefined();
            const opened = openFormat1(node, keys, { ...rules, chaining: card }, secured.command);
            expect(hex(opened?.data ?? new Uint8Array(200))).toBe(hex(data));
            issuer = secured.chaining;
            card = opened?.chaining ?? card;
          }
          expect(hex(card)).toBe(hex(issuer));
        },
      ),
    );
  });

  it('a format 1 field of any bytes is refused (fuzz)', () => {
    const keys: ScriptKeys = { cipher: 'tdes', mac: new Uint8Array(16), encipher: new Uint8Array(16) };
    const rules = { macLength: 8, enciphered: true, chaining: new Uint8Array(8) };
    const prefix = fc.constantFrom('', '8e08', '87098e', '810101', '87090100').map(fromHex);
    fc.assert(
      fc.property(prefix, fc.uint8Array({ maxLength: 40 }), (a, b) => {
        expect(openFormat1(node, keys, rules, command(0x8c, 0x24, 0, 2, concat(a, b)))).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('a length before the data that does not fit is refused', () => {
    const key = exactlyOnes(16);
    for (const [plain, data] of [
      ['0101800000000000', '01'],
      ['0501800000000000', undefined],
      ['0001800000000000', undefined],
      ['0101000000000000', undefined],
    ] as const) {
      const enciphered = node.desCbcEncrypt(key, new Uint8Array(8), fromHex(plain));
      const found = decipherScriptData(node, 'tdes', key, enciphered, 'lengthFirst');
      expect(found === undefined ? found : hex(found)).toBe(data);
    }
  });

  it('plain data where enciphered was agreed is refused, and the other way', () => {
    const keys: ScriptKeys = { cipher: 'tdes', mac: new Uint8Array(16), encipher: new Uint8Array(16) };
    for (const enciphered of [true, false]) {
      const rules = { macLength: 8, enciphered, chaining: new Uint8Array(8) };
      const secured = secureFormat1(node, keys, rules, command(0x8c, 0xda, 0, 0, fromHex('0102')));
      expect(openFormat1(node, keys, { ...rules, enciphered: !enciphered }, secured.command)).toBeUndefined();
    }
  });
});

describe('PIN blocks', () => {
  const pin = fc.stringMatching(/^\d{4,12}$/);

  it('give the PIN back (property)', () => {
    fc.assert(
      fc.property(pin, pin, exactly(16), (next, present, key) => {
        expect(pinOfBlock(pinBlock(next))).toBe(next);
        expect(pinOfMaskedBlock(key, maskedPinBlock(key, next))).toBe(next);
        expect(pinOfMaskedBlock(key, maskedPinBlock(key, next, present), present)).toBe(next);
      }),
    );
  });

  it('what is no block holds no PIN; what is one, writes to the same bytes (fuzz)', () => {
    const nearly = fc.tuple(pin, fc.nat()).map(([p, at]) => bitTurned(pinBlock(p), at));
    fc.assert(
      fc.property(fc.oneof(exactly(8), nearly), (block) => {
        const found = pinOfBlock(block);
        if (found !== undefined) expect(hex(pinBlock(found))).toBe(hex(block));
      }),
      { numRuns: 2000 },
    );
    for (const bad of ['231234ffffffff', '249999fffffffff0', '0499990000000000', '2d12345678901234'])
      expect(pinOfBlock(fromHex(bad))).toBeUndefined();
  });
});

function exactlyOnes(length: number): Bytes {
  return new Uint8Array(length).fill(1);
}
