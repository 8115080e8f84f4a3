/** A transaction of the transcripts as its issuer and its terminal see it, computed by hand (EMV Book 2). */
import { fromHex, hex } from '@sokkin/codec';
import { arpcMethod2 } from '@sokkin/crypto';
import { nodeSymmetric } from '@sokkin/node';
import { expect } from 'vitest';
import { present, type Step } from '../vector-files.ts';
import {
  arpc1,
  cubed,
  pad,
  recovered,
  retailMac,
  sessionKey,
  sha1,
  sha256,
  tdes,
  unpad,
  untdes,
} from './by-hand.ts';
import {
  bytesOf,
  type CardKeys,
  type Cda,
  dataOf,
  exchangeOf,
  type IssuerAuthentication,
  inside,
  objects,
  type Signed,
  text,
  valuesOf,
} from './files.ts';

const symmetric = nodeSymmetric();

const NONE: Buffer = Buffer.alloc(0);

/** One transaction, as its issuer and its terminal see it. */
export class Transaction {
  readonly #keys: CardKeys;
  readonly #format: 1 | 2;
  #pdolData: Buffer = NONE;
  #cdol1Data: Buffer = NONE;
  #values = new Map<string, string>();
  #interchange = '';
  #locator: Buffer = NONE;
  #records: Buffer[] = [];
  /** Of the first cryptogram. */
  #first: Buffer | undefined;
  #sessionKey: Buffer = NONE;
  #atc = '';
  #chaining: Buffer = NONE;

  constructor(keys: CardKeys, format: 1 | 2) {
    this.#keys = keys;
    this.#format = format;
  }

  #master = (purpose: string): Buffer => bytesOf(present(this.#keys.cardMasterKeys[purpose], purpose));

  /** Whether there is a transaction: a directory has records, too. */
  get isBegun(): boolean {
    return this.#locator.length > 0;
  }

  begin(step: Step): void {
    const [command, response] = exchangeOf(step);
    const options = objects(inside(response.subarray(0, -2)));
    this.#pdolData = dataOf(command).subarray(2);
    this.#values = new Map();
    this.#learn(step, this.#pdolData);
    this.#interchange = text(present(options.get('82'), 'AIP'));
    this.#locator = present(options.get('94'), 'AFL');
    this.#records = [];
    this.#first = undefined;
  }

