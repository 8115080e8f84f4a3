/**
 * Clients of `POST /v1/transfers`, in a process of their own: HTTP/1.1 over kept-alive sockets, one request at a time
 * on each, written by hand so that the load costs the machine little beside the server.
 *
 * Argument: a Load as JSON. Answers with a Loaded over the IPC channel.
 */
import { createHash, randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface Load {
  readonly port: number;
  /** Sockets. */
  readonly clients: number;
  /** How many accounts there are: `accountName(0)` and so on. */
  readonly accounts: number;
  /** Transfers in a call: 1 calls `/v1/transfers`, more `/v1/transfers/batch`, 0 a bare `POST /`. */
  readonly items: number;
  readonly warmSeconds: number;
  readonly seconds: number;
  /** Calls per second, evenly spread; absent: as many as go. Latency then counts from when a call was due. */
  readonly rate?: number;
  readonly token?: string | undefined;
}
export interface Loaded {
  /** Per second. */
  readonly transfers: number;
  readonly calls: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly refused: number;
}

export const accountName = (i: number): string =>
  `acc_${createHash('md5').update(`bench${i}`).digest('hex').slice(0, 24)}`;

const pick = (n: number): number => Math.floor(Math.random() * n);

function wish(names: readonly string[]): object {
  const from = pick(names.length);
  const to = (from + 1 + pick(names.length - 1)) % names.length;
  return { from: names[from], to: names[to], amount: '1' };
}

function request(load: Load, names: readonly string[]): string {
  const path = load.items === 0 ? '/' : load.items === 1 ? '/v1/transfers' : '/v1/transfers/batch';
  const items = () => Array.from({ length: load.items }, () => ({ key: randomUUID(), ...wish(names) }));
  const body = JSON.stringify(load.items > 1 ? { items: items() } : wish(names));
  return [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${body.length}`,
    ...(load.token === undefined ? [] : [`authorization: Bearer ${load.token}`]),
    ...(load.items === 1 ? [`idempotency-key: ${randomUUID()}`] : []),
    '',
    body,
  ].join('\r\n');
}

/** Sends, and waits for the whole answer. */
function exchange(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = '';
    const done = (answer?: string, error?: Error) => {
      socket.off('data', onData).off('error', onError).off('close', onClose);
      if (answer === undefined) reject(error);
      else resolve(answer);
    };
    const onError = (error: Error) => done(undefined, error);
    const onClose = () => done(undefined, new Error('The server closed the connection'));
    const onData = (chunk: string) => {
      got += chunk;
      const head = got.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = /\r\ncontent-length: (\d+)/i.exec(got)?.[1];
      if (length !== undefined && got.length >= head + 4 + Number(length)) done(got);
    };
    socket.on('data', onData).on('error', onError).on('close', onClose);
    socket.write(text);
  });
}

export async function run(load: Load): Promise<Loaded> {
  const names = Array.from({ length: load.accounts }, (_, i) => accountName(i));
  const start = performance.now();
  const from = start + load.warmSeconds * 1000;
  const end = from + load.seconds * 1000;
  const latencies: number[] = [];
  let transfers = 0;
  let refused = 0;
  let refusal = '';
  let issued = 0;
  const client = async () => {
    const socket = connect(load.port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
    for (;;) {
      let due = performance.now();
      if (load.rate !== undefined) {
        due = start + (issued++ * 1000) / load.rate;
        const early = due - performance.now();
        if (early > 1) await new Promise((go) => setTimeout(go, early));
      }
      if (due >= end) break;
      const answer = await exchange(socket, request(load, names));
      const now = performance.now();
      if (due < from || now > end) continue;
      const refusedHere = /^HTTP\/1.1 20[01]/.test(answer)
        ? Number(/"refused":(\d+)/.exec(answer)?.[1] ?? 0)
        : load.items;
      refused += refusedHere;
      if (refusedHere > 0) refusal = answer;
      transfers += load.items - refusedHere;
      latencies.push(now - due);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: load.clients }, client));
  if (transfers === 0 && refused > 0) throw new Error(`All is refused: ${refusal}`);
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return {
    transfers: transfers / load.seconds,
    calls: latencies.length / load.seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    refused,
  };
}

if (process.send !== undefined && process.argv[2] !== undefined) {
  process.send(await run(JSON.parse(process.argv[2]) as Load));
  process.disconnect();
}
