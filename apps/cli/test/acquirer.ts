/**
 * The other end of a terminal's line, for tests of the terminal alone: it approves what it is told to, and can be silent, forget to
 * sign, or hang up. It checks no cryptogram and has no ledger: the real host is tested elsewhere.
 */
import { createServer, type Socket } from 'node:net';
import { amountOf, formatMti, type IsoMessage, type IsoProfile, respondIso, textOf } from '@sokkin/codec';
import { IsoChannel, IsoLine, type IsoMacKey, nodeSymmetric } from '@sokkin/node';

/** `lost`: it is taken in, and the answer does not arrive. `deaf`: it never came. */
export type Manner =
  | { readonly code?: string; readonly amount?: bigint }
  | 'lost'
  | 'deaf'
  | 'hang up'
  | 'forged';

export interface TestAcquirer {
  readonly port: number;
  readonly seen: { readonly mti: string; readonly message: IsoMessage; readonly mac: string }[];
  /** For the next messages, in order; then all are approved. */
  next(...manners: Manner[]): void;
  close(): Promise<void>;
}

export async function openAcquirer(profile: IsoProfile, mac?: IsoMacKey): Promise<TestAcquirer> {
  const seen: TestAcquirer['seen'] = [];
  const sockets = new Set<Socket>();
  let manners: Manner[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    const line = new IsoLine(profile, nodeSymmetric(), mac);
    const channel: IsoChannel = new IsoChannel(socket, profile.framing, {
      message(octets) {
        const message = line.read(octets);
        const isNetwork = message.mti.class === 'network-management';
        const manner = isNetwork ? {} : (manners.shift() ?? {});
        if (manner === 'deaf') return;
        seen.push({ mti: formatMti(message.mti), message, mac: line.check(message).verdict });
        if (manner === 'hang up') return channel.destroy();
        if (manner === 'lost') return;
        const answer = answerTo(profile, message, manner === 'forged' ? {} : manner);
        const octetsBack = line.write(answer);
        if (manner === 'forged')
          octetsBack.set([octetsBack.at(-1) === 0x30 ? 0x31 : 0x30], octetsBack.length - 1);
        channel.send(octetsBack);
      },
      closed: () => sockets.delete(socket),
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    seen,
    next: (...given) => {
      manners = given;
    },
    close: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => done());
      }),
  };
}

function answerTo(
  profile: IsoProfile,
  message: IsoMessage,
  { code, amount }: Exclude<Manner, string>,
): IsoMessage {
  const isOld = profile.version === '1987';
  const usual = message.mti.class === 'network-management' && !isOld ? '800' : isOld ? '00' : '000';
  const told = amount ?? amountOf(message, 4);
  return respondIso(profile, message, {
    39: code ?? usual,
    ...(['authorisation', 'financial'].includes(message.mti.class) && (code ?? usual) === usual
      ? { 38: `A${textOf(message, 11)?.slice(1)}` }
      : {}),
    ...(told === undefined || message.mti.class === 'reconciliation' ? {} : { 4: told }),
  });
}
