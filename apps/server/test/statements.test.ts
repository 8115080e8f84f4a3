/** Statements, camt.053 and pacs.008: periods that fit together, and XML that stays XML whatever a memo says. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { agreed, freshKey, type Rig, rig } from './kit.ts';
import { assertShape, parseXml, type Shape, texts } from './xml.ts';

const MEMO = `</Ustrd><Ntry>&amp; "1" < '2' ]]> ☕ 茶 <!-- \\ %s`;
const HOUR = 3_600_000;

let r: Rig;
let [a, b]: [string, string] = ['', ''];
/** Moments between the entries of `a`. */
const moments: string[] = [];
beforeAll(async () => {
  r = await rig();
  a = (await r.api.make('/v1/accounts', { name: `Tea & <House> "'\uffff` })).id;
  b = (await r.api.make('/v1/accounts', { name: 'B' })).id;
  mark();
  await agreed(r.api, '/v1/issuances', { account: a, amount: '1000' });
  mark();
  for (const amount of ['1', '20', '300']) {
    await send({ from: a, to: b, amount, memo: MEMO, reference: `E2E-${amount}` });
    mark();
  }
});
afterAll(() => r.close());

function mark(): void {
  r.advance(HOUR);
  moments.push(r.server.backend.clock().toISOString());
  r.advance(HOUR);
}
const send = (body: object) => r.api.post('/v1/transfers', body, { 'idempotency-key': freshKey() });
const statement = async (from?: string, to?: string, more = '') => {
  const period = `${from === undefined ? '' : `&from=${from}`}${to === undefined ? '' : `&to=${to}`}`;
  const answer = await r.api.get(`/v1/accounts/${a}/statements?${`${period}${more}`.slice(1)}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
};

test('opening balance, entries, closing balance; periods follow each other without gap or overlap', async () => {
  const all = await statement();
  expect(all).toMatchObject({ opening_balance: '0', closing_balance: '679', account: a });
  expect(all.data.map((e: { amount: string }) => e.amount)).toEqual(['1000', '-1', '-20', '-300']);
  expect(all.data[1]).toMatchObject({ kind: 'transfer', memo: MEMO, end_to_end: 'E2E-1', counterpart: b });
  const seen: string[] = [];
  let balance = '0';
  for (const [i, from] of moments.entries()) {
    const part = await statement(from, moments[i + 1]);
    expect(part.opening_balance).toBe(balance);
    const sum = part.data.reduce((s: bigint, e: { amount: string }) => s + BigInt(e.amount), 0n);
    balance = (BigInt(balance) + sum).toString();
    expect(part.closing_balance).toBe(balance);
    seen.push(...part.data.map((e: { id: string }) => e.id));
  }
  expect(seen).toEqual(all.data.map((e: { id: string }) => e.id));
});

test('page by page it is the same', async () => {
  const ids: string[] = [];
  let cursor = '';
  do {
    const page = await statement(undefined, undefined, `&limit=3${cursor}`);
    expect(page.closing_balance).toBe('679');
    ids.push(...page.data.map((e: { id: string }) => e.id));
    cursor = page.has_more ? `&cursor=${page.next_cursor}` : '';
  } while (cursor !== '');
  expect(ids).toHaveLength(4);
  const outside = await statement(moments[1], moments[2], '&cursor=0');
  expect(outside.data.map((e: { amount: string }) => e.amount)).toEqual(['-1']);
});

test('periods that are none, and accounts that are not there', async () => {
  const path = `/v1/accounts/${a}/statements`;
  expect(await r.api.get(`${path}?from=${moments[1]}&to=${moments[0]}`)).toMatchObject({
    status: 400,
    body: { code: 'validation_failed', param: 'to' },
  });
  expect(await r.api.get(`${path}?from=yesterday`)).toMatchObject({ status: 400 });
  expect(await r.api.get('/v1/accounts/acc_nobody/statements')).toMatchObject({ status: 404 });
  expect(await r.api.get('/v1/accounts/acc_nobody/statements/camt.053')).toMatchObject({ status: 404 });
  expect(await r.api.get('/v1/transfers/trf_nobody/pacs.008')).toMatchObject({ status: 404 });
});

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ID35 = /^[\x21-\x7e]{1,35}$/;
const ACCOUNT = {
  Id: ['Othr'],
  'Id/Othr': ['Id'],
  Othr: ['Id'],
};
/** From the message definition of camt.053.001.08: of its elements, those that we write, in its order. */
const CAMT: Shape = {
  ...ACCOUNT,
  Document: ['BkToCstmrStmt'],
  BkToCstmrStmt: ['GrpHdr', 'Stmt'],
  GrpHdr: ['MsgId', 'CreDtTm'],
  Stmt: ['Id', 'CreDtTm', 'FrToDt', 'Acct', 'Bal*', 'Ntry*'],
  'Document/BkToCstmrStmt/Stmt/Id': ID35,
  'Document/BkToCstmrStmt/Stmt/Acct/Id/Othr/Id': /^acc_[0-9a-z_]{1,30}$/,
  ...{ MsgId: ID35, CreDtTm: TIME, FrDtTm: TIME, ToDtTm: TIME, DtTm: TIME },
  FrToDt: ['FrDtTm', 'ToDtTm'],
  Acct: ['Id', 'Ccy', 'Nm'],
  ...{ Ccy: /^JPY$/, Nm: /^.{1,70}$/su, Amt: /^\d{1,18}$/, CdtDbtInd: /^(CRDT|DBIT)$/, RvslInd: /^true$/ },
  Bal: ['Tp', 'Amt', 'CdtDbtInd', 'Dt'],
  ...{ Tp: ['CdOrPrtry'], CdOrPrtry: ['Cd'], Cd: /^[A-Za-z_]{1,35}$/, Dt: ['DtTm'] },
  Ntry: [
    ...[
      'NtryRef',
      'Amt',
      'CdtDbtInd',
      'RvslInd?',
      'Sts',
      'BookgDt',
      'ValDt',
      'AcctSvcrRef',
      'BkTxCd',
      'NtryDtls',
    ],
  ],
  ...{ NtryRef: ID35, Sts: ['Cd'], BookgDt: ['DtTm'], ValDt: ['DtTm'], AcctSvcrRef: ID35 },
  ...{ BkTxCd: ['Prtry'], Prtry: ['Cd'], NtryDtls: ['TxDtls'] },
  TxDtls: ['Refs', 'Amt', 'CdtDbtInd', 'RltdPties', 'RmtInf?'],
  ...{ Refs: ['AcctSvcrRef', 'EndToEndId'], EndToEndId: /^.{1,35}$/u, RltdPties: ['DbtrAcct', 'CdtrAcct'] },
  ...{ DbtrAcct: ['Id'], CdtrAcct: ['Id'], RmtInf: ['Ustrd'], Ustrd: /^.{1,140}$/su },
};
const SIDE = 'Document/BkToCstmrStmt/Stmt/Ntry/NtryDtls/TxDtls/RltdPties';
const CAMT_IDS: Shape = {
  ...CAMT,
  [`${SIDE}/DbtrAcct/Id/Othr/Id`]: /^acc_[0-9a-z_]{1,30}$/,
  [`${SIDE}/CdtrAcct/Id/Othr/Id`]: /^acc_[0-9a-z_]{1,30}$/,
};

test('camt.053: the elements of the message, in its order; a hostile memo comes back as it was', async () => {
  const answer = await r.api.get(`/v1/accounts/${a}/statements/camt.053?to=${moments.at(-1)}`);
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/xml; charset=utf-8' },
  });
  const root = parseXml(String(answer.body));
  expect(root.attributes).toEqual({ xmlns: 'urn:iso:std:iso:20022:tech:xsd:camt.053.001.08' });
  assertShape(CAMT_IDS, root);
  expect(texts(root, 'Ustrd')).toEqual([MEMO, MEMO, MEMO]);
  expect(texts(root, 'Nm')).toEqual([`Tea & <House> "'\ufffd`]);
  expect(texts(root, 'EndToEndId')).toEqual(['NOTPROVIDED', 'E2E-1', 'E2E-20', 'E2E-300']);
  const amounts = texts(root, 'Amt');
  expect(amounts.slice(0, 2)).toEqual(['0', '679']);
  expect(amounts.slice(2)).toEqual(['1000', '1000', '1', '1', '20', '20', '300', '300']);
  expect(texts(root, 'CdtDbtInd').slice(2)).toEqual([
    ...['CRDT', 'CRDT', 'DBIT', 'DBIT', 'DBIT', 'DBIT', 'DBIT', 'DBIT'],
  ]);
});

