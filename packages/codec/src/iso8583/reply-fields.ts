/**
 * Which fields a response repeats from its request, and which of them tell that both belong together.
 *
 * Source: the "mandatory echo" conditions of ISO 8583:1987 and :1993 (annexes on message formats), as public
 * documentation of networks and open-source hosts has them in common. The standard gives conditions for each message; here
 * stands what is safe to repeat in every message of a class. A dialect with other habits says so in its profile.
 *
 * What must hold: the fields by which requesters match responses are repeated in every class; neither a PIN block, a
 * track, chip data nor a MAC is.
 */
import type { IsoVersion, MtiClass } from './mti.ts';

/** Transmission date and time, STAN, acquirer, retrieval reference, terminal. */
export const MATCHED: readonly number[] = [7, 11, 32, 37, 41];

/** Card, processing code, amounts, local time and date, networks and parties, currencies. */
const TRANSACTION_1987 = [2, 3, 4, 5, 6, 7, 11, 12, 13, 15, 24, 25, 28, 32, 33, 37, 41, 42, 49, 50, 51, 100];
const SYSTEM_1987 = [7, 11, 12, 13, 15, 24, 32, 33, 37, 41, 42, 66, 70, 71, 99, 100];
const TRANSACTION_1993 = [2, 3, 4, 5, 6, 7, 11, 12, 15, 24, 28, 32, 33, 37, 41, 42, 49, 50, 51, 93, 94, 100];
const SYSTEM_1993 = [7, 11, 12, 24, 28, 29, 32, 33, 37, 41, 42, 50, 71, 93, 94, 99, 100];

export const ECHOED: Readonly<Record<IsoVersion, Readonly<Record<MtiClass, readonly number[]>>>> = {
  '1987': {
    authorisation: TRANSACTION_1987,
    financial: TRANSACTION_1987,
    'file-action': [...SYSTEM_1987, 2, 91, 101],
    // What was reversed, and what is left of it.
    reversal: [...TRANSACTION_1987, 90, 95],
    reconciliation: SYSTEM_1987,
    administrative: SYSTEM_1987,
    'fee-collection': TRANSACTION_1987,
    'network-management': SYSTEM_1987,
  },
  '1993': {
    authorisation: TRANSACTION_1993,
    financial: TRANSACTION_1993,
    'file-action': [...SYSTEM_1993, 2, 101],
    reversal: [...TRANSACTION_1993, 30, 56],
    reconciliation: SYSTEM_1993,
    administrative: SYSTEM_1993,
    'fee-collection': TRANSACTION_1993,
    'network-management': SYSTEM_1993,
  },
};
