/**
 * The terminal's line to its acquirer: ISO 8583 over HTTPS, in the dialect that its configuration names.
 *
 * What must hold: whatever goes wrong on the way is no answer, and never an exception: what then has to be done is the till's. Who looks on
 * sees the octets that went.
 */
import {
  type Bytes,
  encodeIso,
  type IsoMessage,
  type IsoProfile,
  SokkinError,
  tryDecodeIso,
} from '@sokkin/codec';
import { type DeviceIdentity, deviceAuthorize } from '@sokkin/sdk';
import { isNetworkOn } from '../set.ts';
import { type IsoHeard, isoHeard } from '../trace/iso.ts';

const PATIENCE_MS = 15_000;

export interface Line {
  ask(message: IsoMessage): Promise<IsoMessage | undefined>;
  /** A JSON document of the acquirer; undefined: `tag` names what is there still. */
  read(path: string, tag: string | undefined): Promise<{ tag: string; document: unknown } | undefined>;
}

export function lineOf(
  identity: DeviceIdentity,
  profileNow: () => IsoProfile,
  onHeard: (heard: IsoHeard) => void,
): Line {
  const url = location.origin;
  const authorize = deviceAuthorize(identity, { url });
  const send = async (method: string, path: string, init: RequestInit): Promise<Response> => {
    if (!isNetworkOn()) throw new TypeError('The network is switched off.');
    const request = { method, url: `${url}${path}` };
    const ask = async (wasRefused: boolean) =>
      fetch(request.url, {
        ...init,
        method,
        headers: { ...init.headers, ...(await authorize(request, wasRefused)) },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    const answer = await ask(false);
    return answer.status === 401 ? ask(true) : answer;
  };
  const exchange = async (octets: Bytes): Promise<Bytes | undefined> => {
    try {
      const headers = { 'content-type': 'application/octet-stream' };
      const body = new Uint8Array(octets);
      const answer = await send('POST', '/v1/terminals/messages', { headers, body });
      return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    async ask(message) {
      const profile = profileNow();
      const octets = encodeIso(profile, message);
      const answer = await exchange(octets);
      onHeard(isoHeard(profile, octets, answer));
      if (answer === undefined) return undefined;
      const read = tryDecodeIso(profile, answer);
      return 'failure' in read ? undefined : read;
    },
    async read(path, tag) {
      const headers: Record<string, string> = tag === undefined ? {} : { 'if-none-match': tag };
      const answer = await send('GET', path, { headers });
      if (answer.status === 304) return undefined;
      if (!answer.ok) throw new SokkinError('backend_refused', `${path} was answered with ${answer.status}.`);
      return { tag: answer.headers.get('etag') ?? '', document: await answer.json() };
    },
  };
}
