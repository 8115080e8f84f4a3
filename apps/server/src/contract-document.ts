/** The API's contract as data, without a server: what `npm run contract` writes. */
import { pino } from 'pino';
import type { Backend } from './backend.ts';
import { createApp } from './http/app.ts';
import { VERSION } from './version.ts';

/** What must hold: routes look at the back-end when they are called, and not before. */
const NO_BACKEND = new Proxy({} as Backend, {
  get(_target, name) {
    throw new Error(`Bug: a route asks for ${String(name)} of the back-end before it is called`);
  },
});

export async function contractDocument(): Promise<object> {
  const about = { version: VERSION, database: 'none' };
  const app = await createApp(NO_BACKEND, about, pino({ level: 'silent' }));
  const document = app.swagger();
  await app.close();
  return document;
}
