/**
 * A shop's terminal on the acceptance SDK: `node --import tsx packages/sdk/examples/terminal.ts`. The cards are virtual, and so
 * is the issuer at the other end (virtual-shop.ts); everything between them is what a terminal maker would ship.
 */
import { type AcceptanceEvent, createAcceptance, memoryStore, receiptLines } from '@sokkin/sdk/acceptance';
import type { ApduTransport } from '@sokkin/terminal';
import { emvOnly, isGenerateAc, leaving, openVirtualShop } from './virtual-shop.ts';

const shop = await openVirtualShop();

// ---- the terminal, from here ----
const acceptance = createAcceptance({
  reader: shop.field.reader, // a USB reader, a phone's NFC, a page's bridge: docs/readers.md
  purse: () => shop.own.tap(), // the shop's own purse: a card, or a phone's
  verifier: shop.verifier, // whose purses are believed: a root, and cryptography
  config: shop.config, // AIDs, CA keys, limits: from the back-end
  online: shop.online, // the way to whoever authorises
  store: memoryStore(), // what must outlive the power: a database
  clock: shop.clock,
  random: shop.random,
  pin: async (wish) => (wish.for === 'purse' ? { digits: '1234' } : { block: new Uint8Array(8) }),
});

const show = (event: AcceptanceEvent): void => {
  if (event.kind === 'waiting') console.log(`  ${event.hint.replace('_', ' ')}: ${event.amount} yen`);
  else if (event.kind !== 'ended') console.log(`  ${event.kind.replaceAll('_', ' ')}`);
  else if (event.result.status !== 'approved') console.log(`  ${event.result.status}`);
  else
    console.log(
      receiptLines(event.result.receipt, (yen) => `${yen} yen`)
        .map((line) => `    ${line}`)
        .join('\n'),
    );
};

async function charge(amount: bigint): Promise<void> {
  for await (const event of acceptance.charge({ amount, currency: '392' }).events) show(event);
}
// ---- to here ----

type Tap = () => Promise<ApduTransport>;
async function sale(title: string, amount: bigint, ...taps: readonly Tap[]): Promise<void> {
  console.log(title);
  for (const tap of taps) shop.field.hold(tap);
  await charge(amount);
}

await sale('A purse pays', 700n, () => shop.customer.tap());
await sale('An EMV card pays offline', 1_200n, async () => emvOnly(await shop.payment.tap()));
await sale('An EMV card pays online', 31_000n, async () => emvOnly(await shop.payment.tap()));
await sale(
  'A purse leaves too early, after it has paid, and comes again',
  900n,
  async () => leaving(await shop.customer.tap(), 1, 'after'),
  () => shop.customer.tap(),
);
await sale(
  'An EMV card leaves too early, after it has approved, and comes again',
  1_500n,
  async () => emvOnly(leaving(await shop.payment.tap(), isGenerateAc, 'after')),
  async () => emvOnly(await shop.payment.tap()),
);

const { sales, net } = await acceptance.totals(0, Number.MAX_SAFE_INTEGER);
const { count, value } = await acceptance.queue();
console.log(
  `The day: ${sales.purse.count} by purse, ${sales.emv_offline.count} by card offline, ${sales.emv_online.count} online: ${net} yen`,
);
console.log(`Waiting for the network: ${count} items, ${value} yen`);
const flushed = await acceptance.flush();
console.log(`Sent: ${flushed.sent}; journals of the own purse that its sync takes: ${flushed.count}`);
