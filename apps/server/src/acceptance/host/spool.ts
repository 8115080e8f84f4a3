/**
 * Store and forward: what the host has promised or must take back, on disk until the ledger has it.
 *
 * What must hold: what `owe` resolved for is there after a kill and is brought to the desk; it may be brought twice, which the desk
 * answers once; what concerns one card at one terminal goes in the order in which it came. The file is this process's alone.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import type { KeyPort } from '@sokkin/issuer';
import { openRecordFile, type RecordFile } from '@sokkin/node';
import { type FolderLock, lockFolder } from '../../postgres/folder-lock.ts';
import { type Owed, openRecord, sealRecord } from './owed.ts';

/** `later`: the desk cannot be reached, or could not decide. */
export type Deliver = (owed: Owed) => Promise<'done' | 'later'>;

const FILE = 'owed.records';
const MOST_OWED = 20_000;
/** Lanes that are brought to the desk at once. */
const AT_ONCE = 32;
const MOST_SLOTS = 64;

export class Spool {
  readonly #keys: KeyPort;
  readonly #file: RecordFile;
  readonly #lock: FolderLock;
  readonly #waiting = new Map<string, Owed>();
  /** Links and keys of the messages to be taken back. */
  readonly #reversals = new Set<string>();
  #running: Promise<void> | undefined;
  /** Records of the file that nothing follows from any more. */
  #spent = 0;
  #isClosed = false;

  private constructor(keys: KeyPort, file: RecordFile, lock: FolderLock, waiting: Iterable<Owed>) {
    this.#keys = keys;
    this.#file = file;
    this.#lock = lock;
    for (const owed of waiting) this.#keep(owed);
  }

  /** The file in a folder that is this process's from now on; undefined: another one has it. */
  static async open(keys: KeyPort, folder: string): Promise<Spool | undefined> {
    const lock = tryLock(folder);
    if (lock === undefined) return undefined;
    try {
      const file = await openRecordFile(join(folder, FILE));
      const waiting = new Map<string, Owed>();
      for (const sealed of file.records) {
        const record = await openRecord(keys, sealed);
        if ('done' in record) waiting.delete(record.done);
        else waiting.set(record.owes.id, record.owes);
      }
      return new Spool(keys, file, lock, waiting.values());
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  get waiting(): readonly Owed[] {
    return [...this.#waiting.values()];
  }

  get size(): number {
    return this.#waiting.size;
  }

  get hasRoom(): boolean {
    return this.#waiting.size < MOST_OWED;
  }

  /** Whether a reversal of the message of this key is still to be brought. */
  owesReversal(link: string, key: string): boolean {
    return this.#reversals.has(`${link} ${key}`);
  }

  /** Resolves when it is on the disk. Fails with `owed_too_much`, or as the file does. */
  async owe(owed: Owed): Promise<void> {
    if (!this.hasRoom)
      throw new SokkinError('owed_too_much', `${MOST_OWED} messages wait for the ledger already.`);
    this.#keep(owed);
    try {
      await this.#file.add(await sealRecord(this.#keys, { owes: owed }));
    } catch (error) {
      this.#forget(owed);
      throw error;
    }
  }

  /** Brings what waits, as far as the desk takes it. Asked again meanwhile, it is the same run. */
  run(deliver: Deliver): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#running ??= this.#run(deliver).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running?.catch(() => undefined);
    await this.#file.close();
    this.#lock.release();
  }

  #keep(owed: Owed): void {
    this.#waiting.set(owed.id, owed);
    if (owed.kind === 'reversal') this.#reversals.add(`${owed.link} ${owed.key}`);
  }

  #forget(owed: Owed): void {
    this.#waiting.delete(owed.id);
    if (owed.kind === 'reversal') this.#reversals.delete(`${owed.link} ${owed.key}`);
  }

  async #run(deliver: Deliver): Promise<void> {
    const lanes = new Map<string, Owed[]>();
    for (const owed of this.#waiting.values()) lanes.set(owed.lane, [...(lanes.get(owed.lane) ?? []), owed]);
    const queue = [...lanes.values()];
    const state = { isAway: false };
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.#work(queue, deliver, state)));
    if (this.#waiting.size === 0 && this.#spent > 0) {
      this.#spent = 0;
      await this.#file.replace([]);
    }
  }

  async #work(queue: Owed[][], deliver: Deliver, state: { isAway: boolean }): Promise<void> {
    for (let lane = queue.shift(); lane !== undefined && !state.isAway; lane = queue.shift())
      for (const owed of lane) {
        if (state.isAway || this.#isClosed) return;
        if ((await deliver(owed)) === 'later') {
          state.isAway = true;
          return;
        }
        await this.#file.add(await sealRecord(this.#keys, { done: owed.id }));
        this.#forget(owed);
        this.#spent++;
      }
  }
}

function tryLock(folder: string): FolderLock | undefined {
  try {
    return lockFolder(folder, undefined);
  } catch (error) {
    if (error instanceof SokkinError && error.code === 'data_folder_in_use') return undefined;
    throw error;
  }
}

/** The folders of spools under `root` that there are, and the first name that is free. */
export async function spoolFolders(
  root: string,
): Promise<{ readonly there: string[]; readonly next: string }> {
  const names = await readdir(root).catch(() => []);
  const slots = names.filter((name) => /^[0-9]{2}$/.test(name)).sort();
  const free = Array.from({ length: MOST_SLOTS }, (_, i) => i.toString().padStart(2, '0')).find(
    (name) => !slots.includes(name),
  );
  if (free === undefined)
    throw new SokkinError('too_many_spools', `${root} has ${MOST_SLOTS} folders, and every one is in use.`);
  return { there: slots.map((name) => join(root, name)), next: join(root, free) };
}
