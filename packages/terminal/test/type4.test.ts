/** Tags that lie about their sizes, or fall silent half way: an outcome each, and never a read or write that they dictate. */
import { type Bytes, concat, decodeCommand, encodeResponse, fromHex, u16 } from '@sokkin/codec';
import { encodeTagMessage } from '@sokkin/purse';
import { describe, expect, it } from 'vitest';
import {
  type ApduTransport,
  type Outcome,
  openTag,
  readNdef,
  readTag,
  type Tag,
  tellTag,
  writeNdef,
} from '../src/index.ts';

const SOUND = '000f2000fa00f70406e10404000000';
const NOTHING = new Uint8Array(0);

/** A tag of two files, without a purse behind it. `log` has the offsets and lengths of what was read and written. */
function simpleTag(capabilities: string, file: Bytes) {
  const log: string[] = [];
  let current: Bytes = NOTHING;
  const answer = (data: Bytes, sw = 0x9000) => encodeResponse({ data, sw });
  const transport: ApduTransport = {
    extended: false,
    async transmit(bytes) {
      const { ins, p1, p2, data, ne } = decodeCommand(bytes);
      const offset = (p1 << 8) | p2;
      if (ins === 0xa4) {
        if (p1 === 0) current = data[1] === 0x03 ? fromHex(capabilities) : file;
        return answer(NOTHING);
      }
      if (ins === 0xb0) {
        log.push(`R${offset}+${ne}`);
        return answer(current.slice(offset, offset + (ne ?? 0)));
      }
      log.push(`W${offset}+${data.length}`);
      file.set(data, offset);
      return answer(NOTHING);
    },
  };
  return { transport, log };
}

const fileOf = (message: Bytes, size = 1024): Bytes => {
  const file = new Uint8Array(size);
  file.set(concat(u16(message.length), message));
  return file;
};

async function opened(capabilities: string, file: Bytes): Promise<{ tag: Tag; log: string[] }> {
  const { transport, log } = simpleTag(capabilities, file);
  const tag: Outcome<Tag> = await openTag(transport);
  if (tag.status !== 'ok') throw new Error(tag.status);
  log.length = 0;
  return { tag: tag.value, log };
}

describe('openTag', () => {
  it.each([
    ['mapping version 1', '000f1000fa00f70406e10404000000'],
    ['mapping version 3', '000f3000fa00f70406e10404000000'],
    ['a container that is too short', '000e2000fa00f70406e10404000000'],
    ['half a container', '000f2000fa'],
    ['reads of fewer than 15 bytes', '000f20000e00f70406e10404000000'],
    ['writes of half a length', '000f2000fa00010406e10404000000'],
    ['no NDEF file', '000f2000fa00f70506e10404000000'],
    ['a file control of another length', '000f2000fa00f70407e10404000000'],
    ['a file without room', '000f2000fa00f70406e10400020000'],
    ['a file beyond what can be addressed', '000f2000fa00f70406e104ffff0000'],
    ['no read access', '000f2000fa00f70406e10404008000'],
  ])('refuses %s', async (_, capabilities) => {
    expect((await openTag(simpleTag(capabilities, fileOf(NOTHING)).transport)).status).toBe(
      'untrusted_answer',
    );
  });

  it('says whether it can be written', async () => {
    expect((await opened(SOUND, fileOf(NOTHING))).tag.writable).toBe(true);
    expect((await opened('000f2000fa00f70406e104040000ff', fileOf(NOTHING))).tag.writable).toBe(false);
  });

  it('another application, or none', async () => {
    const gone: ApduTransport = { extended: false, transmit: async () => fromHex('6a82') };
    expect(await openTag(gone)).toEqual({ status: 'card_error', sw: 0x6a82 });
  });
});

describe('reading and writing', () => {
  it('in parts as large as the tag takes, and never larger than short APDUs', async () => {
    const message = new Uint8Array(600).fill(7);
    const small = await opened('000f20006400500406e10404000000', fileOf(message));
    expect(await readNdef(small.tag)).toEqual({ status: 'ok', value: message });
    expect(small.log).toEqual(['R0+2', ...[0, 1, 2, 3, 4, 5].map((i) => `R${2 + 100 * i}+100`)]);
    const large = await opened('000f20ffffffff0406e10404000000', fileOf(NOTHING));
    expect((await writeNdef(large.tag, message)).status).toBe('ok');
    expect(large.log).toEqual(['W0+2', 'W2+255', 'W257+255', 'W512+90', 'W0+2']);
    expect(await readNdef(large.tag)).toEqual({ status: 'ok', value: message });
  });

  it('a length beyond the file, a file that is shorter than it says, a message that does not fit', async () => {
    const long = fileOf(NOTHING);
    long.set(u16(1023));
    expect((await readNdef((await opened(SOUND, long)).tag)).status).toBe('untrusted_answer');
    const short = fileOf(new Uint8Array(100)).slice(0, 50);
    expect((await readNdef((await opened(SOUND, short)).tag)).status).toBe('untrusted_answer');
    const { tag, log } = await opened(SOUND, fileOf(NOTHING));
    expect((await writeNdef(tag, new Uint8Array(1023))).status).toBe('untrusted_answer');
    expect((await writeNdef(tag, NOTHING)).status).toBe('untrusted_answer');
    expect(log).toEqual([]);
  });

  it('anything but a message of a purse', async () => {
    const text = (payload: string): Bytes =>
      fromHex(`d101${(payload.length / 2).toString(16).padStart(2, '0')}54${payload}`);
    const hello = Buffer.from('hello').toString('hex');
    const paid = Buffer.from('ok: x').toString('hex');
    for (const message of [
      NOTHING,
      fromHex('d00000'),
      text(''),
      text(`02656e${hello}`),
      text(`82656e${paid}`),
      text(`3f656e${paid}`),
      fromHex('d9010001540102'),
    ]) {
      expect((await readTag((await opened(SOUND, fileOf(message))).tag)).status).toBe('untrusted_answer');
    }
    const word = await readTag((await opened(SOUND, fileOf(text(`02656e${paid}`)))).tag);
    expect(word).toEqual({ status: 'ok', value: { kind: 'status', status: 'ok' } });
  });

  it('a tag with no purse behind it gives back what was written, which is no answer', async () => {
    const { tag } = await opened(SOUND, fileOf(NOTHING));
    const objects = fromHex('c80800000000000000ff');
    expect((await tellTag(tag, objects)).status).toBe('untrusted_answer');
    expect(await readNdef(tag)).toEqual({
      status: 'ok',
      value: encodeTagMessage({ kind: 'objects', objects }),
    });
  });
});
