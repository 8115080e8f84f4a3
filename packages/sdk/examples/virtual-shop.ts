/**
 * What stands in for the world around a terminal in the example and in the tests: cards in this process, an issuer that fits
 * on a page, a reader to which a program holds cards. The cards are the real card application over a memory.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Bytes, hex } from '@sokkin/codec';
import { caKeyChecksum } from '@sokkin/crypto';
import { readProfile } from '@sokkin/issuer';
import { nodeCrypto, nodeRsa, nodeSymmetric } from '@sokkin/node';
import { PURSE_AID } from '@sokkin/purse';
import type { AcceptanceStore, OnlinePort, QueueItem } from '@sokkin/sdk/acceptance';
import {
  type ApduTransport,
  cardLost,
  type HeldReader,
  heldReader,
  parseTerminalConfig,
  select,
  summary,
  type TerminalConfig,
  type Verifier,
} from '@sokkin/terminal';
import { type Bank, type FieldCard, fieldCard, makePaymentCard, type World } from '@sokkin/testkit';
import { makeActiveCard, TODAY } from '@sokkin/testkit/world';

const file = (name: string): string => readFileSync(createRequire(import.meta.url).resolve(name), 'utf8');
const profileFile = new URL('../../issuer/profiles/white-label.json', import.meta.url);

export interface VirtualShop {
  readonly config: TerminalConfig;
  readonly verifier: Verifier;
  /** The shop's own purse: empty. */
  readonly own: FieldCard;
  /** A purse of a customer that holds 10,000. */
  readonly customer: FieldCard;
  /** A payment card, whose purse holds 200,000. */
  readonly payment: FieldCard;
  readonly world: World;
  readonly bank: Bank;
  readonly field: HeldReader;
  readonly online: FakeOnline;
  readonly random: (length: number) => Bytes;
  readonly clock: () => number;
}

export async function openVirtualShop(): Promise<VirtualShop> {
  const crypto = nodeCrypto();
  const emv = { rsa: nodeRsa(), symmetric: nodeSymmetric() };
  const profile = readProfile(readFileSync(profileFile, 'utf8'));
  const { card: payment, world, bank } = await makePaymentCard(crypto, emv, profile, 200_000n);
  const [own, customer] = [
    await makeActiveCard(world, 801),
    await makeActiveCard(world, 802, { balance: 10_000n }),
  ];
  const trust = { root: world.root.certificate, knownIssuers: [world.issuer.certificate], epoch: TODAY };
  return {
    config: configFor(bank),
    verifier: { crypto, trust },
    own: fieldCard(own.nvm, crypto),
    customer: fieldCard(customer.nvm, crypto),
    ...{ payment, world, bank },
    field: heldReader(),
    online: fakeOnline(bank),
    random: (length) => crypto.randomBytes(length),
    clock: () => Date.parse('2026-11-22T00:30:00Z'),
  };
}

/** The example configuration with the key of the bank's authority. */
export function configFor({ issuer: { ca } }: Bank): TerminalConfig {
  const json = JSON.parse(file('@sokkin/terminal/config/example.json'));
  const key = { modulus: hex(ca.modulus), exponent: hex(ca.exponent), checksum: hex(caKeyChecksum(ca)) };
  json.caKeys = [{ rid: hex(ca.rid), index: hex(Uint8Array.of(ca.index)), ...key }];
  return parseTerminalConfig(json);
}

/** FAKE: no network. It checks cryptograms as a bank does, and keeps what it was sent. */
export interface FakeOnline extends OnlinePort {
  isUp: boolean;
  /** The next answer gets lost on its way. */
  losesAnswer: boolean;
  readonly asked: string[];
  readonly taken: QueueItem[];
}

export function fakeOnline(bank: Bank): FakeOnline {
  const online: FakeOnline = {
    isUp: true,
    losesAnswer: false,
    asked: [],
    taken: [],
    isReachable: () => online.isUp,
    async authorise({ sale, record }) {
      if (!online.isUp) throw new Error('no network');
      online.asked.push(sale);
      const { verdict } = bank.judge(record);
      if (online.losesAnswer) {
        online.losesAnswer = false;
        throw new Error('the answer got lost');
      }
      return verdict === 'genuine'
        ? { status: 'approved', approval: 'A00001' }
        : { status: 'declined', code: '05' };
    },
    async send(item) {
      if (!online.isUp) throw new Error('no network');
      online.taken.push(item);
      return 'taken';
    },
  };
  return online;
}

/** A card without the purse application, as others make them. */
export const emvOnly = (inner: ApduTransport): ApduTransport => ({
  ...inner,
  transmit: async (command) =>
    hex(command).includes(hex(PURSE_AID)) && command[1] === 0xa4
      ? Uint8Array.of(0x6a, 0x82)
      : inner.transmit(command),
});

/** The card leaves over its exchange number `at`, or over the first command that `at` names; `after`: it has worked it off. */
export function leaving(
  inner: ApduTransport,
  at: number | ((command: Bytes) => boolean),
  when: 'before' | 'after',
): ApduTransport {
  let [exchange, isLost] = [-1, false];
  return {
    extended: inner.extended,
    async transmit(command) {
      exchange += 1;
      if (isLost) throw cardLost();
      const isIt = typeof at === 'number' ? exchange === at : at(command);
      if (!isIt) return inner.transmit(command);
      isLost = true;
      if (when === 'after') await inner.transmit(command);
      throw cardLost();
    },
  };
}
export const isGenerateAc = (command: Bytes): boolean => command[1] === 0xae;

export async function balanceOf(card: FieldCard): Promise<bigint> {
  const purse = await card.tap();
  await select(purse);
  const found = await summary(purse);
  if (found.status !== 'ok') throw new Error('The purse tells no summary');
  return found.value.balance;
}

/** What is queued in a store, by kind. */
export const queued = async (store: AcceptanceStore): Promise<string[]> =>
  (await store.queue()).map(({ kind }) => kind).sort();
