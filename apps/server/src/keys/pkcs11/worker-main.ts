/**
 * The thread that speaks with the HSM: its library blocks whoever calls it, which must not be the thread that serves.
 *
 * What must hold: calls are done one after the other, in their order; a failure is an answer, and never ends the thread.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { SokkinError } from '@sokkin/codec';
import { callsOn } from './calls.ts';
import type { CallName, Calls, Reply, Request, TokenConfig } from './protocol.ts';
import { Token, unavailable } from './token.ts';

const port = parentPort;
if (port === null) throw new Error('Bug: this is a thread of its own');

const { config } = workerData as { readonly config: TokenConfig };
const calls = await load(config);

async function load(of: TokenConfig): Promise<ReturnType<typeof callsOn> | SokkinError> {
  try {
    return callsOn(new Token((await import('pkcs11js')).default, of));
  } catch (cause) {
    const what =
      'The package pkcs11js is not there, because npm could not build it: install a C++ compiler, and run npm ci again';
    return unavailable(what, cause);
  }
}

function run<N extends CallName>({ name, input }: Request<N>): Calls[N]['output'] {
  if (calls instanceof SokkinError) throw calls;
  return calls[name](input);
}

port.on('message', (request: Request) => {
  port.postMessage(answer(request));
  if (request.name === 'close') port.close();
});

function answer(request: Request): Reply {
  const { number } = request;
  try {
    return { number, output: run(request) };
  } catch (error) {
    const known = error instanceof SokkinError ? error : unavailable('The HSM refused', error);
    return { number, failure: { code: known.code, message: known.message } };
  }
}
