/**
 * The KeyPort over PKCS#11: secrets are made in the HSM and stay there.
 *
 * What must hold: while the HSM is away every call fails with `keys_unavailable`, and as soon as it is back the next
 * one works; the thread that serves is never blocked by it.
 */
import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { type Bytes, SokkinError } from '@sokkin/codec';
import { sha256 } from '@sokkin/crypto';
import type { BlockKind, KeyInfo, KeyKind, KeyPort } from '@sokkin/issuer';
import { checkSecret } from '../block-keys.ts';
import { associatedData, NONCE_BYTES, readEnvelope, writeEnvelope } from '../envelope.ts';
import { assertKeyId } from '../key-ids.ts';
import type { CallName, Calls, Reply, TokenConfig } from './protocol.ts';

/** The thread runs the TypeScript as it is, whatever started this one. */
const START = `
const { workerData } = require('node:worker_threads');
import(workerData.tsx).then(({ register }) => { register(); return import(workerData.main); });`;

interface Waiting {
  resolve(output: Calls[CallName]['output']): void;
  reject(error: Error): void;
}

/** Fails with `keys_unavailable`, `key_pin_wrong` or `key_pin_locked`, and says which variable is to blame. */
export async function openPkcs11Keys(config: TokenConfig): Promise<KeyPort> {
  const keys = new Pkcs11Keys(config);
  try {
    await keys.login();
    return keys;
  } catch (error) {
    await keys.close();
    throw error;
  }
}

class Pkcs11Keys implements KeyPort {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #number = 0;
  #ended: SokkinError | undefined;

  constructor({ module, token, pin }: TokenConfig) {
    this.#worker = new Worker(START, {
      eval: true,
      execArgv: [],
      workerData: {
        config: { module, token, pin },
        tsx: import.meta.resolve('tsx/esm/api'),
        main: new URL('./worker-main.ts', import.meta.url).href,
      },
    });
    this.#worker.on('message', (reply: Reply) => this.#take(reply));
    this.#worker.on('error', (cause) => this.#end(cause));
    this.#worker.on('exit', () => this.#end(undefined));
    // A back-end that was not closed may still end.
    this.#worker.unref();
  }

  async login(): Promise<void> {
    await this.#call('login', null);
  }

  list(): Promise<readonly KeyInfo[]> {
    return this.#call('list', null);
  }

  async generate(id: string, kind: KeyKind, now: Date): Promise<void> {
    assertKeyId(id);
    await this.#call('generate', { id, kind, now });
  }

  publicKey(id: string): Promise<Bytes> {
    return this.#call('publicKey', { id });
  }

  sign(id: string, message: Bytes): Promise<Bytes> {
    return this.#call('sign', { id, digest: sha256(message) });
  }

  async seal(id: string, plaintext: Bytes, context: Bytes): Promise<Bytes> {
    const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
    const associated = associatedData(id, context);
    const ciphertext = await this.#call('encrypt', { id, nonce, associated, text: plaintext });
    return writeEnvelope({ key: id, nonce, ciphertext });
  }

  async open(envelope: Bytes, context: Bytes): Promise<Bytes> {
    const { key: id, nonce, ciphertext } = readEnvelope(envelope);
    return this.#call('decrypt', { id, nonce, associated: associatedData(id, context), text: ciphertext });
  }

  mac(id: string, message: Bytes): Promise<Bytes> {
    return this.#call('mac', { id, message });
  }

  async admit(id: string, kind: BlockKind, secret: Bytes, now: Date): Promise<void> {
    assertKeyId(id);
    checkSecret(kind, secret);
    await this.#call('admit', { id, kind, secret, now });
  }

  encipher(id: string, blocks: Bytes): Promise<Bytes> {
    return this.#call('encipher', { id, blocks });
  }

  async retire(id: string): Promise<void> {
    await this.#call('retire', { id });
  }

  async destroy(id: string): Promise<void> {
    await this.#call('destroy', { id });
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    await this.#call('close', null).catch(() => undefined);
    await this.#worker.terminate();
  }

  #call<N extends CallName>(name: N, input: Calls[N]['input']): Promise<Calls[N]['output']> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#number += 1;
    const number = this.#number;
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(number, { resolve, reject });
      this.#worker.postMessage({ number, name, input });
    });
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting.get(reply.number);
    this.#waiting.delete(reply.number);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('output' in reply) waiting?.resolve(reply.output);
    else waiting?.reject(new SokkinError(reply.failure.code, reply.failure.message));
  }

  #end(cause: unknown): void {
    this.#ended ??= new SokkinError(
      'keys_unavailable',
      'The thread that speaks with the HSM has ended: start the server again.',
      cause === undefined ? {} : { cause },
    );
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
