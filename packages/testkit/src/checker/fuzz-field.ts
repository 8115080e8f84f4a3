/**
 * What the fuzzer plays on: two cards that hold value, have paid each other and in a shop, and a blank one, at several
 * moments of their lives, with the commands that belong there.
 *
 * What must hold: no command holds a message from a future of its stage; exactly one Grant, or none, ever settles the
 * approval, because those that do have one number.
 */
import { type Card, inMemoryNvm } from '@sokkin/card';
import { type Bytes, command, concat, decodeTlvs, encodeCommand } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import { CLA, headAfter, INS, OBJECT, object, PURSE_AID, parseGrant, READOUT } from '@sokkin/purse';
import {
  blockOf,
  creditRequest,
  grantFor,
  type LivingCard,
  makeActiveCard,
  makeWorld,
  only,
  PIN,
  payRequest,
  personaliseCard,
  readStatement,
  say,
  selectPurse,
  settleRequest,
  storeData,
  ticketRequest,
  type World,
  ZERO_NONCE,
} from '../world.ts';
import { FIRST_PURSE } from './key.ts';
import { realMachinery } from './machinery.ts';
import { APPROVED, loadPaymentApplication, UNABLE } from './payment-card.ts';
import { SELECT_PURSE } from './session.ts';
import { symbolicCrypto } from './symbolic-crypto.ts';
import { type Sale, TERMINAL } from './tap.ts';

const PROFILE = { cells: 20, tickets: 3, outgoing: 3, pinTries: 3, history: 2 };
const SALE: Sale = { name: 's1', amount: 4n, number: 1 };

/** Memories of payer, payee and blank card at one moment. */
export type Stage = readonly [Bytes, Bytes, Bytes];

/** Commands that make sense one after the other. */
export type Script = readonly Bytes[];

export interface Field {
  readonly world: World;
  readonly stages: readonly Stage[];
  /** By stage: the commands that could be sent by then. None has a message from the future in it. */
  readonly corpora: readonly (readonly Bytes[])[];
  /** By stage: transactions with their real beginning, of which the fuzzer changes the end. */
  readonly scripts: readonly (readonly Script[])[];
  readonly total: bigint;
  /** The Grant after which this much has left the cards for a shop. */
  readonly clearing: { readonly grantHash: Bytes; readonly amount: bigint };
}

/** A card with value that can pay a purse and in a shop. */
async function makeShopper(world: World, index: number, balance: bigint): Promise<LivingCard> {
  const living = await makeActiveCard(world, FIRST_PURSE + index, { profile: PROFILE, balance });
  await loadPaymentApplication(living.nvm, index);
  const { card } = await realMachinery.open(living.nvm, world.crypto);
  await selectPurse(card);
  return { ...living, card };
}

/** Two cards with a history, at several moments of it, and every command that was or could be sent to them. */
export async function makeField(): Promise<Field> {
  const world = await makeWorld(symbolicCrypto());
  const payer = await makeShopper(world, 0, 100n);
  const payee = await makeShopper(world, 1, 50n);
  const blank = inMemoryNvm(payer.nvm.size);
  await realMachinery.create(blank, world.crypto, PROFILE);
  const corpus: { since: number; bytes: Bytes }[] = [];
  const stages: Stage[] = [];
  const add = (...commands: Bytes[]) => {
    for (const bytes of commands) corpus.push({ since: stages.length - 1, bytes });
  };
  const keep = () => stages.push([payer.nvm.snapshot(), payee.nvm.snapshot(), blank.snapshot()]);
  const send = async (card: Card, ins: number, data: Bytes): Promise<Bytes> => {
    add(fuzzApdu(CLA.purse, ins, 0, 0, data));
    return only(await say(card, ins, data));
  };
  keep();
  const tickets: Bytes[] = [];
  for (const n of [1, 2]) tickets.push(await send(payee.card, INS.issueTicket, ticketRequest(20n, n)));
  const [first = new Uint8Array(0), second = first] = tickets;
  keep();
  const payment = await send(payer.card, INS.pay, payRequest(payee.certificate, first, 7n));
  const other = await send(payer.card, INS.pay, payRequest(payee.certificate, second, 5n));
  keep();
  const receipt = await send(payee.card, INS.credit, creditRequest(payer.certificate, payment));
  const cancelled = await send(payee.card, INS.cancel, creditRequest(payer.certificate, other));
  keep();
  for (const word of [receipt, cancelled]) {
    add(fuzzApdu(CLA.purse, INS.settle, 0, 0, settleRequest(payee.certificate, word)));
    add(fuzzApdu(CLA.purse, INS.settle, 0, 0, object('receipt', word)));
  }
  for (const apdu of [TERMINAL.select, TERMINAL.begin, TERMINAL.firstAc(SALE, 'tc')])
    await payer.card.transmit(apdu);
  await selectPurse(payer.card);
  keep();
  for (const card of [payer.card, payee.card]) {
    add(fuzzApdu(CLA.purse, INS.applyGrant, 0, 0, await grantFor(world, await readStatement(card))));
  }
  const [clears, clearing] = await settling(world, payer.card, 'credited');
  const [cancels] = await settling(world, payer.card, 'cancelled');
  const settles = [clears, cancels].map((grant): Script => [SELECT_PURSE, grant]);
  const scripts = stages.map((_, i) => (i < stages.length - 1 ? TAPS : [...TAPS, ...settles]));
  const plain = [...(await plainCommands(world, payer.certificate)), ...TERMINAL_COMMANDS];
  const corpora = stages.map((_, i) => [...plain, ...corpus.filter((c) => c.since <= i).map((c) => c.bytes)]);
  return { world, stages, corpora, scripts, total: 150n, clearing };
}

