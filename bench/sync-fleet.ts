/**
 * A made-up fleet for area `sync`: purses that are enrolled and funded through the API, and that then pay each other in a ring
 * offline. What must hold: every upload is one that real purses would make; the server proves and stores all of it.
 */
import { Agent, request } from 'node:http';
import { type Bytes, fromHex, hex } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import { type CarriedMessage, encodeUploads, parsePayment, UPLOADS_TYPE } from '@sokkin/purse';
import { ScriptedPurse } from '@sokkin/testkit/scripted-purse';

const crypto = nodeCrypto();
/** What each purse is funded with. */
const FUNDS = 1_000n;

/** A client that costs the machine little beside the server. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });

  constructor(
    readonly port: number,
    readonly token: string,
  ) {}

  post<T>(path: string, body: object | Bytes, key?: string): Promise<T> {
    const isPacked = body instanceof Uint8Array;
    const payload = isPacked ? body : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${this.token}`,
      'content-type': isPacked ? UPLOADS_TYPE : 'application/json',
      'content-length': Buffer.byteLength(payload),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    };
    return new Promise((resolve, reject) => {
      const { port } = this;
      const asked = request({ port, path, method: 'POST', headers, agent: this.#agent }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString();
          if (answer.statusCode !== undefined && answer.statusCode < 300) resolve(JSON.parse(text) as T);
          else reject(new Error(`POST ${path}: ${answer.statusCode} ${text.slice(0, 300)}`));
        });
      });
      asked.on('error', reject);
      asked.end(payload);
    });
  }

  make<T>(path: string, body: object): Promise<T> {
    return this.post(path, body, globalThis.crypto.randomUUID());
  }

  close(): void {
    this.#agent.destroy();
  }
}

export interface Member {
  readonly purse: ScriptedPurse;
  readonly certificate: Bytes;
}

interface Made {
  readonly purse: string;
  readonly certificates: { readonly issuer: string; readonly purse: string };
}
interface Funding {
  readonly id: string;
  readonly payment: string;
}
interface Answers {
  readonly refused: number;
  readonly results: readonly { readonly status: string; readonly grant?: string; readonly detail?: string }[];
}

/** In order, so many at a time. */
export async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>) {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

export async function nonces(client: Client, count: number): Promise<Bytes[]> {
  const all: Bytes[] = [];
  while (all.length < count) {
    const asked = Math.min(256, count - all.length);
    const answer = await client.post<{ nonces: readonly string[] }>('/v1/challenges', { count: asked });
    all.push(...answer.nonces.map(fromHex));
  }
  return all;
}

/** Enrolled, activated, and funded from this account. */
export async function makeFleet(client: Client, account: string, count: number): Promise<Member[]> {
  const fresh = await nonces(client, count);
  const fleet: Member[] = [];
  let issuer = '';
  await inParallel(fresh, 8, async (nonce) => {
    const key = crypto.generateKey();
    const enrolment = hex(await ScriptedPurse.enrolment(crypto, key, nonce));
    const wish = { account, assurance: 'secure_element', enrolment };
    const made = await client.make<Made>('/v1/purses', wish);
    const certificate = fromHex(made.certificates.purse);
    issuer = made.certificates.issuer;
    fleet.push({ purse: ScriptedPurse.born(crypto, key, fromHex(made.purse), certificate), certificate });
  });
  await uploadAll(client, await packRound(client, fleet, 32));
  await inParallel(fleet, 8, async ({ purse, certificate }) => {
    const ticketNo = purse.ticket(FUNDS);
    const ticket = hex(await purse.signed(purse.entries.at(-1) ?? new Uint8Array(0)));
    const payee = { purse: hex(certificate), issuer };
    const wish = { account, ticket, payee, amount: FUNDS.toString() };
    const funding = await client.make<Funding>('/v1/fundings', wish);
    const { fields, body } = parsePayment(fromHex(funding.payment));
    const paymentHash = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', Buffer.from(body)));
    purse.receive({ payer: fields.purse, paymentNo: fields.seq, paymentHash, ticketNo, amount: FUNDS });
    const receipt = hex(await purse.signed(purse.entries.at(-1) ?? new Uint8Array(0)));
    await client.make(`/v1/fundings/${funding.id}/receipt`, { receipt });
  });
  await uploadAll(client, await packRound(client, fleet, 32));
  return fleet;
}

/** Everybody pays the next one this often; both sides close it. */
export function ringRound(fleet: readonly Member[], payments: number): void {
  for (let n = 0; n < payments; n++) {
    for (const [i, { purse: payer }] of fleet.entries()) {
      const payee = fleet[(i + 1) % fleet.length]?.purse;
      if (payee === undefined) throw new Error('Bug: a ring has no end');
      const sent = payer.pay(payee.id, payee.ticket(1n), 1n);
      payee.receive(sent);
      payer.settle(sent.paymentNo, 'credited');
    }
  }
}

/** As many payers pay as many payees; what each payee can show of it, by payee. */
export async function strangersPay(
  payers: readonly Member[],
  payees: readonly Member[],
  payments: number,
): Promise<ReadonlyMap<Member, readonly CarriedMessage[]>> {
  const shown = new Map<Member, CarriedMessage[]>();
  for (const [i, payee] of payees.entries()) {
    const payer = payers[i];
    if (payer === undefined) throw new Error('Bug: each payee has a payer');
    const signed: CarriedMessage[] = [];
    for (let n = 0; n < payments; n++) {
      const sent = payer.purse.pay(payee.purse.id, payee.purse.ticket(1n), 1n);
      const message = await payer.purse.signed(payer.purse.entries.at(-1) ?? new Uint8Array(0));
      signed.push({ message, purse: payer.certificate, issuer: undefined });
      payee.purse.receive(sent);
    }
    shown.set(payee, signed);
  }
  return shown;
}

/** The bodies of a round, and whose they are. */
export interface Packed {
  readonly body: Bytes;
  readonly members: readonly Member[];
}

export async function packRound(
  client: Client,
  fleet: readonly Member[],
  each: number,
  handed: (member: Member) => readonly CarriedMessage[] = () => [],
): Promise<Packed[]> {
  const fresh = await nonces(client, fleet.length);
  const packed: Packed[] = [];
  for (let at = 0; at < fleet.length; at += each) {
    const members = fleet.slice(at, at + each);
    const uploads = [];
    for (const [i, member] of members.entries()) {
      const { purse } = member;
      const statement = await purse.statement(fresh[at + i] ?? new Uint8Array(16));
      const payments = handed(member);
      uploads.push({ purse: purse.id, statement, entries: purse.drop(), payments, receipts: [] });
    }
    packed.push({ body: encodeUploads(uploads), members });
  }
  return packed;
}

/**
 * Seconds until the last answer is there. Every upload must be accepted. A purse may be in several bodies, one after the other; it applies
 * its newest Grant afterwards.
 */
export async function uploadAll(client: Client, packed: readonly Packed[], width = 8): Promise<number> {
  const grants = new Map<Member, string>();
  const began = performance.now();
  await inParallel(packed, width, async ({ body, members }) => {
    const answer = await client.post<Answers>('/v1/syncs/packed', body);
    if (answer.refused > 0)
      throw new Error(`Refused: ${JSON.stringify(answer.results.find((r) => r.detail))}`);
    for (const [i, member] of members.entries()) grants.set(member, answer.results[i]?.grant ?? '');
  });
  const seconds = (performance.now() - began) / 1000;
  for (const [{ purse }, grant] of grants) purse.apply(fromHex(grant));
  return seconds;
}
