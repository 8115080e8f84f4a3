/** A secure channel of the transcripts, computed by hand (docs/spec/card-application.md, section 10; Amendment D). */
import { expect } from 'vitest';
import { type Factory, present, type Step } from '../vector-files.ts';
import { aesDecrypt, cmac, derive, firstBlock, unpad } from './by-hand.ts';
import { bytesOf, dataOf, exchangeOf, text, valuesOf } from './files.ts';

const NONE: Buffer = Buffer.alloc(0);

/** One secure channel, played by hand. */
export class Channel {
  readonly #factory: Factory;
  #keys: Record<'enc' | 'mac' | 'rmac', Buffer> = { enc: NONE, mac: NONE, rmac: NONE };
  #chaining: Buffer = NONE;
  #counter = 0;
  #pending: Buffer = NONE;

  constructor(factory: Factory) {
    this.#factory = factory;
  }

  /** INITIALIZE UPDATE: section 10.3. */
  open(step: Step): void {
    const [command, response] = exchangeOf(step);
    const [enc, mac] = [bytesOf(this.#factory.enc), bytesOf(this.#factory.mac)];
    const [challenge, cryptogram, sequence] = [
      response.subarray(13, 21),
      response.subarray(21, 29),
      response.subarray(29, 32),
    ];
    expect(text(response.subarray(0, 13))).toBe(`${this.#factory.diversification}010370`);
    const aid = bytesOf('a000000151000000');
    expect(text(derive(enc, 0x02, 8, Buffer.concat([sequence, aid])))).toBe(text(challenge));
    const context = Buffer.concat([dataOf(command), challenge]);
    this.#keys = {
      enc: derive(enc, 0x04, 16, context),
      mac: derive(mac, 0x06, 16, context),
      rmac: derive(mac, 0x07, 16, context),
    };
    expect(text(derive(this.#keys.mac, 0x00, 8, context))).toBe(text(cryptogram));
    const { sessionKeys, ...values } = valuesOf(step);
    const { enc: sEnc, mac: sMac, rmac } = this.#keys;
    expect(sessionKeys).toEqual({ enc: text(sEnc), mac: text(sMac), rmac: text(rmac) });
    this.#chaining = Buffer.alloc(16);
    this.#counter = 0;
    const host = derive(this.#keys.mac, 0x01, 8, context);
    const header = bytesOf('8482330010');
    expect(values).toEqual({
      hostChallenge: text(dataOf(command)),
      sequence: text(sequence),
      cardChallenge: text(challenge),
      context: text(context),
      cardCryptogram: text(cryptogram),
      hostCryptogram: text(host),
      externalAuthenticateMac: text(cmac(sMac, Buffer.concat([Buffer.alloc(16), header, host]))),
    });
  }

  /** The MAC of a command, which the next one chains to; its data without it. */
  #authenticated(command: Buffer): Buffer {
    const data = dataOf(command);
    const covered = Buffer.concat([this.#chaining, command.subarray(0, 5), data.subarray(0, -8)]);
    this.#chaining = cmac(this.#keys.mac, covered);
    expect(text(data.subarray(-8))).toBe(text(this.#chaining.subarray(0, 8)));
    return data.subarray(0, -8);
  }

  authenticate(step: Step): void {
    this.#authenticated(exchangeOf(step)[0]);
  }

  /** A command under level 33 and its response, against the plain ones beside them. */
  secured(step: Step): void {
    const [command, response] = exchangeOf(step);
    const { enc, rmac } = this.#keys;
    this.#counter += 1;
    const encrypted = this.#authenticated(command);
    const open = (data: Buffer, forResponse: boolean): Buffer =>
      data.length === 0 ? data : unpad(aesDecrypt(enc, firstBlock(enc, this.#counter, forResponse), data));
    const data = open(encrypted, false);
    const plain = present(step.plain, 'plain command');
    const plainCommand = bytesOf(plain.command);
    expect(text(plainCommand.subarray(0, 4))).toBe(`80${text(command.subarray(1, 4))}`);
    expect(text(data)).toBe(data.length === 0 ? '' : text(dataOf(plainCommand)));
    const [body, mac, sw] = [response.subarray(0, -10), response.subarray(-10, -2), response.subarray(-2)];
    expect(text(cmac(rmac, Buffer.concat([this.#chaining, body, sw])).subarray(0, 8))).toBe(text(mac));
    expect(text(Buffer.concat([open(body, true), sw]))).toBe(plain.response);
    const { counter, mac: said, groupings } = valuesOf(step);
    expect([counter, said]).toEqual([this.#counter, text(this.#chaining)]);
    if (plainCommand.readUInt8(1) === 0xe2) expect(groupings).toMatchObject(this.#groupings(data));
  }

  /** DGI, length (one byte, or FF and two), value; 8000 to 8FFF under the data key. */
  #groupings(data: Buffer): { dgi: string; value: string }[] {
    const found: { dgi: string; value: string }[] = [];
    this.#pending = Buffer.concat([this.#pending, data]);
    for (;;) {
      const isLong = this.#pending.length > 4 && this.#pending.readUInt8(2) === 0xff;
      const start = isLong ? 5 : 3;
      if (this.#pending.length < start) return found;
      const end = start + (isLong ? this.#pending.readUInt16BE(3) : this.#pending.readUInt8(2));
      if (this.#pending.length < end) return found;
      const dgi = text(this.#pending.subarray(0, 2)).toUpperCase();
      const value = this.#pending.subarray(start, end);
      const isSecret = dgi.startsWith('8');
      const plain = isSecret ? unpad(aesDecrypt(bytesOf(this.#factory.dek), Buffer.alloc(16), value)) : value;
      found.push({ dgi, value: text(plain) });
      this.#pending = this.#pending.subarray(end);
    }
  }
}
