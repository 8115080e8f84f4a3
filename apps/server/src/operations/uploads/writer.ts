/**
 * Group commit: uploads that come together share transactions (ADR 11).
 *
 * What must hold: nobody is answered before the COMMIT; a purse is in one batch at a time, so that in this process no upload
 * waits for a lock that another of its uploads holds; what fails one upload fails no other. Between processes the row locks
 * do the same, and more slowly.
 *
 * A lane is a part of this process: the purses whose id has its remainder. While one lane waits for the disk, another
 * hashes. Where purses are spread over machines, a batch is of one shard: so one machine commits it alone.
 */
import { Problem } from '../../problems.ts';
import { databaseFault } from '../../store/database-fault.ts';
import { shardOf } from '../../store/shard-of.ts';
import type { Answered, Settled, Upload } from './upload.ts';

/** A batch takes uploads until it has this many of them, or this many entries. One upload stays whole. */
const BATCH_UPLOADS = 256;
const BATCH_ENTRIES = 16_384;
/** Beyond this many waiting entries, callers are sent away. */
const MOST_WAITING = 131_072;
const UPLOAD_LANES = 2;
/** Where batches are of one shard each, and therefore smaller. */
const SPREAD_UPLOAD_LANES = 6;

export interface UploadWriter {
  /** The answer, when it is on disk; throws the Problem that the upload met. */
  submit(upload: Upload): Promise<Answered>;
  /** Uploads wait. */
  isBusy(): boolean;
}

interface Waiting {
  readonly upload: Upload;
  readonly shard: number;
  resolve(answer: Answered): void;
  reject(error: unknown): void;
}

type Write = (uploads: readonly Upload[]) => Promise<readonly Settled[]>;

/** A batch is what one machine commits: all that waits, or purses of one shard, which wait in one lane so that there are more of them. */
export function openUploads(shards: number | undefined, write: Write): UploadWriter {
  if (shards === undefined)
    return uploadWriter(
      UPLOAD_LANES,
      write,
      (purse) => Number.parseInt(purse.slice(-8), 16),
      () => 0,
    );
  const ofPurse = (purse: string) => shardOf(purse, shards);
  return uploadWriter(SPREAD_UPLOAD_LANES, write, ofPurse, ofPurse);
}

/** `laneOf`: a number that says which lane; `shardOf`: which purses of a lane may share a transaction. */
function uploadWriter(
  lanes: number,
  write: Write,
  laneOf: (purse: string) => number,
  shardOf: (purse: string) => number,
): UploadWriter {
  let waitingEntries = 0;
  const sizeOf = ({ request }: Upload): number => 1 + request.entries.length;
  const all = Array.from({ length: lanes }, () => new Lane(write, shardOf));
  return {
    async submit(upload) {
      if (waitingEntries > MOST_WAITING)
        throw new Problem(
          'overloaded',
          'More uploads wait than this server takes: send the same again later.',
        );
      const lane = all[laneOf(upload.purse) % lanes];
      if (lane === undefined) throw new Error('Bug: every purse has a lane');
      waitingEntries += sizeOf(upload);
      try {
        return await lane.submit(upload);
      } finally {
        waitingEntries -= sizeOf(upload);
      }
    },
    isBusy: () => waitingEntries > 0,
  };
}

class Lane {
  readonly #write: Write;
  readonly #shardOf: (purse: string) => number;
  #waiting: Waiting[] = [];
  #isBusy = false;

  constructor(write: Write, shardOf: (purse: string) => number) {
    this.#write = write;
    this.#shardOf = shardOf;
  }

  submit(upload: Upload): Promise<Answered> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ upload, shard: this.#shardOf(upload.purse), resolve, reject });
      if (this.#isBusy) return;
      this.#isBusy = true;
      // After all requests that have arrived by now.
      setImmediate(() => void this.#work());
    });
  }

  async #work(): Promise<void> {
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) await this.#settle(batch);
    this.#isBusy = false;
  }

  /** Of the shard of who has waited longest. What a purse sends twice waits for the next batch. */
  #take(): Waiting[] {
    const shard = this.#waiting[0]?.shard;
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    const purses = new Set<string>();
    let entries = 0;
    for (const one of this.#waiting) {
      const { purse, request } = one.upload;
      const fits =
        batch.length < BATCH_UPLOADS && (entries === 0 || entries + request.entries.length <= BATCH_ENTRIES);
      if (!fits || purses.has(purse) || one.shard !== shard) {
        left.push(one);
        continue;
      }
      purses.add(purse);
      entries += request.entries.length;
      batch.push(one);
    }
    this.#waiting = left;
    return batch;
  }

  async #settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.#write(batch.map(({ upload }) => upload));
      for (const [i, { resolve, reject }] of batch.entries()) {
        const result = results[i];
        if (result === undefined) reject(new Error('Bug: every upload has a result'));
        else if ('refused' in result) reject(result.refused);
        else resolve(result);
      }
    } catch (error) {
      // What one upload brought must not fail the others'; a database that is away fails all of them.
      if (batch.length > 1 && databaseFault(error) === undefined)
        for (const one of batch) await this.#settle([one]);
      else for (const { reject } of batch) reject(error);
    }
  }
}
