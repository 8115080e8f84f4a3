/**
 * Store and forward at the acquirer's end: advices and reversals that must reach the host, kept on disk until it has them.
 *
 * What must hold: what was put here is there after a kill; messages go out in the order in which they came in; one is taken away
 * only when the host has answered that it has it, or that it never will (then it is handed back as refused, and not lost in silence).
 */
import {
  type Bytes,
  decodeIso,
  encodeIso,
  ISO_RESPONSE_CODES,
  type IsoMessage,
  type IsoProfile,
  SokkinError,
} from '@sokkin/codec';
import { type IsoLink, repeatOf } from './iso-link.ts';
import { openRecordFile, type RecordFile } from './record-file.ts';

/** Seals what lies on the disk; both ends of it. */
export interface OutboxCipher {
  seal(octets: Bytes): Promise<Bytes>;
  open(octets: Bytes): Promise<Bytes>;
}

export interface OutboxReport {
  /** Answered, and taken away. */
  readonly delivered: number;
  /** Answered as what can never be taken: with their answers, and taken away. */
  readonly refused: readonly { readonly message: IsoMessage; readonly answer: IsoMessage }[];
  /** Still to be sent: the host did not answer, or could not decide. */
  readonly kept: number;
}

/** Of `failed` answers, those that no later try would change: what is known no more, what cannot be read. */
const FINAL: ReadonlySet<string> = new Set(['25', '30', '94', '902', '904', '913', '914']);

export class IsoOutbox {
  readonly #file: RecordFile;
  readonly #profile: IsoProfile;
  readonly #cipher: OutboxCipher | undefined;
  #messages: IsoMessage[];
  #running: Promise<OutboxReport> | undefined;

  private constructor(
    file: RecordFile,
    profile: IsoProfile,
    cipher: OutboxCipher | undefined,
    messages: IsoMessage[],
  ) {
    this.#file = file;
    this.#profile = profile;
    this.#cipher = cipher;
    this.#messages = messages;
  }

  /** Fails as `openRecordFile` does. */
  static async open(path: string, profile: IsoProfile, cipher?: OutboxCipher): Promise<IsoOutbox> {
    const file = await openRecordFile(path);
    const opened = file.records.map(async (r) => decodeIso(profile, cipher ? await cipher.open(r) : r));
    return new IsoOutbox(file, profile, cipher, await Promise.all(opened));
  }

  /** Oldest first. */
  get waiting(): readonly IsoMessage[] {
    return this.#messages;
  }

  /** Resolves when it is on the disk. */
  async add(message: IsoMessage): Promise<void> {
    this.#messages.push(message);
    await this.#file.add(await this.#record(message));
  }

  /** Sends what waits, until the host does not answer. Asked again meanwhile, it is the same run. */
  flush(link: IsoLink): Promise<OutboxReport> {
    this.#running ??= this.#flush(link).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #flush(link: IsoLink): Promise<OutboxReport> {
    let delivered = 0;
    const refused: { message: IsoMessage; answer: IsoMessage }[] = [];
    for (let message = this.#messages[0]; message !== undefined; message = this.#messages[0]) {
      const answer = await this.#tell(link, message);
      const fate = answer === undefined ? 'kept' : this.#fateOf(answer);
      if (answer === undefined || fate === 'kept') break;
      if (fate === 'refused') refused.push({ message, answer });
      else delivered++;
      this.#messages.shift();
    }
    if (delivered + refused.length > 0)
      await this.#file.replace(await Promise.all(this.#messages.map((m) => this.#record(m))));
    return { delivered, refused, kept: this.#messages.length };
  }

  /** It may have been sent before a kill, so it goes as a repeat. */
  async #tell(link: IsoLink, message: IsoMessage): Promise<IsoMessage | undefined> {
    try {
      return await link.request(repeatOf(message));
    } catch (error) {
      if (error instanceof SokkinError) return undefined;
      throw error;
    }
  }

  #fateOf(answer: IsoMessage): 'delivered' | 'refused' | 'kept' {
    const code = answer.fields.get(39);
    if (typeof code !== 'string') return 'kept';
    const outcome = ISO_RESPONSE_CODES[this.#profile.version].get(code)?.outcome;
    if (outcome === 'approved' || outcome === 'accepted') return 'delivered';
    return outcome === 'failed' && !FINAL.has(code) ? 'kept' : 'refused';
  }

  async #record(message: IsoMessage): Promise<Bytes> {
    const octets = encodeIso(this.#profile, message);
    return this.#cipher === undefined ? octets : this.#cipher.seal(octets);
  }
}
