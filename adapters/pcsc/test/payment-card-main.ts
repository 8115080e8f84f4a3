/**
 * Puts a payment card with JPY 10,000 into the virtual reader until Ctrl-C, to be looked at with programs of others
 * (docs/pcsc.md): `node --import tsx adapters/pcsc/test/payment-card-main.ts [--contactless]`. Its keys are nobody's.
 */
import { attachVirtualCard, CARD_ATR, CONTACTLESS_ATR } from '../src/index.ts';
import { attachable } from './field-reader.ts';
import { livingPaymentCard } from './payment-card.ts';

const { card, bank } = await livingPaymentCard(10_000n);
const atr = process.argv.includes('--contactless') ? CONTACTLESS_ATR : CARD_ATR;
const attached = await attachVirtualCard({ card: attachable(() => card.tap()), atr });
process.stdout.write(`The payment card ${bank.order.pan} is in the virtual reader. Ctrl-C takes it out.\n`);
process.once('SIGINT', () => void attached.detach());
await attached.out;
