/** A small issuer and personalised purses for benches: real keys, real APDUs, memory in RAM. */

import { type Card, cardMemorySize, createCard, inMemoryNvm } from '@sokkin/card';
import {
  amountBytes,
  type Bytes,
  command,
  concat,
  decodeResponse,
  decodeTlv,
  encodeCommand,
  SokkinError,
} from '@sokkin/codec';
import { ASSURANCE, type Certificate, issueCertificate, ROLE } from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import {
  encodeGrant,
  encodePayment,
  type Grant,
  INS,
  type Limits,
  object,
  PURSE_AID,
  parseEnrolment,
  parseStatement,
  parseTicket,
  pinBlock,
} from '@sokkin/purse';

const id = (n: number): Bytes => Uint8Array.from([0, 0, 0, 0, 0, 0, n >> 8, n & 0xff]);
const COMMON = { suite: 1, currency: 0x0392, tier: 0, effective: 20_000, expiration: 24_000 };
const ROW = { perPayment: 10n ** 12n, cumulative: 10n ** 12n };
const LIMITS: Limits = {
  holding: 10n ** 12n,
  count: 60_000,
  perPaymentWithoutPin: 10n ** 12n,
  cumulativeWithoutPin: 10n ** 12n,
  byClass: [ROW, ROW, ROW],
};

export interface Purse {
  readonly card: Card;
  readonly certificate: Certificate;
  readonly id: Bytes;
  /** Data of the answer; any status word but 9000 ends the bench. */
  send(ins: number, data: Bytes): Promise<Bytes>;
  sync(): Promise<void>;
}

export interface Issuer {
  readonly crypto: ReturnType<typeof nodeCrypto>;
  readonly root: Certificate;
  readonly issuer: Certificate;
  purse(n: number): Promise<Purse>;
  /** Pays value in, as a payment of the issuer's purse. */
  fund(purse: Purse, amount: bigint): Promise<void>;
}

export async function makeIssuer(): Promise<Issuer> {
  const crypto = nodeCrypto();
  const [rootKey, issuerKey, authorityKey] = [
    crypto.generateKey(),
    crypto.generateKey(),
    crypto.generateKey(),
  ];
  const ca = { ...COMMON, assurance: ASSURANCE.none };
  const rootFields = {
    ...ca,
    issuerRef: id(1),
    subjectRef: id(1),
    publicKey: rootKey.publicKey,
    role: ROLE.root,
  };
  const root = await issueCertificate(crypto, rootKey.handle, rootFields);
  const issuer = await issueCertificate(crypto, rootKey.handle, {
    ...ca,
    issuerRef: id(1),
    subjectRef: id(2),
    publicKey: issuerKey.publicKey,
    role: ROLE.issuer,
  });
  const authority = await issueCertificate(crypto, issuerKey.handle, {
    ...ca,
    issuerRef: id(2),
    subjectRef: id(3),
    publicKey: authorityKey.publicKey,
    role: ROLE.authority,
  });

  const vaultKey = crypto.generateKey();
  const vault = await issueCertificate(crypto, issuerKey.handle, {
    ...COMMON,
    issuerRef: id(2),
    subjectRef: id(4),
    publicKey: vaultKey.publicKey,
    role: ROLE.issuerPurse,
    assurance: ASSURANCE.secureElement,
  });
  let vaultSeq = 0;

  async function fund(purse: Purse, amount: bigint): Promise<void> {
    const asked = concat(
      object('amount', amountBytes(amount)),
      object('reference', new Uint8Array(8).fill(0xff)),
    );
    const ticket = parseTicket(decodeTlv(await purse.send(INS.issueTicket, asked)).value).fields;
    const body = encodePayment({
      purse: id(4),
      seq: ++vaultSeq,
      link: new Uint8Array(32),
      currency: COMMON.currency,
      amount,
      payee: purse.id,
      ticketNo: ticket.seq,
    });
    const payment = object('payment', body, crypto.sign(vaultKey.handle, body));
    await purse.send(INS.credit, concat(object('purse', vault.bytes), payment));
  }

  async function purse(n: number): Promise<Purse> {
    const card = await createCard({ nvm: inMemoryNvm(cardMemorySize()), crypto });
    const raw = async (cla: number, ins: number, p1: number, data: Bytes): Promise<Bytes> => {
      const bytes = await card.transmit(encodeCommand(command(cla, ins, p1, 0, data, 65_536)));
      const answer = decodeResponse(bytes);
      if (answer.sw !== 0x9000)
        throw new SokkinError('bench', `INS ${ins.toString(16)}: ${answer.sw.toString(16)}`);
      return answer.data;
    };
    const send = (ins: number, data: Bytes): Promise<Bytes> => raw(0x80, ins, 0, data);
    await raw(0, INS.select, 4, PURSE_AID);
    const enrolment = parseEnrolment(
      decodeTlv(await send(INS.generateKey, object('nonce', new Uint8Array(16)))).value,
    );
    const certificate = await issueCertificate(crypto, issuerKey.handle, {
      ...COMMON,
      issuerRef: id(2),
      subjectRef: id(n),
      publicKey: enrolment.fields.publicKey,
      role: ROLE.purse,
      assurance: ASSURANCE.secureElement,
    });
    const pin = pinBlock('1234') ?? new Uint8Array(8);
    const birth = [
      object('root', root.bytes),
      object('issuer', issuer.bytes),
      object('purse', certificate.bytes),
    ];
    await send(INS.storeData, concat(...birth, object('pinBlock', pin)));
    let grantNo = 0;
    const sync = async (): Promise<void> => {
      const nonce = new Uint8Array(16);
      const said = parseStatement(decodeTlv(await send(INS.statement, object('nonce', nonce))).value).fields;
      const grant: Grant = {
        authority: id(3),
        purse: id(n),
        grantNo: ++grantNo,
        ackSeq: said.seq,
        ackHead: said.link,
        order: 'activate',
        resetPinTries: false,
        epoch: 20_500,
        nonce,
        limits: LIMITS,
        resolutions: [],
        blocked: [],
      };
      const body = encodeGrant(grant);
      const signature = crypto.sign(authorityKey.handle, body);
      await send(
        INS.applyGrant,
        concat(object('authority', authority.bytes), object('grant', body, signature)),
      );
    };
    await sync();
    return { card, certificate, id: id(n), send, sync };
  }
  return { crypto, root, issuer, purse, fund };
}

/** A payment whole: ticket, pay, credit, settle. */
export async function payOnce(payer: Purse, payee: Purse, amount: bigint, reference: Bytes): Promise<void> {
  const sum = object('amount', amountBytes(amount));
  const ticket = await payee.send(INS.issueTicket, concat(sum, object('reference', reference)));
  const payment = await payer.send(INS.pay, concat(object('purse', payee.certificate.bytes), ticket, sum));
  const receipt = await payee.send(INS.credit, concat(object('purse', payer.certificate.bytes), payment));
  await payer.send(INS.settle, concat(object('purse', payee.certificate.bytes), receipt));
}
