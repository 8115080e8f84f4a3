/**
 * Between the back-end and a card, which speak under keys that are not known here.
 *
 * What must hold: the card sees each command once, and in order. A lost card ends it, as its secure channel is gone with
 * it; a lost network does not at once, as the back-end gives the same answer to the same words.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SokkinError } from '@sokkin/codec';
import type { Json } from '@sokkin/sdk/json';
import type { ApduTransport } from '@sokkin/terminal';
import type { HttpApi } from '../api/http-api.ts';
import type { OpenSession, SessionStep } from '../api/perso.ts';

/** Before the second and third try. */
const PAUSES_MS: readonly number[] = [200, 1_000];

/** The back-end's result. Fails with `session_failed` and its reason. */
export async function relay(transport: ApduTransport, api: HttpApi, session: OpenSession): Promise<Json> {
  let step: SessionStep = { status: 'command', number: session.number, command: session.command };
  while (step.status === 'command') {
    const number: number = step.number;
    const response = await transport.transmit(step.command);
    step = await patiently(() => api.exchange(session.id, number, response));
  }
  if (step.status === 'failed')
    throw new SokkinError('session_failed', `The back-end gave up: ${step.detail}`);
  return step.result;
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof SokkinError) || error.code !== 'backend_unreachable') throw error;
      await sleep(pause);
    }
  }
  return ask();
}
