/** For who makes a wallet: the back-end behind the taps of @sokkin/terminal, and readers of its answers. */
export * from './backend.ts';
export * as read from './json.ts';
