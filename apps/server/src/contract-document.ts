/** The API's contract as data, without a server: what `npm run contract` writes. */
import { pino } from 'pino';
import type { MessageRoom } from './acceptance/host/room.ts';
import type { Backend } from './backend.ts';
import { type AppServices, createApp } from './http/app.ts';
import { DEFAULT_RATE_LIMITS } from './http/rate-limit.ts';
import { VERSION } from './version.ts';

/** What must hold: routes look at the back-end when they are called, and not before. */
const untouched = <T extends object>(): T =>
  new Proxy({} as T, {
    get(_target, name) {
      throw new Error(`Bug: a route asks for ${String(name)} of the back-end before it is called`);
    },
  });
const NO_BACKEND = untouched<Backend>();

const notAsked = (): never => {
  throw new Error('Bug: the contract measures nothing');
};
const NO_SERVICES: AppServices = {
  observers: [],
  health: {
    ready: notAsked,
    metrics: { install: notAsked, text: notAsked, contentType: '', close: notAsked },
    metricsFor: 'loopback',
    trustsProxy: false,
  },
  trustProxy: undefined,
  limits: DEFAULT_RATE_LIMITS,
  pages: undefined,
  room: untouched<MessageRoom>(),
};

export async function contractDocument(): Promise<object> {
  const about = { version: VERSION, database: 'none' };
  const app = await createApp(NO_BACKEND, about, pino({ level: 'silent' }), NO_SERVICES);
  const document = app.swagger();
  await app.close();
  return document;
}