const AGENT = { FinInstnId: ['Othr'], Othr: ['Id'] };
const PACS_AT = 'Document/FIToFICstmrCdtTrf/CdtTrfTxInf';
const agent = (name: string): Shape => ({
  [name]: ['FinInstnId'],
  [`${PACS_AT}/${name}/FinInstnId/Othr/Id`]: /^ins_[a-z_0-9]{1,31}$/,
});
const account = (name: string): Shape => ({
  [name]: ['Id'],
  [`${PACS_AT}/${name}/Id/Othr/Id`]: /^acc_[0-9a-z_]{1,30}$/,
});
/** From the message definition of pacs.008.001.08, the same way. */
const PACS: Shape = {
  ...AGENT,
  Document: ['FIToFICstmrCdtTrf'],
  FIToFICstmrCdtTrf: ['GrpHdr', 'CdtTrfTxInf'],
  GrpHdr: ['MsgId', 'CreDtTm', 'NbOfTxs', 'SttlmInf'],
  ...{ MsgId: ID35, CreDtTm: TIME, NbOfTxs: /^1$/, SttlmInf: ['SttlmMtd', 'ClrSys'], SttlmMtd: /^CLRG$/ },
  ...{ ClrSys: ['Prtry'], Prtry: /^SOKKIN$/ },
  CdtTrfTxInf: [
    ...['PmtId', 'IntrBkSttlmAmt', 'IntrBkSttlmDt', 'AccptncDtTm', 'ChrgBr', 'InstgAgt', 'InstdAgt', 'Dbtr'],
    ...['DbtrAcct', 'DbtrAgt', 'CdtrAgt', 'Cdtr', 'CdtrAcct', 'RmtInf?'],
  ],
  ...{ PmtId: ['EndToEndId', 'TxId'], EndToEndId: /^.{1,35}$/u, TxId: ID35, IntrBkSttlmAmt: /^\d{1,18}$/ },
  ...{ IntrBkSttlmDt: /^\d{4}-\d\d-\d\d$/, AccptncDtTm: TIME, ChrgBr: /^SLEV$/ },
  ...{ Dbtr: ['Nm'], Cdtr: ['Nm'], Nm: /^.{1,140}$/su, RmtInf: ['Ustrd'], Ustrd: /^.{1,140}$/su },
  ...agent('InstgAgt'),
  ...agent('InstdAgt'),
  ...agent('DbtrAgt'),
  ...agent('CdtrAgt'),
  Id: ['Othr'],
  ...account('DbtrAcct'),
  ...account('CdtrAcct'),
};

