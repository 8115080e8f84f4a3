/**
 * A card on paper: it answers from prepared groupings with the cryptograms that the script tells it to give. No memory,
 * no risk management, no counters but the ATC: it is there to try the terminal (and the prepared data), not to be a card.
 */
import {
  ascii,
  type Bytes,
  buildDolData,
  type CommandApdu,
  CRYPTOGRAM,
  type CryptogramType,
  CVR_TAG,
  concat,
  type DataGrouping,
  DGI,
  decodeCommand,
  decodeTlv,
  decodeTlvs,
  dolLength,
  encodeCvr,
  encodeIad,
  encodeResponse,
  equal,
  hex,
  parseControl,
  parseDol,
  parseLimitedUseKey,
  splitDolData,
  tlv,
  u8,
  u16,
} from '@sokkin/codec';
import {
  applicationCryptogram,
  cryptogramSessionKey,
  decipherPin,
  decodeIssuerAuthentication,
  isIssuerAuthentic,
  type RsaKeyPair,
  signCda,
  signDda,
} from '@sokkin/crypto';
import type { PreparationPorts } from '@sokkin/issuer';

export interface PaperScript {
  /** What it gives to the GENERATE ACs, in order. */
  readonly gives: readonly CryptogramType[];
  /** Templates of its answers: 1 is 80, 2 is 77. CDA always comes in 77. */
  readonly format?: 1 | 2;
  /** Last look at an answer before it leaves, by command: to break it. */
  readonly bend?: (instruction: string, data: Bytes) => Bytes;
  /** Status words in place of an answer, by instruction. */
  readonly refuses?: Readonly<Record<string, number>>;
}

const NAMES: Readonly<Record<number, string>> = {
  164: 'SELECT',
  178: 'READ RECORD',
  168: 'GPO',
  136: 'INTERNAL AUTHENTICATE',
  132: 'GET CHALLENGE',
  32: 'VERIFY',
  174: 'GENERATE AC',
  130: 'EXTERNAL AUTHENTICATE',
  208: 'RECOVER AC',
};
const NONE: Bytes = new Uint8Array(0);
const OK = 0x9000;
type Answer = readonly [sw: number, data?: Bytes];

