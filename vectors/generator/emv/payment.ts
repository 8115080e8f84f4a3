/**
 * A card at its payment application, with a terminal before it and the issuer behind that.
 *
 * What must hold: every command becomes a step; whatever the card computes in an answer is verified and shown
 * beside it (explain.ts).
 */
import {
  ascii,
  type Bytes,
  buildDolData,
  type CryptogramType,
  command,
  concat,
  decodeCommand,
  decodeTlvs,
  type dolLength,
  encodeCommand,
  encodeN,
  fromHex,
  hex,
  parseAfl,
  SW,
  splitDolData,
  tlv,
  u8,
  u16,
  u32,
} from '@sokkin/codec';
import { encipherPin, pinBlock, sha1 } from '@sokkin/crypto';
import { type GenuineCryptogram, type ScriptAction, scriptCommands } from '@sokkin/issuer';
import type { Json } from '../show.ts';
import type { Answer, Explained, Options, Purse } from '../world.ts';
import {
  type Asked,
  explainCryptogram,
  explainDda,
  explainRecords,
  explainScript,
  type SeenRecord,
  showElements,
} from './explain.ts';
import type { IssuerAnswer } from './issuer.ts';
import { type Product, rsa, type Source, symmetric } from './products.ts';

export interface Sale {
  readonly amount: bigint;
  /** Tag 9C; 00 is goods and services. */
  readonly type?: number;
  /** Tag 9F35; 22 can go online, 23 cannot (Book 4, Annex A1). */
  readonly terminalType?: number;
}

type Header = readonly [cla: number, ins: number, p1: number, p2: number];
type Shown = { readonly [name: string]: Json };
interface Sent extends Pick<Options, 'powerCycle' | 'lost'> {
  /** What stands behind the command. */
  readonly shown?: Shown;
  /** What stands in the answer, if it is one. */
  readonly explained?: (answer: Answer) => Shown;
}

const NO_DATA = new Uint8Array(0);
const P1: Readonly<Record<CryptogramType, number>> = { aac: 0x00, tc: 0x40, arqc: 0x80 };
const CDA = 0x10;
const YEN = fromHex('0392');
/** What a terminal without an answer fills tag 91 with (Book 3, 5.4). */
const UNABLE = 'Y3';

export class PaymentCard {
  readonly #source: Source;
  /** The terminal's unpredictable numbers are counted. */
  #number = 0xa1b2_c300;
  #values = new Map<number, Bytes>();
  #pdolData: Bytes = NO_DATA;
  #cdol1Data: Bytes = NO_DATA;
  #interchange: Bytes = NO_DATA;
  #locator: Bytes = NO_DATA;
  #first: GenuineCryptogram | undefined;
  #chaining: Bytes = NO_DATA;

  constructor(
    readonly purse: Purse,
    readonly product: Product,
    source: Source,
  ) {
    this.#source = source;
  }