test('pacs.008: one transfer, in the order of the message', async () => {
  const sent = await send({ from: a, to: b, amount: '7', memo: MEMO });
  const answer = await r.api.get(`/v1/transfers/${sent.body.id}/pacs.008`);
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/xml; charset=utf-8' },
  });
  const root = parseXml(String(answer.body));
  assertShape(PACS, root);
  expect(texts(root, 'TxId')).toEqual([sent.body.id]);
  expect(texts(root, 'IntrBkSttlmAmt')).toEqual(['7']);
  expect(texts(root, 'Ustrd')).toEqual([MEMO]);
  expect(texts(root, 'EndToEndId')).toEqual(['NOTPROVIDED']);
});

test('a shape that is not the message is found: the check itself', () => {
  const of = (inner: string) => parseXml(`<?xml version="1.0" encoding="UTF-8"?>\n<A>${inner}</A>\n`);
  const shape: Shape = { A: ['B', 'C?'], B: /^x$/, C: /^y$/ };
  assertShape(shape, of('<B>x</B>'));
  assertShape(shape, of('<B>x</B><C>y</C>'));
  for (const bad of ['', '<C>y</C>', '<C>y</C><B>x</B>', '<B>x</B><B>x</B>', '<B>z</B>', '<B>x</B><D>x</D>'])
    expect(() => assertShape(shape, of(bad)), bad).toThrow();
  for (const bad of ['<B>x</C>', '<B>&nope;</B>', 'text<B>x</B>', '<B>x', '<B>x</B><!-- -->'])
    expect(() => of(bad), bad).toThrow();
});
