/**
 * Area `emv`: what the cryptography of EMV costs an issuer's host and a card's processor on one core, with keys
 * as raw bytes. The references are the bare MAC, or the bare RSA operation, in the same run.
 */
import { concat } from '@sokkin/codec';
import {
  applicationCryptogram,
  arpcMethod2,
  cryptogramSessionKey,
  type EmvCipher,
  emvMac,
  iccMasterKey,
  portableSymmetric,
  rsaPublicOperation,
  type SymmetricPort,
  signCda,
  verifyCda,
} from '@sokkin/crypto';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import { alternate, type Row } from './row.ts';

const CARD = { pan: '5413330089020011', sequence: '01' };
const TIMES = 200;
const ROUNDS = 60;

export async function emv(): Promise<Row[]> {
  const node = nodeSymmetric();
  const ports = [
    ['node', node],
    ['TypeScript', portableSymmetric(node.randomBytes)],
  ] as const;
  const rows: Row[] = [];
  for (const [name, port] of ports) {
    for (const cipher of ['tdes', 'aes'] as const) rows.push(...(await cryptograms(name, port, cipher)));
  }
  for (const bits of [1152, 1408, 1984]) rows.push(...(await signatures(bits)));
  return rows;
}

/** An authorisation at the host: master key, session key, ARQC checked, ARPC made. And the card's half of it. */
async function cryptograms(name: string, port: SymmetricPort, cipher: EmvCipher): Promise<Row[]> {
  const [issuerKey, master] = [port.randomBytes(16), port.randomBytes(16)];
  const [atc, data, csu] = [port.randomBytes(2), port.randomBytes(43), port.randomBytes(4)];
  const repeat = (work: () => void) => () => {
    for (let i = 0; i < TIMES; i++) work();
  };
  const seconds = await alternate(
    {
      mac: repeat(() => emvMac(port, cipher, master, data)),
      card: repeat(() => {
        applicationCryptogram(port, cipher, cryptogramSessionKey(port, cipher, master, atc), data);
      }),
      host: repeat(() => {
        const key = iccMasterKey(port, cipher === 'tdes' ? 'A' : 'C', issuerKey, CARD);
        const session = cryptogramSessionKey(port, cipher, key, atc);
        const arqc = applicationCryptogram(port, cipher, session, data);
        arpcMethod2(port, cipher, session, arqc, csu);
      }),
    },
    ROUNDS,
  );
  const rate = (what: string): number => TIMES / (seconds[what] ?? Number.NaN);
  const row = (what: string, label: string): Row => ({
    area: 'emv',
    name: `${label}, ${cipher}, ${name}`,
    value: rate(what),
    unit: '1/s',
    reference: `the bare MAC over 43 bytes: ${Math.round(rate('mac'))}/s`,
    ratio: rate(what) / rate('mac'),
    goal: null,
    met: null,
  });
  return [row('card', 'session key and cryptogram'), row('host', 'master key, session key, ARQC, ARPC')];
}

/** CDA at a card, and at a terminal with and without OpenSSL. */
async function signatures(bits: number): Promise<Row[]> {
  const rsa = nodeRsa();
  const { handle, publicKey } = await rsa.generateRsaKey(bits, 3);
  const key = { handle, modulusLength: publicKey.modulus.length };
  const fields = { dynamicNumber: new Uint8Array(8), information: 0x40, cryptogram: new Uint8Array(8) };
  const answer = concat(Uint8Array.of(0x9f, 0x27, 1, 0x40));
  const transaction = { pdolData: new Uint8Array(30), cdol1Data: new Uint8Array(60), answer };
  const unpredictableNumber = new Uint8Array(4);
  const signature = await signCda(rsa, key, fields, transaction, unpredictableNumber);
  const seen = { information: 0x40, unpredictableNumber, transaction };
  const verify = (publicOperation: typeof rsaPublicOperation) => () => {
    for (let i = 0; i < 20; i++) {
      const { verdict } = verifyCda({ publicOperation }, publicKey, signature, seen);
      if (verdict !== 'authentic') throw new Error(`CDA is ${verdict}`);
    }
  };
  const seconds = await alternate(
    {
      bare: () => {
        for (let i = 0; i < 20; i++) rsa.privateOperation(handle, signature);
      },
      sign: async () => {
        for (let i = 0; i < 20; i++) await signCda(rsa, key, fields, transaction, unpredictableNumber);
      },
      node: verify(rsa.publicOperation),
      bigint: verify(rsaPublicOperation),
    },
    20,
    3,
  );
  const rate = (what: string): number => 20 / (seconds[what] ?? Number.NaN);
  const row = (what: string, label: string, peer: string, reference: string): Row => ({
    area: 'emv',
    name: `${label}, ${bits} bits`,
    value: rate(what),
    unit: '1/s',
    reference: `${reference}: ${Math.round(rate(peer))}/s`,
    ratio: rate(what) / rate(peer),
    goal: null,
    met: null,
  });
  return [
    row('sign', 'CDA signed', 'bare', 'the bare RSA private operation'),
    row('bigint', 'CDA verified with BigInt', 'node', 'with OpenSSL'),
  ];
}
