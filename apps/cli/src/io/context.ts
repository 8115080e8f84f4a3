/** What every command works with: where things live, how to speak, and the back-end when it is needed. */
import { resolve } from 'node:path';
import type { EmvPorts } from '@sokkin/card';
import { nodeCrypto, nodeRsa, nodeSymmetric, type SyncCryptoPort } from '@sokkin/node';
import { HttpApi } from '../api/http-api.ts';
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
  api(): HttpApi;
}

export const DEFAULT_PORT = 8787;

export function makeContext(
  env: NodeJS.ProcessEnv,
  flags: { json: boolean; trace: boolean; data: string | undefined; api: string | undefined },
): Context {
  const stream = flags.json ? process.stderr : process.stdout;
  const url = flags.api ?? env.SOKKIN_API ?? `http://127.0.0.1:${env.PORT ?? DEFAULT_PORT}`;
  return {
    data: resolve(flags.data ?? env.SOKKIN_DATA ?? '.sokkin'),
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
    api: () => new HttpApi(url),
  };
}

const canRewrite = (stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean =>
  stream.isTTY === true && env.TERM !== 'dumb';
