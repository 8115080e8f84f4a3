/**
 * An ear between a terminal and its card: every exchange, decoded.
 *
 * What must hold: who does not listen has nothing of the decoding in its program; so it is handed in, and not asked for by name.
 */
import { type ApduTransport, overheard } from '../transport.ts';
import { createTracer, type TracedExchange } from './trace.ts';

/** One conversation a card. */
export const traced =
  (listen: (exchange: TracedExchange) => void) =>
  (card: ApduTransport): ApduTransport => {
    const tracer = createTracer();
    return overheard(card, { received: (command, response) => listen(tracer.exchange(command, response)) });
  };