  /** What the issuer found in the first cryptogram of the transaction. */
  get genuine(): GenuineCryptogram {
    if (this.#first === undefined) throw new Error('the transaction has no cryptogram');
    return this.#first;
  }

  /** Sends bytes and writes the step. */
  send(does: string, [cla, ins, p1, p2]: Header, data: Bytes = NO_DATA, sent: Sent = {}): Promise<Answer> {
    return this.raw(does, encodeCommand(command(cla, ins, p1, p2, data, 256)), sent);
  }

  raw(does: string, bytes: Bytes, { shown, explained, ...options }: Sent = {}): Promise<Answer> {
    const explain = (answer: Answer): Explained => {
      const random = this.#source.drawn().map(hex);
      const values = { ...shown, ...(answer.sw === SW.ok ? explained?.(answer) : undefined) };
      return {
        application: 'payment application',
        ...(random.length === 0 ? {} : { random }),
        ...(Object.keys(values).length === 0 ? {} : { values }),
      };
    };
    return this.purse.raw(does, [bytes], { ...options, explain });
  }

  /** Power, and SELECT of a directory. */
  directory = (name: '1PAY.SYS.DDF01' | '2PAY.SYS.DDF01'): Promise<Answer> =>
    this.send(`SELECT ${name}`, [0x00, 0xa4, 4, 0], ascii(name), { powerCycle: true });

  select = (sent: Sent = {}): Promise<Answer> =>
    this.send(
      'SELECT of the payment application',
      [0x00, 0xa4, 4, 0],
      this.product.profile.control.aid,
      sent,
    );

  async options(sale: Sale): Promise<Answer> {
    const { pdol } = this.product.profile.lists;
    this.#values = this.#terminalValues(sale);
    this.#pdolData = this.#dataOf(pdol);
    this.#first = undefined;
    const data = tlv(0x83, this.#pdolData);
    const shown = { pdol: showElements(splitDolData(pdol, this.#pdolData)) };
    const answer = await this.send('GET PROCESSING OPTIONS', [0x80, 0xa8, 0, 0], data, { shown });
    if (answer.sw !== SW.ok) return answer;
    const [template] = decodeTlvs(answer.data);
    const [interchange, locator] = template?.children ?? [];
    this.#interchange = interchange?.value.slice() ?? NO_DATA;
    this.#locator = locator?.value.slice() ?? NO_DATA;
    return answer;
  }

  /** Power, SELECT, GET PROCESSING OPTIONS. */
  async begin(sale: Sale): Promise<void> {
    await this.select({ powerCycle: true });
    await this.options(sale);
  }

  /** All records that the file locator names. */
  async records(): Promise<void> {
    const all = parseAfl(this.#locator).flatMap(({ sfi, first, last, authenticated }) =>
      Array.from({ length: last - first + 1 }, (_, i) => ({
        sfi,
        number: first + i,
        signed: i < authenticated,
      })),
    );
    const seen: SeenRecord[] = [];
    for (const [i, { sfi, number, signed }] of all.entries()) {
      const explained = ({ data }: Answer): Shown => {
        seen.push({ record: data, signed });
        return i === all.length - 1 ? explainRecords(this.product, seen, this.#interchange) : {};
      };
      await this.record(sfi, number, { explained });
    }
  }

  record = (sfi: number, number: number, sent: Sent = {}): Promise<Answer> =>
    this.send(`READ RECORD ${number} of file ${sfi}`, [0x00, 0xb2, number, (sfi << 3) | 4], NO_DATA, sent);

  element = (tag: number, name: string): Promise<Answer> =>
    this.send(`GET DATA: ${name}`, [0x80, 0xca, tag >> 8, tag & 0xff]);

  internalAuthenticate(does = 'INTERNAL AUTHENTICATE'): Promise<Answer> {
    const data = this.#dataOf(this.product.profile.lists.ddol);
    return this.send(does, [0x00, 0x88, 0, 0], data, {
      explained: (answer) => explainDda(this.product, data, answer.data),
    });
  }

  verifyPin = (pin: string): Promise<Answer> =>
    this.send(`VERIFY, plain PIN ${pin}`, [0x00, 0x20, 0, 0x80], pinBlock(pin));

  async verifyEncipheredPin(pin: string): Promise<Answer> {
    const { data: challenge } = await this.send('GET CHALLENGE', [0x00, 0x84, 0, 0]);
    const key = this.product.order.key.publicKey;
    const enciphered = encipherPin(rsa, key, pinBlock(pin), challenge, (n) => new Uint8Array(n).fill(0x5a));
    if (enciphered === undefined) throw new Error('the block is no number of this key');
    const plaintext = concat(u8(0x7f), pinBlock(pin), challenge);
    const shown = { plaintext: hex(plaintext).padEnd(2 * enciphered.length, '5a') };
    return this.send(`VERIFY, enciphered PIN ${pin}`, [0x00, 0x20, 0, 0x88], enciphered, { shown });
  }

  /** First GENERATE AC. */
  firstAc(
    asked: CryptogramType,
    options: { readonly cda?: true; readonly lost?: 'answer' } = {},
  ): Promise<Answer> {
    const { cdol1 } = this.product.profile.lists;
    this.#cdol1Data = this.#dataOf(cdol1);
    return this.#generate(`first GENERATE AC: ${asked.toUpperCase()} is asked for`, asked, this.#cdol1Data, {
      ...options,
      asked: {
        values: this.#values,
        interchange: this.#interchange,
        lists: { pdolData: this.#pdolData, cdol1Data: this.#cdol1Data },
      },
      shown: { cdol1: showElements(splitDolData(cdol1, this.#cdol1Data)) },
    });
  }

  /** Second GENERATE AC, with another unpredictable number. */
  secondAc(
    asked: 'tc' | 'aac',
    responseCode: string,
    issuer?: IssuerAnswer,
    options: { readonly cda?: true } = {},
  ): Promise<Answer> {
    const { cdol2 } = this.product.profile.lists;
    this.#values.set(0x8a, ascii(responseCode)).set(0x9f37, this.#nextNumber());
    if (issuer !== undefined && responseCode !== UNABLE) this.#values.set(0x91, issuer.data);
    const data = this.#dataOf(cdol2);
    const does = `second GENERATE AC: ${asked.toUpperCase()} is asked for, response code ${responseCode}`;
    return this.#generate(does, asked, data, {
      ...options,
      asked: {
        values: this.#values,
        interchange: this.#interchange,
        lists: { pdolData: this.#pdolData, cdol1Data: this.#cdol1Data, cdol2Data: data },
      },
      shown: {
        cdol2: showElements(splitDolData(cdol2, data)),
        ...(issuer === undefined ? {} : { issuerAuthentication: issuer.shown }),
      },
    });
  }

  #generate(
    does: string,
    type: CryptogramType,
    data: Bytes,
    options: { readonly cda?: true; readonly lost?: 'answer'; readonly asked: Asked; readonly shown: Shown },
  ): Promise<Answer> {
    const { cda, lost, asked, shown } = options;
    const p1 = P1[type] | (cda ? CDA : 0);
    return this.send(`${does}${cda ? ', with CDA' : ''}`, [0x80, 0xae, p1, 0], data, {
      ...(lost === undefined ? {} : { lost }),
      shown,
      explained: (answer) => {
        const { genuine, shown: found } = explainCryptogram(this.product, asked, answer.data);
        if (this.#first === undefined) {
          this.#first = genuine;
          this.#chaining = genuine.cryptogram;
        }
        return found;
      },
    });
  }

  externalAuthenticate = ({ data, shown }: IssuerAnswer, does = 'EXTERNAL AUTHENTICATE'): Promise<Answer> =>
    this.raw(does, encodeCommand(command(0x00, 0x82, 0, 0, data)), {
      shown: { issuerAuthentication: shown },
    });

  /** What RECOVER AC must show of a sale: the values of this transaction's list. */
  recoveryData = (): Bytes => this.#dataOf(this.product.profile.lists.drdol);

  recover(does: string, data: Bytes): Promise<Answer> {
    const shown = { drdol: hex(data), recoveryHash: hex(sha1(data)) };
    return this.send(does, [0x80, 0xd0, 0, 0], data, { shown });
  }

  /** One script command under the keys of the first cryptogram. `forge`: with a wrong MAC. */
  async script(does: string, action: ScriptAction, forge = false): Promise<Answer> {
    const { genuine, product } = this;
    const chained: GenuineCryptogram = { ...genuine, cryptogram: this.#chaining };
    const base = product.profile.control.scriptFormat === 1 ? chained : genuine;
    const [bytes = NO_DATA] = scriptCommands(symmetric, product.profile, base, [action]);
    const { atc, cryptogram, scriptKeys: keys } = genuine;
    const context = { keys, atc, cryptogram, chaining: this.#chaining };
    const { shown, mac } = explainScript(product, context, decodeCommand(bytes));
    if (!forge) this.#chaining = mac;
    const sent = bytes.slice();
    const last = sent.length - 1;
    if (forge) sent[last] = (sent[last] ?? 0) ^ 1;
    return this.raw(`script: ${does}`, sent, { shown });
  }

  #nextNumber = (): Bytes => u32(++this.#number);

  #dataOf = (list: Parameters<typeof dolLength>[0]): Bytes =>
    buildDolData(list, (tag) => this.#values.get(tag));

  #terminalValues = ({ amount, type = 0, terminalType = 0x22 }: Sale): Map<number, Bytes> =>
    new Map([
      [0x9f66, fromHex('36000000')],
      [0x9f02, encodeN(String(amount), 6)],
      [0x9f03, new Uint8Array(6)],
      [0x9f1a, YEN],
      [0x95, new Uint8Array(5)],
      [0x5f2a, YEN],
      [0x9a, fromHex('261122')],
      [0x9c, u8(type)],
      [0x9f37, this.#nextNumber()],
      [0x9f35, u8(terminalType)],
      [0x9f34, concat(u8(0x1f), u16(0x0002))],
    ]);
}
