/** Purses that write what they are told (packages/testkit), at a real server: enrolled, and their uploads. */
import { type Bytes, fromHex, hex } from '@sokkin/codec';
import { encodeUploads } from '@sokkin/purse';
import { ScriptedPurse } from '@sokkin/testkit/scripted-purse';
import { expect } from 'vitest';
import { type Api, crypto, nonce } from './kit.ts';

/** Enrolled and activated, on this account. */
export async function scripted(api: Api, account: string): Promise<ScriptedPurse> {
  const key = crypto.generateKey();
  const enrolment = await ScriptedPurse.enrolment(crypto, key, fromHex(await nonce(api)));
  const made = await api.make('/v1/purses', {
    account,
    assurance: 'secure_element',
    enrolment: hex(enrolment),
  });
  const purse = ScriptedPurse.born(crypto, key, fromHex(made.purse), fromHex(made.certificates.purse));
  await accept(api, purse);
  return purse;
}

export const bodyOf = async (api: Api, purse: ScriptedPurse, entries: readonly Bytes[] = purse.entries) => ({
  statement: hex(await purse.statement(fromHex(await nonce(api)))),
  entries: entries.map(hex),
});
export const send = (api: Api, purse: ScriptedPurse, body: object) =>
  api.post(`/v1/purses/${purse.name}/sync`, body);

/** Uploads all that is new, and applies the Grant. */
export async function accept(api: Api, purse: ScriptedPurse): Promise<void> {
  const answer = await send(api, purse, await bodyOf(api, purse));
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  purse.drop();
  purse.apply(fromHex(answer.body.grant));
}

export const newAccount = async (api: Api): Promise<string> =>
  (await api.make('/v1/accounts', { name: 'T' })).id;
export const alertsOf = async (api: Api) =>
  (await api.get('/v1/alerts')).body.data.map((a: { kind: string }) => a.kind);
export const journal = async (api: Api, purse: ScriptedPurse, cursor = 0, limit = 100) =>
  (await api.get(`/v1/purses/${purse.name}/journal?limit=${limit}&cursor=${cursor}`)).body.data;

/** The payer pays the payee this often, and both close it. */
export function trade(payer: ScriptedPurse, payee: ScriptedPurse, times: number): void {
  for (let i = 0; i < times; i++) {
    const sent = payer.pay(payee.id, payee.ticket(5n), 5n);
    payee.receive(sent);
    payer.settle(sent.paymentNo, 'credited');
  }
}

/** Money out of nothing: what the back-end is here asked about is journals. */
export function enrich(purse: ScriptedPurse, amount: bigint): void {
  purse.invent(fromHex('00000000000000aa'), 1, purse.ticket(amount), amount);
}

/** The packed body of some purses' uploads. */
export async function packed(api: Api, purses: readonly ScriptedPurse[]): Promise<Bytes> {
  const uploads = [];
  for (const purse of purses) {
    const statement = await purse.statement(fromHex(await nonce(api)));
    uploads.push({ purse: purse.id, statement, entries: purse.entries, payments: [], receipts: [] });
  }
  return encodeUploads(uploads);
}