/** APPLY GRANT that says what became of the approval that the card made last, and what that amounts to. */
async function settling(
  world: World,
  card: Card,
  outcome: 'credited' | 'cancelled',
): Promise<[Bytes, Field['clearing']]> {
  const at = await readStatement(card);
  const data = await grantFor(world, at, { resolutions: [{ paymentNo: at.seq, outcome }] });
  const message = decodeTlvs(data).find((t) => t.tag === OBJECT.grant)?.value ?? new Uint8Array(0);
  const clearing = { grantHash: headAfter(parseGrant(message).body), amount: SALE.amount };
  return [fuzzApdu(CLA.purse, INS.applyGrant, 0, 0, data), clearing];
}

const ASKED = [TERMINAL.select, TERMINAL.begin, TERMINAL.firstAc(SALE, 'arqc')];
const TAPS: readonly Script[] = [
  [TERMINAL.select, TERMINAL.begin],
  [TERMINAL.select, TERMINAL.begin, TERMINAL.firstAc(SALE, 'tc')],
  [TERMINAL.select, TERMINAL.begin, TERMINAL.recoverAc(SALE)],
  ASKED,
  [...ASKED, TERMINAL.secondAc(UNABLE)],
  [...ASKED, TERMINAL.secondAc(APPROVED, new Uint8Array(10))],
  [...ASKED, fuzzApdu(CLA.purse | 0x0c, 0xda, 0x9f, 0x14, new Uint8Array(9))],
];

/** What a terminal may say, in no order. */
const TERMINAL_COMMANDS: readonly Bytes[] = [
  ...TAPS.flat(),
  TERMINAL.firstAc(SALE, 'aac'),
  fuzzApdu(CLA.interindustry, 0xb2, 1, 0x0c, new Uint8Array(0)),
  fuzzApdu(CLA.interindustry, 0x82, 0, 0, new Uint8Array(10)),
  ...[0x9f36, 0x9f17, 0x9f50].map((tag) =>
    fuzzApdu(CLA.purse, INS.getData, tag >> 8, tag & 0xff, new Uint8Array(0)),
  ),
];

async function plainCommands(world: World, purse: Certificate): Promise<Bytes[]> {
  const number = (n: number) => object('number', Uint8Array.of(0, 0, 0, n));
  const numbers = [1, 5, 6, 7, 8, 9, 10].map(number);
  const other = await realMachinery.create(
    inMemoryNvm(realMachinery.memorySize(PROFILE)),
    world.crypto,
    PROFILE,
  );
  const certificate = await personaliseCard(world, other, 12);
  return [
    fuzzApdu(CLA.interindustry, INS.select, 4, 0, PURSE_AID),
    fuzzApdu(CLA.interindustry, INS.verify, 0, 0x80, blockOf(PIN)),
    fuzzApdu(CLA.interindustry, INS.verify, 0, 0x80, blockOf('9999')),
    fuzzApdu(CLA.interindustry, INS.changeReferenceData, 0, 0x80, concat(blockOf(PIN), blockOf(PIN))),
    fuzzApdu(CLA.interindustry, INS.getResponse, 0, 0, new Uint8Array(0)),
    fuzzApdu(CLA.purse, INS.generateKey, 0, 0, object('nonce', ZERO_NONCE)),
    fuzzApdu(CLA.purse, INS.statement, 0, 0, object('nonce', ZERO_NONCE)),
    fuzzApdu(CLA.purse, INS.storeData, 0, 0, storeData(world, certificate)),
    fuzzApdu(CLA.purse, INS.storeData, 0, 0, storeData(world, purse)),
    ...numbers.flatMap((data) =>
      [INS.voidTicket, INS.reissue, INS.readJournal].map((ins) => fuzzApdu(CLA.purse, ins, 0, 0, data)),
    ),
    ...Object.values(READOUT).map((tag) =>
      fuzzApdu(CLA.purse, INS.getData, tag >> 8, tag & 0xff, new Uint8Array(0)),
    ),
  ];
}

export function fuzzApdu(cla: number, ins: number, p1: number, p2: number, data: Bytes): Bytes {
  return encodeCommand(command(cla, ins, p1, p2, data, 256));
}
