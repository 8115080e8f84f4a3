/**
 * Area `taps`: what each tap costs on a real card, from what it really does here.
 *
 * Exchanges, bytes and elliptic-curve operations are counted on the real engine behind the real terminal code.
 * The card's time is then arithmetic on published figures:
 *
 *     signatures * sign + verifications * verify + journal hashes * sha256 + bytes * byte time
 *
 * P-256 and SHA-256 timings: crocs-muni JCAlgTest, ECDSA with SHA-256 (NXP JCOP4 J3R180: 32.0 and 30.2 ms; G+D SmartCafe 7:
 * 52 and 68 ms), SHA-256 of 256 bytes (J3R180: 7.9 ms; taken for SmartCafe 7, too, for want of a figure). A byte takes
 * about 85 us at 106 kbit/s and a quarter of that at 424 kbit/s. Not in it: memory writes, for which our source
 * has no figure, and the phone's own time.
 */
import { cardMemorySize, createCard, inMemoryNvm } from '@sokkin/card';
import type { Bytes } from '@sokkin/codec';
import { type CryptoPort, ROLE } from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import {
  type ApduTransport,
  cancelPayment,
  collect,
  deliver,
  fetchTicket,
  type Meter,
  meterListener,
  newMeter,
  type Outcome,
  overheard,
  payDirect,
  returnReceipt,
  type Verifier,
} from '@sokkin/terminal';
import { inProcess } from '@sokkin/testkit/transports';
import { fund, makeParty, makeWorld, personaliseCard, sync, TODAY, type World } from '@sokkin/testkit/world';
import type { Row } from './row.ts';

const LIMIT_MS = 300;
const LIMIT_EXCHANGES = 4;
const CARDS = {
  'NXP JCOP4 J3R180': { sign: 32.0, verify: 30.2, sha256: 7.9 },
  'G+D SmartCafe 7': { sign: 52, verify: 68, sha256: 7.9 },
} as const;
const BYTE_MS = { 'at 424 kbit/s': 0.085 / 4, 'at 106 kbit/s': 0.085 } as const;

interface Count {
  sign: number;
  verify: number;
}

interface Tapped {
  readonly transport: ApduTransport;
  readonly meter: Meter;
  readonly count: Count;
  reset(): void;
}

/** A card of `world` with money, whose exchanges and curve operations are counted. */
async function counted(world: World, no: number, extended: boolean): Promise<Tapped> {
  const count: Count = { sign: 0, verify: 0 };
  const inner = world.crypto;
  const crypto: CryptoPort = {
    randomBytes: (n) => inner.randomBytes(n),
    generateKey: () => inner.generateKey(),
    sign(handle, message) {
      count.sign++;
      return inner.sign(handle, message);
    },
    verify(key, message, signature) {
      count.verify++;
      return inner.verify(key, message, signature);
    },
  };
  const card = await createCard({ nvm: inMemoryNvm(cardMemorySize()), crypto });
  await personaliseCard(world, card, no);
  await sync(world, card, { order: 'activate' });
  await fund(world, card, 1_000n);
  const meter = newMeter();
  return {
    transport: overheard(inProcess(card, { extended }), meterListener(meter)),
    meter,
    count,
    reset() {
      Object.assign(meter, newMeter());
      Object.assign(count, { sign: 0, verify: 0 });
    },
  };
}

function value<T>(outcome: Outcome<T>): T {
  if (outcome.status !== 'ok') throw new Error(`A tap of the bench ended in ${JSON.stringify(outcome)}`);
  return outcome.value;
}

interface Cost {
  readonly tap: string;
  readonly exchanges: number;
  readonly bytes: number;
  readonly sign: number;
  readonly verify: number;
  /** SHA-256 calls outside of signatures: chain heads and payment hashes. */
  readonly hashes: number;
}

