/** For who makes a wallet: the back-end behind the taps of @sokkin/terminal. */
export * from './backend.ts';
export * from './payment-card.ts';
export * from './sandbox.ts';
