/**
 * Real cards and a real server for tests: what a phone would do, over raw APDUs and over HTTP.
 * What must hold: nothing here knows the inside of the server; it is the API's first client.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Card, cardMemorySize, createCard, inMemoryNvm, openCard, openStore } from '@sokkin/card';
import {
  amountBytes,
  type Bytes,
  command,
  concat,
  decodeResponse,
  decodeTlvs,
  encodeCommand,
  fromHex,
  hex,
  SW,
  u32,
} from '@sokkin/codec';
import { parseCertificate, sha256 } from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import {
  approve,
  CLA,
  credit,
  encodePayment,
  INS,
  type Instruction,
  OBJECT,
  object,
  PURSE_AID,
  parseSummary,
  pinBlock,
  READOUT,
  replaceCell,
  SIGNATURE_LENGTH,
  type Summary,
  statusOfSw,
} from '@sokkin/purse';
import { quickFolder } from '../../../tests/quick-folder.ts';
import { createServer, type KeyConfig, type Server, type ServerOptions } from '../src/index.ts';
import { testDatabase } from '../src/postgres/test-database.ts';

export const crypto = nodeCrypto();
/** SOKKIN_TEST_LOG=1 shows what the server logs. */
const LOG_LEVEL = process.env.SOKKIN_TEST_LOG ? ('warn' as const) : ('silent' as const);

/** As every sandbox has them, but quick to open: other servers on the same folder need not be told. */
export const TEST_KEYS: KeyConfig = {
  kind: 'file',
  passphrase: undefined,
  isLive: false,
  scryptCost: 1 << 10,
};

export interface Rig {
  readonly server: Server;
  /** As the sandbox's first client, who may do everything. */
  readonly api: Api;
  /** As its second, who approves what the first proposed. */
  readonly second: Api;
  /** As another client; undefined: as nobody. */
  as(client: Credentials | undefined): Api;
  /** Another server on the same data, as the first client. */
  over(server: Server): Api;
  readonly databaseUrl: string;
  readonly dataFolder: string;
  /** Moves the server's clock. */
  advance(ms: number): void;
  /** Stops the server and starts it again on the same data. */
  restart(): Promise<Rig>;
  close(): Promise<void>;
}