async function measure(
  setting: string,
  payerWorld: World,
  payeeWorld: World,
  extended: boolean,
): Promise<Cost[]> {
  const payer = await counted(payerWorld, 0x100, extended);
  const payee = await counted(payeeWorld, 0x200, extended);
  const trust = { root: payerWorld.root.certificate, knownIssuers: [], epoch: TODAY };
  const known = [payerWorld.issuer.certificate, payeeWorld.issuer.certificate];
  const verifier: Verifier = { crypto: payerWorld.crypto, trust: { ...trust, knownIssuers: known } };
  const costs: Cost[] = [];
  const note = (tap: string, on: Tapped, hashes: number): void => {
    const { exchanges, bytesSent, bytesReceived } = on.meter;
    costs.push({
      tap: `${tap}, ${setting}`,
      exchanges,
      bytes: bytesSent + bytesReceived,
      ...on.count,
      hashes,
    });
    on.reset();
  };
  const reference = (n: number): Bytes => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, n);
  const wish = (n: number) => ({ maxAmount: 10n, reference: reference(n) });

  payer.reset();
  payee.reset();
  const ticket = value(await fetchTicket(payee.transport, verifier, wish(1)));
  note('ticket (payee card)', payee, 1);
  const { payment } = value(await collect(payer.transport, verifier, { ticket, amount: 10n }));
  note('collect (payer card)', payer, 1);
  const delivered = value(await deliver(payee.transport, verifier, { payment, nextTicket: wish(2) }));
  note('deliver and next ticket (payee card)', payee, 3);
  value(await returnReceipt(payer.transport, verifier, delivered.receipt));
  note('hand back a receipt (payer card)', payer, 2);
  const next = delivered.next;
  if (next === undefined || next.status !== 'ok') throw new Error('The next ticket did not come.');
  const second = value(
    await collect(payer.transport, verifier, { ticket: next.value, amount: 10n, pin: '1234' }),
  );
  note('collect with PIN (payer card)', payer, 1);
  value(await cancelPayment(payee.transport, verifier, second.payment));
  note('cancel (payee card)', payee, 2);
  value(
    await payDirect(payer.transport, payee.transport, verifier, { amount: 10n, reference: reference(3) }),
  );
  note('direct, payer side', payer, 3);
  note('direct, payee side', payee, 3);
  return costs;
}

export async function taps(): Promise<Row[]> {
  const world = await makeWorld(nodeCrypto());
  const neighbour = await neighbourOf(world);
  const costs = [
    ...(await measure('extended length, one issuer', world, world, true)),
    ...(await measure('extended length, two issuers', world, neighbour, true)),
    ...(await measure('short length, one issuer', world, world, false)),
    ...(await measure('short length, two issuers', world, neighbour, false)),
  ];
  return costs.flatMap(rowsOf);
}

/** Another issuer under the same root. */
async function neighbourOf(world: World): Promise<World> {
  const issuer = await makeParty(world.crypto, world.root, ROLE.issuer, 50);
  return {
    ...world,
    issuer,
    authority: await makeParty(world.crypto, issuer, ROLE.authority, 51),
    issuerPurse: await makeParty(world.crypto, issuer, ROLE.issuerPurse, 52),
    issuance: { seq: 1, link: new Uint8Array(32) },
  };
}

function rowsOf(cost: Cost): Row[] {
  const exchanges: Row = {
    area: 'taps',
    name: `${cost.tap}: exchanges`,
    value: cost.exchanges,
    unit: '',
    reference: `${cost.bytes} bytes, ${cost.sign} sign, ${cost.verify} verify, ${cost.hashes} hashes`,
    ratio: LIMIT_EXCHANGES / cost.exchanges,
    goal: `<= ${LIMIT_EXCHANGES}`,
    met: cost.exchanges <= LIMIT_EXCHANGES,
  };
  const times = Object.entries(CARDS).flatMap(([card, ms]) =>
    Object.entries(BYTE_MS).map(([speed, byteMs]): Row => {
      const [sign, verify, hash] = [cost.sign * ms.sign, cost.verify * ms.verify, cost.hashes * ms.sha256];
      const total = sign + verify + hash + cost.bytes * byteMs;
      const held = card.includes('J3R180') && speed.includes('424');
      return {
        area: 'taps',
        name: `${cost.tap}: ${card} ${speed}`,
        value: total,
        unit: 'ms',
        reference: [sign, verify, hash, cost.bytes * byteMs].map((n) => n.toFixed(0)).join(' + '),
        ratio: LIMIT_MS / total,
        goal: held ? `<= ${LIMIT_MS} ms` : null,
        met: held ? total <= LIMIT_MS : null,
      };
    }),
  );
  return [exchanges, ...times];
}