export function paperCard(
  ports: PreparationPorts,
  groupings: readonly DataGrouping[],
  key: RsaKeyPair,
  script: PaperScript,
) {
  const find = (dgi: number): Bytes => groupings.find((g) => g.dgi === dgi)?.value ?? NONE;
  const control = parseControl(find(DGI.control));
  const fci = find(DGI.fci);
  const options = decodeTlvs(find(DGI.processingOptions));
  const [profile = NONE, locator = NONE] = options.map((t) => t.value);
  const records = groupings.filter((g) => g.dgi >> 8 <= 30);
  const elements = new Map(
    records.flatMap((g) => (decodeTlv(g.value).children ?? []).map((t) => [t.tag, t.value])),
  );
  const list = (tag: number) => parseDol(elements.get(tag) ?? NONE);
  const pdol = parseDol(decodeTlvs(fci).find((t) => t.tag === 0x9f38)?.value ?? NONE);
  const rsaKey = { handle: key.handle, modulusLength: key.publicKey.modulus.length };
  const heard: string[] = [];
  let atc = 0x0041;
  let selected: Bytes = NONE;
  let pdolData: Bytes = NONE;
  let cdol1Data: Bytes = NONE;
  let values = new Map<number, Bytes>();
  let given = 0;
  let arqc: Bytes = NONE;
  let challenge: Bytes = NONE;
  let lost: { data: Bytes; shown: Bytes } | undefined;

  const sessionKey = (): Bytes => {
    const master = control.limitedUseOnly
      ? parseLimitedUseKey(find(DGI.limitedUseKey)).key
      : find(DGI.masterKeys).subarray(0, 16);
    return cryptogramSessionKey(ports.symmetric, control.cipher, master, u16(atc));
  };
  const template = (objects: Bytes, bare: Bytes): Bytes =>
    script.format === 1 ? tlv(0x80, bare) : tlv(0x77, objects);
  const entry = tlv(0x61, tlv(0x4f, control.aid), tlv(0x50, control.label), tlv(0x87, u8(control.priority)));
  const proximity = tlv(0x61, decodeTlv(entry).value, tlv(0x9f2a, control.kernel));
  const answerOf = (name: Bytes, proprietary: Bytes): Bytes =>
    tlv(0x6f, tlv(0x84, name), tlv(0xa5, proprietary));

  function select(name: Bytes): Answer {
    selected = name;
    given = 0;
    if (equal(name, ascii('2PAY.SYS.DDF01'))) return [OK, answerOf(name, tlv(0xbf0c, proximity))];
    if (equal(name, ascii('1PAY.SYS.DDF01'))) return [OK, answerOf(name, tlv(0x88, u8(1)))];
    return equal(name, control.aid) ? [OK, answerOf(name, fci)] : [0x6a82];
  }

  function readRecord(p1: number, p2: number): Answer {
    if (!equal(selected, control.aid)) return p1 === 1 ? [OK, tlv(0x70, entry)] : [0x6a83];
    const record = records.find((g) => g.dgi === (((p2 >> 3) << 8) | p1));
    return record === undefined ? [0x6a83] : [OK, record.value];
  }

  async function generate(p1: number, data: Bytes): Promise<Answer> {
    const entries = list(given === 0 ? 0x8c : 0x8d);
    if (data.length !== dolLength(entries)) return [0x6700];
    values = new Map([...values, ...splitDolData(entries, data)]);
    const type = script.gives[given] ?? 'aac';
    const isSecond = given > 0;
    given += 1;
    if (!isSecond) cdol1Data = data;
    const shown = values.get(0x91);
    if (isSecond && shown?.some((b) => b !== 0)) heard.push(authentic(shown) ? 'issuer' : 'impostor');
    const cvr = encodeCvr({
      first: isSecond ? 'arqc' : type,
      second: isSecond ? type : undefined,
      pinTriesLeft: 3,
      scripts: 0,
      bits: new Set(),
    });
    const iad = encodeIad(control.iad, {
      keyIndex: control.keyIndex,
      version: control.version,
      cvr,
      offlineCount: 0,
      keyNumber: control.limitedUseOnly ? parseLimitedUseKey(find(DGI.limitedUseKey)).number : 0,
      debited: type === 'tc' && !isSecond,
    });
    const own = new Map([
      [0x82, profile],
      [0x9f36, u16(atc)],
      [0x9f10, iad],
      [CVR_TAG, cvr],
    ]);
    const covered = buildDolData(control.cryptogramData, (t) => own.get(t) ?? values.get(t));
    const { symmetric } = ports;
    const cryptogram = applicationCryptogram(
      symmetric,
      control.cipher,
      sessionKey(),
      covered,
      control.padding,
    );
    if (!isSecond) arqc = cryptogram;
    const information = CRYPTOGRAM[type] << 6;
    const answer = await ac(p1, { information, cryptogram, iad, isSecond, data });
    lost = { data: answer, shown: buildDolData(list(0x9f51), (t) => values.get(t)) };
    return [OK, answer];
  }

  async function ac(
    p1: number,
    g: { information: number; cryptogram: Bytes; iad: Bytes; isSecond: boolean; data: Bytes },
  ): Promise<Bytes> {
    const head = concat(tlv(0x9f27, u8(g.information)), tlv(0x9f36, u16(atc)));
    const tail = tlv(0x9f10, g.iad);
    const isSigned = (p1 & 0x10) !== 0 && g.information !== 0;
    if (!isSigned) {
      const bare = concat(u8(g.information), u16(atc), g.cryptogram, g.iad);
      return template(concat(head, tlv(0x9f26, g.cryptogram), tail), bare);
    }
    const signature = await signCda(
      ports.rsa,
      rsaKey,
      { dynamicNumber: new Uint8Array(8).fill(3), information: g.information, cryptogram: g.cryptogram },
      { pdolData, cdol1Data, ...(g.isSecond ? { cdol2Data: g.data } : {}), answer: concat(head, tail) },
      values.get(0x9f37) ?? NONE,
    );
    return tlv(0x77, head, tlv(0x9f4b, signature), tail);
  }

  function authentic(shown: Bytes): boolean {
    const data = decodeIssuerAuthentication(control.arpcMethod, shown);
    return data !== undefined && isIssuerAuthentic(ports.symmetric, control.cipher, sessionKey(), arqc, data);
  }

  async function verify(p2: number, data: Bytes): Promise<Answer> {
    const enciphering = { handle: key.handle, modulus: key.publicKey.modulus };
    const block = p2 === 0x80 ? data : await decipherPin(ports.rsa, enciphering, data, challenge);
    heard.push(p2 === 0x80 ? 'plain PIN' : 'enciphered PIN');
    return block !== undefined && equal(block, find(DGI.pin)) ? [OK] : [0x63c2];
  }

  async function run({ ins, p1, p2, data }: CommandApdu): Promise<Answer> {
    switch (NAMES[ins]) {
      case 'SELECT':
        return select(data);
      case 'READ RECORD':
        return readRecord(p1, p2);
      case 'GPO':
        atc += 1;
        pdolData = decodeTlv(data).value;
        values = splitDolData(pdol, pdolData);
        return [OK, template(concat(tlv(0x82, profile), tlv(0x94, locator)), concat(profile, locator))];
      case 'INTERNAL AUTHENTICATE': {
        const signature = await signDda(ports.rsa, rsaKey, new Uint8Array(8).fill(3), data);
        return [OK, template(tlv(0x9f4b, signature), signature)];
      }
      case 'GET CHALLENGE':
        challenge = new Uint8Array(8).fill(7);
        return [OK, challenge];
      case 'VERIFY':
        return verify(p2, data);
      case 'GENERATE AC':
        return generate(p1, data);
      case 'EXTERNAL AUTHENTICATE':
        heard.push(authentic(data) ? 'issuer' : 'impostor');
        return authentic(data) ? [OK] : [0x6300];
      case 'RECOVER AC':
        return lost && equal(lost.shown, data) ? [OK, lost.data] : [0x6985];
      default:
        heard.push(`script ${hex(u8(ins))}`);
        return [OK];
    }
  }

  return {
    /** What it made of secrets that were shown to it, and the script commands that came. */
    heard,
    async transmit(bytes: Bytes): Promise<Bytes> {
      const c = decodeCommand(bytes);
      const name = NAMES[c.ins] ?? '';
      const refusal = script.refuses?.[name];
      if (refusal !== undefined) return encodeResponse({ sw: refusal, data: NONE });
      const [sw, data = NONE] = await run(c);
      return encodeResponse({ sw, data: script.bend?.(name, data) ?? data });
    },
  };
}