export async function rig(more: Partial<ServerOptions> = {}): Promise<Rig> {
  const database = await testDatabase();
  const dataFolder = await mkdtemp(join(quickFolder(), 'sokkin-server-'));
  let offset = 0;
  const clock = () => new Date(Date.now() + offset);
  const start = () =>
    createServer({
      databaseUrl: database.url,
      dataFolder,
      clock,
      keyStore: TEST_KEYS,
      logLevel: LOG_LEVEL,
      ...more,
    });
  const over = (server: Server): Rig => ({
    server,
    ...bothOf((name) => apiOf(server, sandboxClient(dataFolder, name))),
    as: (client) => apiOf(server, client),
    over: (other) => bothOf((name) => apiOf(other, sandboxClient(dataFolder, name))).api,
    databaseUrl: database.url,
    dataFolder,
    advance: (ms) => {
      offset += ms;
    },
    async restart() {
      await server.close();
      return over(await start());
    },
    async close() {
      await server.close();
      await database.drop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  });
  return over(await start());
}

/** The sandbox's two clients: the second approves what the first proposes. */
export function bothOf(make: (name: 'first' | 'second') => Api): { readonly api: Api; readonly second: Api } {
  const second = make('second');
  return { api: { ...make('first'), approver: second }, second };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export interface Credentials {
  readonly client_id: string;
  readonly client_secret: string;
}

/** What the server wrote at its first start. */
export function sandboxClient(dataFolder: string, name: 'first' | 'second'): Credentials {
  const text = readFileSync(join(dataFolder, 'credentials.json'), 'utf8');
  return (JSON.parse(text) as { clients: Record<'first' | 'second', Credentials> }).clients[name];
}

export interface Api {
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: object, headers?: Record<string, string>): Promise<Answer>;
  /** A POST that must succeed, with a fresh key. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  make(path: string, body?: object): Promise<any>;
  /** Somebody else, who approves what this one proposes. */
  readonly approver?: Api | undefined;
  /** The Authorization header that goes with each request. */
  authorization(): Promise<Record<string, string>>;
}

let keys = 0;
export const freshKey = (): string => `test-${process.pid}-${keys++}-${Math.random().toString(16).slice(2)}`;

function apiOf(server: Server, client: Credentials | undefined): Api {
  return apiOver(client, async (method, url, body, headers) => {
    const payload = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const sent = await server.app.inject({
      method,
      url,
      ...(payload === undefined ? {} : { payload }),
      headers: { ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    });
    return { status: sent.statusCode, headers: sent.headers, text: sent.body };
  });
}

/** A server in another process. */
export function httpApi(base: string, client: Credentials | undefined): Api {
  return apiOver(client, async (method, url, body, headers) => {
    const payload = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const sent = await fetch(base + url, {
      method,
      headers: { ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(payload === undefined ? {} : { body: payload }),
    });
    return { status: sent.status, headers: Object.fromEntries(sent.headers), text: await sent.text() };
  });
}

type Call = (
  method: 'GET' | 'POST',
  url: string,
  /** A string goes out as it is. */
  body?: object | string,
  headers?: Record<string, string>,
) => Promise<{ status: number; headers: Readonly<Record<string, unknown>>; text: string }>;

/** Gets a token when it needs one, and another when that one is not believed any more. */
function apiOver(client: Credentials | undefined, send: Call): Api {
  let token: Promise<string> | undefined;
  const bearer = async (): Promise<Record<string, string>> => {
    if (client === undefined) return {};
    token ??= tokenFor(client, send).catch((error: unknown) => {
      token = undefined;
      throw error;
    });
    return { authorization: `Bearer ${await token}` };
  };
  const call = async (...[method, url, body, headers]: Parameters<Call>): Promise<Answer> => {
    const once = async () => send(method, url, body, { ...(await bearer()), ...headers });
    let sent = await once();
    if (sent.status === 401 && client !== undefined) {
      token = undefined;
      sent = await once();
    }
    return {
      status: sent.status,
      headers: sent.headers,
      body: sent.text === '' ? undefined : parseJson(sent.text),
    };
  };
  const api: Api = {
    get: (path, headers) => call('GET', path, undefined, headers),
    post: (path, body, headers) => call('POST', path, body, headers),
    authorization: bearer,
    async make(path, body = {}) {
      const answer = await api.post(path, body, { 'idempotency-key': freshKey() });
      if (answer.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
  };
  return api;
}

async function tokenFor(client: Credentials, send: Call): Promise<string> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...client }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const { status, text } = await send('POST', '/v1/oauth/token', form, headers);
  if (status !== 200) throw new Error(`No token for ${client.client_id}: ${text}`);
  return (JSON.parse(text) as { access_token: string }).access_token;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A card in a phone's hand. */
export interface Purse {
  readonly id: string;
  readonly account: string;
  readonly certificate: Bytes;
  readonly issuer: Bytes;
  send(ins: Instruction, data?: Bytes): Promise<Reply>;
  ok(ins: Instruction, data?: Bytes): Promise<Bytes>;
  summary(): Promise<Summary>;
  /** Enters a PIN; the status word. */
  verify(digits: string): Promise<number>;
  /** A TC leaves the card, as if its payment applet had approved offline. The status, and the approval's number. */
  approve(amount: bigint): Promise<{ readonly status: string; readonly approvalNo: number }>;
  /** What a broken element does: it credits itself what it says that `payer` paid on its ticket. */
  mint(payer: Bytes, payment: { ticketNo: number; amount: bigint; paymentNo: number }): Promise<void>;
  /** Copies the memory as it is now: a clone, or a backup for a roll-back. */
  clone(): Promise<Purse>;
}
export interface Reply {
  readonly status: string;
  /** The value of the one object in the answer. */
  readonly value: Bytes;
  readonly data: Bytes;
}

export const PIN = '1234';
const ENTRIES: ReadonlySet<number> = new Set([OBJECT.entry]);

/** The purse of a card that is on, and selected. */
export function handle(
  firstCard: Card,
  nvm: ReturnType<typeof inMemoryNvm>,
  rest: Pick<Purse, 'id' | 'account' | 'certificate' | 'issuer'>,
): Purse {
  let card = firstCard;
  const purse: Purse = {
    ...rest,
    async send(ins, data) {
      const apdu = encodeCommand(command(CLA.purse, INS[ins], 0, 0, data, 65536));
      const response = decodeResponse(await card.transmit(apdu));
      const [first] = response.data.length === 0 ? [] : decodeTlvs(response.data, { repeatable: ENTRIES });
      return {
        status: statusOfSw(response.sw) ?? response.sw.toString(16),
        value: first?.value ?? new Uint8Array(0),
        data: response.data,
      };
    },
    async ok(ins, data) {
      const reply = await purse.send(ins, data);
      if (reply.status !== 'ok') throw new Error(`${ins}: ${reply.status}`);
      return reply.value;
    },
    async summary() {
      const [p1, p2] = [READOUT.summary >> 8, READOUT.summary & 0xff];
      const apdu = encodeCommand(command(CLA.purse, INS.getData, p1, p2, undefined, 65536));
      const response = decodeResponse(await card.transmit(apdu));
      const [first] = decodeTlvs(response.data);
      if (first === undefined) throw new Error('no summary');
      return parseSummary(first.value);
    },
    async verify(digits) {
      const apdu = encodeCommand(command(CLA.interindustry, INS.verify, 0, 0x80, pinBlock(digits)));
      return decodeResponse(await card.transmit(apdu)).sw;
    },
    async approve(amount) {
      const store = await openStore(nvm);
      if (store === undefined) throw new Error('the card was never finished');
      const { state } = store;
      const atc = state.seq;
      const cryptogram = concat(new Uint8Array(4), u32(atc));
      const request = { currency: 0x0392, amount, holderVerified: true, atc, cryptogram };
      const step = approve(state, request);
      if (step.status !== 'ok') return { status: step.status, approvalNo: 0 };
      await store.commit(step.state);
      card = await openCard({ nvm, crypto });
      await select(card);
      return { status: 'ok', approvalNo: step.state.seq };
    },
    async mint(payer, { ticketNo, amount, paymentNo }) {
      const store = await openStore(nvm);
      if (store === undefined) throw new Error('the card was never finished');
      const paying = parseCertificate(payer);
      const payment = {
        ...{ purse: paying.subjectRef, seq: paymentNo, link: new Uint8Array(32), currency: 0x0392, amount },
        ...{ payee: parseCertificate(rest.certificate).subjectRef, ticketNo },
      };
      const made = {
        payment,
        paymentHash: sha256(encodePayment(payment)),
        payer: paying,
        payerExpired: false,
      };
      const step = credit(store.state, made);
      if (step.status !== 'ok' || step.answer.kind !== 'entry') throw new Error(`mint: ${step.status}`);
      const cell = step.state.cells[step.answer.index];
      if (cell === undefined) throw new Error('a step writes its cell');
      const signed = { ...cell, signature: new Uint8Array(SIGNATURE_LENGTH) };
      await store.commit(replaceCell(step.state, step.answer.index, signed));
      card = await openCard({ nvm, crypto });
      await select(card);
    },
    async clone() {
      const memory = inMemoryNvm(nvm.size);
      await memory.write(0, await nvm.read(0, nvm.size));
      const copy = await openCard({ nvm: memory, crypto });
      await select(copy);
      return handle(copy, memory, rest);
    },
  };
  return purse;
}

export async function select(card: Card): Promise<void> {
  await card.transmit(encodeCommand(command(CLA.interindustry, INS.select, 4, 0, PURSE_AID, 256)));
}

export async function nonce(api: Api): Promise<string> {
  return (await api.make('/v1/challenges')).nonce;
}

/** A personalised, activated card on an account of its own. */
export async function newPurse(
  api: Api,
  options: { assurance?: string; account?: string; device?: string; tier?: number; sync?: boolean } = {},
): Promise<Purse> {
  const nvm = inMemoryNvm(cardMemorySize());
  const card = await createCard({ nvm, crypto });
  await select(card);
  const bare = handle(card, nvm, {
    id: '',
    account: '',
    certificate: new Uint8Array(0),
    issuer: new Uint8Array(0),
  });
  const account = options.account ?? (await api.make('/v1/accounts', { name: 'Test' })).id;
  const enrolment = await bare.ok('generateKey', object('nonce', fromHex(await nonce(api))));
  const { id, certificates } = await api.make('/v1/purses', {
    account,
    assurance: options.assurance ?? 'secure_element',
    ...(options.device === undefined ? {} : { device: options.device }),
    ...(options.tier === undefined ? {} : { tier: options.tier }),
    enrolment: hex(enrolment),
  });
  const pin = pinBlock(PIN);
  if (pin === undefined) throw new Error('bad PIN');
  await bare.ok(
    'storeData',
    concat(
      object('root', fromHex(certificates.root)),
      object('issuer', fromHex(certificates.issuer)),
      object('purse', fromHex(certificates.purse)),
      object('pinBlock', pin),
    ),
  );
  const purse = handle(card, nvm, {
    id,
    account,
    certificate: fromHex(certificates.purse),
    issuer: fromHex(certificates.issuer),
  });
  if (options.sync !== false) await sync(api, purse);
  return purse;
}

export async function readJournal(purse: Purse): Promise<Bytes[]> {
  const bodies: Bytes[] = [];
  let after = 0;
  for (;;) {
    const reply = await purse.send('readJournal', object('number', u32(after)));
    if (reply.status !== 'ok') throw new Error(`readJournal: ${reply.status}`);
    if (reply.data.length === 0) return bodies;
    const page = decodeTlvs(reply.data, { repeatable: ENTRIES }).map((o) => o.value);
    bodies.push(...page);
    const last = page.at(-1);
    if (last === undefined) return bodies;
    // Header: type, version, suite, purse (8), seq (4).
    after = new DataView(last.buffer, last.byteOffset).getUint32(11);
  }
}

/** What a phone uploads at a sync. */
export async function upload(api: Api, purse: Purse) {
  const statement = await purse.ok('statement', object('nonce', fromHex(await nonce(api))));
  return { statement: hex(statement), entries: (await readJournal(purse)).map(hex) };
}

export async function applyGrant(
  purse: Purse,
  answer: { authority: string; grant: string },
): Promise<string> {
  const data = concat(object('authority', fromHex(answer.authority)), object('grant', fromHex(answer.grant)));
  return (await purse.send('applyGrant', data)).status;
}

/** A whole sync: Statement, journal, Grant. */
export async function sync(api: Api, purse: Purse, more: object = {}) {
  const answer = await api.make(`/v1/purses/${purse.id}/sync`, { ...(await upload(api, purse)), ...more });
  const status = await applyGrant(purse, answer);
  if (status !== 'ok') throw new Error(`applyGrant: ${status}`);
  return answer;
}

let references = 1;
export async function ticketOf(purse: Purse, max: bigint): Promise<Bytes> {
  const reference = concat(new Uint8Array(4), u32(references++));
  return purse.ok('issueTicket', concat(object('amount', amountBytes(max)), object('reference', reference)));
}

export const chainOf = (purse: Purse) => ({ purse: hex(purse.certificate), issuer: hex(purse.issuer) });

/** Verifies the PIN, so that amounts above the limit without it can be paid. */
export async function enterPin(purse: Purse, card: (apdu: Bytes) => Promise<Bytes>): Promise<void> {
  const pin = pinBlock(PIN);
  const reply = decodeResponse(await card(encodeCommand(command(0, INS.verify, 0, 0x80, pin))));
  if (reply.sw !== SW.ok) throw new Error(`PIN of ${purse.id}: ${reply.sw.toString(16)}`);
}

/** The payer's purse pays on a ticket of a purse (or of the issuer) with this certificate. */
export async function payOn(payer: Purse, certificate: Bytes, ticket: Bytes, amount: bigint): Promise<Bytes> {
  return payer.ok(
    'pay',
    concat(object('purse', certificate), object('ticket', ticket), object('amount', amountBytes(amount))),
  );
}

/** The payee's purse takes a Payment, and gives its Receipt. */
export const creditBy = (payee: Purse, certificate: Bytes, payment: Bytes): Promise<Bytes> =>
  payee.ok('credit', concat(object('purse', certificate), object('payment', payment)));

export const settleBy = (payer: Purse, certificate: Bytes, receipt: Bytes): Promise<Bytes> =>
  payer.ok('settle', concat(object('purse', certificate), object('receipt', receipt)));

/** Offline, from one purse to another, all three messages. */
export async function payOffline(payer: Purse, payee: Purse, amount: bigint): Promise<Bytes> {
  const ticket = await ticketOf(payee, amount);
  const payment = await payOn(payer, payee.certificate, ticket, amount);
  const receipt = await creditBy(payee, payer.certificate, payment);
  await settleBy(payer, payee.certificate, receipt);
  return payment;
}

/** Proposes, and has somebody else approve. What the proposing answered. */
export async function agreed(api: Api, path: string, body: object) {
  const made = await api.make(path, body);
  if (api.approver === undefined) throw new Error('nobody is there to approve');
  await api.approver.make(`/v1/proposals/${made.proposal}/approve`);
  return made;
}

export const issueTo = (api: Api, account: string, amount: bigint) =>
  agreed(api, '/v1/issuances', { account, amount: amount.toString(), currency: 'JPY' });

/** Issues to the purse's account and funds the purse. */
export async function fundPurse(api: Api, purse: Purse, amount: bigint) {
  await issueTo(api, purse.account, amount);
  return fundFrom(api, purse, amount);
}

/** Pays from its account into the purse. */
export async function fundFrom(api: Pick<Api, 'make'>, purse: Purse, amount: bigint) {
  const ticket = await ticketOf(purse, amount);
  const funding = await api.make('/v1/fundings', {
    account: purse.account,
    ticket: hex(ticket),
    payee: chainOf(purse),
    amount: amount.toString(),
  });
  const receipt = await creditBy(purse, fromHex(funding.payer.purse), fromHex(funding.payment));
  return api.make(`/v1/fundings/${funding.id}/receipt`, { receipt: hex(receipt) });
}

/** Pays from the purse into its account. */
export async function redeem(api: Api, purse: Purse, amount: bigint) {
  const redemption = await api.make('/v1/redemptions', {
    account: purse.account,
    purse: purse.id,
    max_amount: amount.toString(),
  });
  const issuerPurse = fromHex(redemption.payee.purse);
  const payment = await payOn(purse, issuerPurse, fromHex(redemption.ticket), amount);
  const answer = await api.make(`/v1/redemptions/${redemption.id}/payment`, {
    payment: hex(payment),
    payer: chainOf(purse),
  });
  await settleBy(purse, issuerPurse, fromHex(answer.receipt));
  return answer;
}
