/** What the host's tests share: a server with a host, links, a desk that does as it is told, and messages of a shop. */

import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import {
  decodeIso,
  IsoFramer,
  type IsoMessage,
  type IsoProfile,
  type IsoValue,
  isoMatchingKey,
  isoMessage,
  parseIsoProfile,
  textOf,
} from '@sokkin/codec';
import { IsoLink, type IsoLinkOptions } from '@sokkin/node';
import type { AcceptanceDesk, ShopAnswer, ShopMessage } from '../../src/acceptance/desk.ts';
import type { AcceptanceHost } from '../../src/acceptance/host/host.ts';
import type { ServerOptions } from '../../src/index.ts';
import { type Rig, rig } from '../kit.ts';

export const profileJson = (name: string): Record<string, unknown> =>
  JSON.parse(
    readFileSync(new URL(import.meta.resolve(`@sokkin/codec/profiles/iso8583-${name}.json`)), 'utf8'),
  );
export const profileOf = (name: string) => parseIsoProfile(profileJson(name));
export const ASCII = profileOf('1987-ascii');

/** What a desk of the tests does with a message; it may fail, and take its time. */
export type Deciding = (shop: ShopMessage) => ShopAnswer | Promise<ShopAnswer>;

export interface TestDesk extends AcceptanceDesk {
  /** All that came, in its order. */
  readonly heard: ShopMessage[];
  decide: Deciding;
}

export const approve: Deciding = ({ message }) => {
  const amount = message.fields.get(4);
  return {
    outcome: message.mti.class === 'reversal' ? 'reversal_accepted' : 'approved',
    approved: message.mti.class === 'reversal' || typeof amount !== 'bigint' ? 0n : amount,
    approvalCode: message.mti.class === 'reversal' ? undefined : 'A12345',
    chip: [],
    fields: {},
  };
};

export function testDesk(decide: Deciding = approve): TestDesk {
  const desk: TestDesk = {
    heard: [],
    decide,
    async answer(shop) {
      desk.heard.push(shop);
      return desk.decide(shop);
    },
  };
  return desk;
}

export interface HostRig {
  readonly r: Rig;
  readonly desk: TestDesk;
  readonly host: AcceptanceHost;
  /** Makes a link, and takes it up. */
  // biome-ignore lint/suspicious/noExplicitAny: as the API answers
  link(order?: Record<string, unknown>): Promise<any>;
  /** A shop's end of it. */
  connect(options?: Partial<IsoLinkOptions>): IsoLink;
  close(): Promise<void>;
}

export async function hostRig(more: Partial<ServerOptions> = {}, desk = testDesk()): Promise<HostRig> {
  const r = await rig({ isoPort: 0, desk, ...more });
  const host = hostOf(r);
  const lines: IsoLink[] = [];
  return {
    ...{ r, desk, host },
    async link(order = {}) {
      const made = await r.api.make('/v1/acquirer-connections', {
        name: 'Main',
        profile: '1987-ascii',
        ...order,
      });
      await host.reload();
      return made;
    },
    connect(options = {}) {
      const line = new IsoLink({
        host: '127.0.0.1',
        port: host.port,
        profile: ASCII,
        timeoutMs: 20_000,
        ...options,
      });
      lines.push(line);
      return line;
    },
    async close() {
      for (const line of lines) line.close();
      await r.close();
    },
  };
}

export function hostOf(r: Rig): AcceptanceHost {
  const { acceptance } = r.server;
  if (acceptance === undefined) throw new Error('the server has a host');
  return acceptance;
}

let number = 0;
export const nextStan = (): string => (++number % 1_000_000).toString().padStart(6, '0');

/** A purchase of 1987, as plain terminals send it. */
export const purchase = (more: Record<number, IsoValue> = {}, mti = '0200'): IsoMessage =>
  isoMessage(mti, {
    2: '4761739001010010',
    3: '000000',
    4: 1_000n,
    7: '1123040000',
    11: nextStan(),
    12: '130000',
    13: '1123',
    22: '051',
    25: '00',
    32: '123456',
    41: 'TERM0001',
    42: 'SHOP00000000001',
    49: '392',
    ...more,
  });

export const codeOf = (message: IsoMessage): string | undefined => textOf(message, 39);
export const keyOf = (shop: ShopMessage): string => isoMatchingKey(shop.profile, shop.message);

/** A promise, and its ends. */
export function gate<T = void>() {
  let open: (value: T) => void = () => undefined;
  const passed = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** Waits for what comes about by itself. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 10));
}

export interface RawPeer {
  readonly socket: Socket;
  /** Of each answer, without its length. */
  readonly octets: Uint8Array[];
  readonly answers: IsoMessage[];
  readonly closed: Promise<void>;
}

/** A peer that sends octets as they are, and reads answers. */
export function rawPeer(port: number, profile: IsoProfile = ASCII): RawPeer {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const framer = new IsoFramer(profile.framing);
  const answers: IsoMessage[] = [];
  const octets: Uint8Array[] = [];
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    for (const message of framer.push(chunk).messages) {
      octets.push(message);
      answers.push(decodeIso(profile, message));
    }
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.on('end', () => socket.end());
  });
  return { socket, octets, answers, closed };
}