  /** What a list of the card brought, which is the data of the command. */
  #learn(step: Step, data: Buffer): void {
    const { pdol = [], cdol1 = [], cdol2 = [] } = valuesOf(step);
    const list = [...pdol, ...cdol1, ...cdol2];
    expect(list.map(({ value }) => value).join('')).toBe(text(data));
    for (const { tag, value } of list) this.#values.set(tag, value);
  }

  #value = (tag: string): string => present(this.#values.get(tag), tag);

  /** READ RECORD; after the last one the card's key is proven (Book 2, 6.3 and 6.4). */
  record(step: Step): void {
    const [, response] = exchangeOf(step);
    this.#records.push(inside(response.subarray(0, -2)));
    const { staticData, issuerCertificate, cardCertificate } = valuesOf(step);
    if (staticData === undefined) return;
    expect(text(this.#staticData())).toBe(staticData);
    const elements = objects(Buffer.concat(this.#records));
    const beside = (...tags: string[]): Buffer => Buffer.concat(tags.map((tag) => elements.get(tag) ?? NONE));
    const { certificationAuthority, issuerKey, cardKey } = this.#keys;
    const certified = (by: string, tag: string, own: Buffer, said: Signed | undefined): Buffer => {
      const block = cubed(present(elements.get(tag), tag), bytesOf(by));
      const data = recovered(block, own);
      expect(said).toEqual({ hashInput: text(Buffer.concat([data, own])), plaintext: text(block) });
      return data;
    };
    const issuer = certified(certificationAuthority.modulus, '90', beside('92', '9F32'), issuerCertificate);
    const own = Buffer.concat([beside('9F48', '9F47'), bytesOf(staticData)]);
    const card = certified(issuerKey.modulus, '9F46', own, cardCertificate);
    // The modulus stands behind 14 bytes of the issuer's certificate and 20 of the card's, filled up with BB.
    expect(issuer.subarray(0, 5)).toEqual(bytesOf('02999912ff'));
    expect(text(issuer.subarray(14)).replace(/(bb)+$/, '') + text(beside('92'))).toBe(issuerKey.modulus);
    expect(text(card.subarray(0, 9))).toBe(`04${this.#keys.pan}`);
    expect(text(card.subarray(20)).replace(/(bb)+$/, '') + text(beside('9F48'))).toBe(cardKey.modulus);
  }

  /** Book 3, 10.3: the contents of signed records, in the locator's order, and the interchange profile. */
  #staticData(): Buffer {
    const signed: Buffer[] = [];
    let read = 0;
    for (let at = 0; at < this.#locator.length; at += 4) {
      const [, first = 0, last = 0, count = 0] = this.#locator.subarray(at, at + 4);
      signed.push(...this.#records.slice(read, read + count));
      read += last - first + 1;
    }
    expect(this.#records.length).toBe(read);
    return Buffer.concat([...signed, bytesOf(this.#interchange)]);
  }

  /** INTERNAL AUTHENTICATE. */
  dda(step: Step): void {
    const [command, response] = exchangeOf(step);
    const { dynamicNumber, hashInput, plaintext } = valuesOf(step);
    const block = this.#recover(present(objects(inside(response.subarray(0, -2))).get('9F4B'), 'signature'));
    expect(text(block)).toBe(plaintext);
    const data = recovered(block, dataOf(command));
    expect(text(Buffer.concat([data, dataOf(command)]))).toBe(hashInput);
    expect(text(data.subarray(0, 12))).toBe(`05010908${dynamicNumber}`);
    expect([dynamicNumber]).toEqual(step.random);
  }

  #recover = (signature: Buffer): Buffer => cubed(signature, bytesOf(this.#keys.cardKey.modulus));

  /** GENERATE AC. */
  cryptogram(step: Step): void {
    const [command, response] = exchangeOf(step);
    const values = valuesOf(step);
    this.#learn(step, dataOf(command));
    const isSecond = this.#first !== undefined;
    if (!isSecond) this.#cdol1Data = dataOf(command);
    if (values.issuerAuthentication !== undefined) this.#issuer(values.issuerAuthentication);
    const template = inside(response.subarray(0, -2));
    const answer = objects(template);
    const element = (tag: string): string => text(present(answer.get(tag), tag));
    this.#atc = element('9F36');
    this.#sessionKey = sessionKey(this.#master('cryptogram'), bytesOf(this.#atc));
    expect(text(this.#sessionKey)).toBe(values.sessionKey);
    const iad = element('9F10');
    expect([this.#atc, iad]).toEqual([values.atc, values.iad?.bytes]);
    expect(iad).toContain(present(values.cvr, 'CVR').bytes);
    const covered = ['9F02', '9F03', '9F1A', '95', '5F2A', '9A', '9C', '9F37'].map(this.#value);
    const input = [...covered, this.#interchange, this.#atc, iad].join('');
    expect(input).toBe(values.cryptogramInput);
    const cryptogram = retailMac(this.#sessionKey, bytesOf(input));
    expect(text(cryptogram)).toBe(values.cryptogram);
    expect(element('9F27')).toBe({ aac: '00', tc: '40', arqc: '80' }[present(values.gives, 'type')]);
    if (values.cda === undefined) expect(element('9F26')).toBe(text(cryptogram));
    else this.#cda(step, values.cda, template, cryptogram, isSecond ? dataOf(command) : NONE);
    if (isSecond) return;
    this.#first = cryptogram;
    this.#chaining = cryptogram;
  }

  /** Book 2, 6.6. */
  #cda(step: Step, cda: Cda, template: Buffer, cryptogram: Buffer, cdol2Data: Buffer): void {
    const signature = present(objects(template).get('9F4B'), 'signature');
    const signed = template.indexOf('9f4b8180', 0, 'hex');
    const others = Buffer.concat([template.subarray(0, signed), template.subarray(signed + 4 + 128)]);
    const input = Buffer.concat([this.#pdolData, this.#cdol1Data, cdol2Data, others]);
    expect(text(input)).toBe(cda.transactionDataHashInput);
    expect(text(sha1(input))).toBe(cda.transactionDataHash);
    const block = this.#recover(signature);
    expect(text(block)).toBe(cda.plaintext);
    const number = bytesOf(this.#value('9F37'));
    const data = recovered(block, number);
    expect(text(Buffer.concat([data, number]))).toBe(cda.hashInput);
    const information = text(present(objects(template).get('9F27'), '9F27'));
    const dynamic = `08${cda.dynamicNumber}${information}${text(cryptogram)}${cda.transactionDataHash}`;
    expect(text(data).replace(/(bb)+$/, '')).toBe(`050126${dynamic}`);
    if (step.random !== undefined) expect(step.random).toEqual([cda.dynamicNumber]);
  }

  /** Tag 91, in CDOL2 or by EXTERNAL AUTHENTICATE. */
  issuerAuthentication(step: Step): void {
    this.#issuer(present(valuesOf(step).issuerAuthentication, 'issuer authentication'));
  }

  #issuer(said: IssuerAuthentication): void {
    const arqc = present(this.#first, 'ARQC');
    expect(said.sessionKey).toBe(text(this.#sessionKey));
    if (said.method === 1) {
      expect(text(arpc1(this.#sessionKey, arqc, bytesOf(present(said.responseCode, 'code'))))).toBe(
        said.arpc,
      );
      expect(text(tdes(this.#sessionKey, bytesOf(said.arpcInput)))).toBe(said.arpc);
      return;
    }
    const status = present(said.cardStatusUpdate, 'CSU').bytes;
    expect(said.arpcInput).toBe(text(arqc) + status);
    expect(text(retailMac(this.#sessionKey, bytesOf(said.arpcInput)).subarray(0, 4))).toBe(said.arpc);
    const ours = arpcMethod2(symmetric, 'tdes', this.#sessionKey, arqc, fromHex(status));
    expect(hex(ours)).toBe(said.arpc);
  }

  /** Section 11.6: format 1 with 8E at its end, or format 2 with 4 bytes of MAC. */
  script(step: Step): void {
    const [command] = exchangeOf(step);
    const values = valuesOf(step);
    const first = present(this.#first, 'cryptogram');
    const macKey = sessionKey(this.#master('scriptMac'), first);
    const cipherKey = sessionKey(this.#master('scriptEncipher'), first);
    expect([values.macSessionKey, values.enciphermentSessionKey]).toEqual([text(macKey), text(cipherKey)]);
    const data = dataOf(command);
    const isChained = this.#format === 1;
    const length = isChained ? 8 : 4;
    const body = data.subarray(0, -(length + (isChained ? 2 : 0)));
    const input = isChained
      ? Buffer.concat([this.#chaining, pad(command.subarray(0, 4), 8), body])
      : Buffer.concat([command.subarray(0, 5), bytesOf(this.#atc), first, body]);
    expect(text(input)).toBe(values.macInput);
    const mac = retailMac(macKey, input);
    expect(text(mac)).toBe(values.mac);
    if (step.sw !== '9000') return;
    this.#chaining = mac;
    expect(text(data.subarray(-length))).toBe(text(mac.subarray(0, length)));
    const newPin = /PIN CHANGE to (\d+)/.exec(step.does)?.[1];
    if (newPin === undefined) return;
    // Format 1: object 87 with padding indicator 01 before the block.
    const enciphered = isChained ? body.subarray(3) : body;
    expect(text(unpad(untdes(cipherKey, enciphered)))).toBe(`2${newPin.length}${newPin}`.padEnd(16, 'f'));
  }

  /** The Approval of protocol.md, 4.6, from what the terminal saw. */
  approval(step: Step, before: Step): void {
    const { atc = '', cryptogram = '' } = valuesOf(step);
    const { seq, head } = present(before.after, 'state before');
    const entry = bytesOf(present(step.entry, 'entry').body);
    const amount = BigInt(this.#value('9F02')).toString(16).padStart(16, '0');
    expect(text(entry.subarray(11))).toBe(
      `${(seq + 1).toString(16).padStart(8, '0')}${head}0392${amount}${atc}${cryptogram}`,
    );
    expect(text(sha256(entry))).toBe(step.after?.head);
    const balance = BigInt(present(before.after, 'before').balance) - BigInt(`0x${amount}`);
    expect(step.after?.balance).toBe(balance.toString());
  }
}
