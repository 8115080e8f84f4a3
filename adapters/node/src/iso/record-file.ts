/**
 * Records in a file, one after the other: what is promised is on the disk before it is promised.
 *
 * What must hold: a record that was added is there after a kill and after a power cut; a record that was cut off while it was being
 * written (the last one) was never promised, and is dropped; anything else that is not as it was written is `record_file_damaged`, and
 * nothing of the file is believed. Each record is chained to the one before, so that none can be missing in between.
 *
 * A record: its length (4 octets, big-endian), a check of that (4 octets of SHA-256 over the check before and the length), a check of all (8
 * octets of SHA-256 over the check before, the length and the content), its content.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assert, type Bytes, concat, equal, SokkinError } from '@sokkin/codec';

const MAGIC = new TextEncoder().encode('sokkin-records-1\n');
const LENGTH = 4;
const LENGTH_CHECK = 4;
const CHECK = 8;
const HEAD = LENGTH + LENGTH_CHECK + CHECK;
const MOST_RECORD = 1 << 20;

export interface RecordFile {
  /** What was there when it was opened, oldest first. */
  readonly records: readonly Bytes[];
  /** Resolves when it is on the disk. Those added meanwhile share one write. */
  add(record: Bytes): Promise<void>;
  /** These in place of all that was there; at once and whole, or not at all. */
  replace(records: readonly Bytes[]): Promise<void>;
  close(): Promise<void>;
}

/** Fails with `record_file_damaged`, or `record_file_failed` for what the system says. */
export async function openRecordFile(path: string): Promise<RecordFile> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const content = await readOrMake(path);
    const read = readRecords(content, path);
    const handle = await open(path, 'r+');
    if (read.end < content.length) {
      await handle.truncate(read.end);
      await handle.datasync();
    }
    return new OpenRecordFile(path, handle, read);
  } catch (error) {
    throw asFailure(path, error);
  }
}

interface Read {
  readonly records: readonly Bytes[];
  /** Octets that hold whole records. */
  readonly end: number;
  readonly check: Bytes;
}

class OpenRecordFile implements RecordFile {
  readonly records: readonly Bytes[];
  readonly #path: string;
  #handle: FileHandle;
  #end: number;
  #check: Bytes;
  #waiting: Bytes[] = [];
  /** The write after the running one, which takes what waits. */
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(path: string, handle: FileHandle, { records, end, check }: Read) {
    this.#path = path;
    this.#handle = handle;
    this.records = records;
    this.#end = end;
    this.#check = check;
  }

  add(record: Bytes): Promise<void> {
    assert(record.length > 0 && record.length <= MOST_RECORD, () => `a record of ${record.length} octets`);
    this.#waiting.push(record);
    this.#next ??= this.#after(() => {
      this.#next = undefined;
      return this.#write();
    });
    return this.#next;
  }

  replace(records: readonly Bytes[]): Promise<void> {
    return this.#after(() => this.#replace(records));
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#handle.close();
  }

  /** One thing at a time; after a write that failed nothing is known of the file's end, so nothing more is written. */
  #after(work: () => Promise<void>): Promise<void> {
    const done = this.#last
      .catch(() => undefined)
      .then(async () => {
        if (this.#failure !== undefined) throw this.#failure;
        try {
          await work();
        } catch (error) {
          this.#failure = asFailure(this.#path, error);
          throw this.#failure;
        }
      });
    this.#last = done;
    return done;
  }

  async #write(): Promise<void> {
    const { octets, check } = chain(this.#check, this.#waiting);
    this.#waiting = [];
    await this.#handle.write(octets, 0, octets.length, this.#end);
    await this.#handle.datasync();
    this.#end += octets.length;
    this.#check = check;
  }

  async #replace(records: readonly Bytes[]): Promise<void> {
    const { octets, check } = chain(MAGIC, records);
    const content = concat(MAGIC, octets);
    await makeFile(this.#path, content);
    await this.#handle.close();
    this.#handle = await open(this.#path, 'r+');
    this.#end = content.length;
    this.#check = check;
  }
}

function chain(before: Bytes, records: readonly Bytes[]): { readonly octets: Bytes; readonly check: Bytes } {
  let check = before;
  const parts: Bytes[] = [];
  for (const record of records) {
    const length = lengthOctets(record.length);
    const lengthCheck = checkOf(check, length).subarray(0, LENGTH_CHECK);
    check = checkOf(check, length, record);
    parts.push(length, lengthCheck, check, record);
  }
  return { octets: concat(...parts), check };
}

function lengthOctets(length: number): Bytes {
  const octets = new Uint8Array(LENGTH);
  new DataView(octets.buffer).setUint32(0, length);
  return octets;
}

function checkOf(...parts: readonly Bytes[]): Bytes {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest().subarray(0, CHECK));
}

/** The records of a file's content, without one that was cut off at the end. */
function readRecords(content: Bytes, path: string): Read {
  if (!equal(content.subarray(0, MAGIC.length), MAGIC)) throw damaged(path, 0);
  const records: Bytes[] = [];
  let [at, check]: [number, Bytes] = [MAGIC.length, MAGIC];
  while (at < content.length) {
    const one = readRecord(content.subarray(at), check);
    if (one === 'torn') break;
    if (one === 'damaged') throw damaged(path, at);
    records.push(one.record);
    at += HEAD + one.record.length;
    check = one.check;
  }
  return { records, end: at, check };
}

/**
 * The record that `rest` begins with. Torn, by a write that did not end: its head is cut off by the end of the file, or its
 * content is, or is not all there at that end; or there are zeros alone, where nothing had been written yet.
 */
function readRecord(rest: Bytes, before: Bytes): { record: Bytes; check: Bytes } | 'torn' | 'damaged' {
  if (rest.length < HEAD || rest.every((octet) => octet === 0)) return 'torn';
  const lengthBytes = rest.subarray(0, LENGTH);
  const lengthCheck = checkOf(before, lengthBytes).subarray(0, LENGTH_CHECK);
  if (!equal(lengthCheck, rest.subarray(LENGTH, LENGTH + LENGTH_CHECK))) return 'damaged';
  const length = new DataView(rest.buffer, rest.byteOffset).getUint32(0);
  const record = rest.subarray(HEAD, HEAD + length);
  const check = checkOf(before, lengthBytes, record);
  if (equal(check, rest.subarray(LENGTH + LENGTH_CHECK, HEAD))) return { record, check };
  return HEAD + length >= rest.length ? 'torn' : 'damaged';
}

async function readOrMake(path: string): Promise<Bytes> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) {
    await makeFile(path, MAGIC);
    return MAGIC;
  }
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Under another name first, so that it is there whole or not at all. */
async function makeFile(path: string, content: Bytes): Promise<void> {
  const draft = `${path}.new`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(draft, path).catch(async (error: unknown) => {
    await unlink(draft).catch(() => undefined);
    throw error;
  });
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
}

const damaged = (path: string, at: number): SokkinError =>
  new SokkinError(
    'record_file_damaged',
    `${path} is damaged at octet ${at}: put it aside, and settle what it held with the other end by hand.`,
  );

const asFailure = (path: string, cause: unknown): SokkinError => {
  if (cause instanceof SokkinError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SokkinError('record_file_failed', `${path} cannot be used: ${why}`, { cause });
};
