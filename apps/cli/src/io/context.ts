/** What every command works with: where things live, how to speak, and the back-end when it is needed. */
import { resolve } from 'node:path';
import type { EmvPorts } from '@sokkin/card';
import { nodeCrypto, nodeRsa, nodeSymmetric, type SyncCryptoPort } from '@sokkin/node';
import { HttpApi } from '../api/http-api.ts';
import { credentialsPath, hasSecond, readCredentials, type Which } from '../data/credentials.ts';
import { currentSession } from '../data/session.ts';
import { type Style, styleFor } from './style.ts';

export interface Context {
  /** Absolute. */
  readonly data: string;
  readonly json: boolean;
  readonly trace: boolean;
  readonly style: Style;
  readonly crypto: SyncCryptoPort;
  /** What the payment application and the security domain of a card compute with. */
  readonly emv: EmvPorts;
  readonly env: NodeJS.ProcessEnv;
  /** A line for people: on stdout, or on stderr while stdout belongs to JSON. */
  say(line: string): void;
  /** Writes over the line that stands there; only where a person looks at a terminal. */
  readonly rewrite: ((line: string) => void) | undefined;
  /** The back-end at this address, or where the flags and the environment say. */
  api(options?: ApiOptions): HttpApi;
  /** Who approves what `api()` proposes: the sandbox's second client, if there is one and nobody has logged in. */
  approver(url?: string): Promise<HttpApi | undefined>;
}

export interface ApiOptions {
  readonly url?: string;
  /** With which of the sandbox's two clients; where there is one client only, it is that one. */
  readonly as?: Which;
}

/** What a command has around it: those of its process. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  readonly err: Output;
}
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export const DEFAULT_PORT = 8787;

export interface Flags {
  readonly json: boolean;
  readonly trace: boolean;
  readonly data: string | undefined;
  readonly api: string | undefined;
  readonly client?: string | undefined;
}

export function makeContext({ env, out, err }: Surroundings, flags: Flags): Context {
  const stream = flags.json ? err : out;
  const url = flags.api ?? env.SOKKIN_API ?? `http://127.0.0.1:${env.PORT ?? DEFAULT_PORT}`;
  const data = resolve(flags.data ?? env.SOKKIN_DATA ?? '.sokkin');
  const named = flags.client ?? (env.SOKKIN_CLIENT || undefined);
  const credentials = named ?? credentialsPath(data);
  const session = () => (named === undefined ? currentSession(data) : Promise.resolve(undefined));
  const api = ({ url: at = url, as = 'first' }: ApiOptions = {}) =>
    new HttpApi(at, async () => (await session()) ?? readCredentials(credentials, as));
  return {
    data,
    json: flags.json,
    trace: flags.trace,
    style: styleFor(stream, env),
    crypto: nodeCrypto(),
    emv: { symmetric: nodeSymmetric(), rsa: nodeRsa() },
    env,
    say: (line) => {
      stream.write(`${line}\n`);
    },
    rewrite: canRewrite(stream, env) ? (line) => void stream.write(`\r\u001b[2K${line}`) : undefined,
    api,
    async approver(at = url) {
      const isSandbox = (await session()) === undefined && (await hasSecond(credentials));
      return isSandbox ? api({ url: at, as: 'second' }) : undefined;
    },
  };
}

const canRewrite = (stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean =>
  stream.isTTY === true && env.TERM !== 'dumb';
