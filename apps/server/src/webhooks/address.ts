/**
 * Where webhooks may go: an institution chooses the address, and must not reach what only this server can reach.
 *
 * What must hold: in live mode the address that is connected to has been looked at itself (not only its name, which may
 * lead elsewhere the next moment), and is a public one.
 */
import { lookup as dnsLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Mode } from '../config.ts';

/** IANA special-purpose registries: everything that is not globally reachable, and ways around. */
const NOT_PUBLIC = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  NOT_PUBLIC.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  NOT_PUBLIC.addSubnet(network, bits, 'ipv6');

/** An address within ::ffff:0:0/96 is judged as the IPv4 address that it is. */
export const isPublic = (address: string): boolean => {
  const version = isIP(address);
  return version !== 0 && !NOT_PUBLIC.check(address, version === 4 ? 'ipv4' : 'ipv6');
};

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.[0-9]{1,3}){3}$/.test(host);

/** Why an institution may not be told there; undefined: it may. */
export function refusedUrl(text: string, mode: Mode): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return 'It is no URL.';
  if (url.username !== '' || url.password !== '') return 'It must not hold a user or a password.';
  if (url.hash !== '') return 'It must not have a fragment.';
  const host = hostOf(url);
  if (url.protocol !== 'https:') {
    const isTest = mode === 'sandbox' && url.protocol === 'http:' && isLoopback(host);
    if (!isTest) return 'It must begin with https:// (in the sandbox http:// on this machine will do, too).';
  }
  if (mode === 'live' && (isLoopback(host) || (isIP(host) !== 0 && !isPublic(host))))
    return 'It must be reachable from the internet.';
  return undefined;
}

/** For the connection: whatever the name leads to now is looked at before it is connected to. */
export const guardedLookup =
  (mode: Mode): LookupFunction =>
  (name, options, callback) => {
    dnsLookup(name, { ...options, all: true }, (error, addresses) => {
      const allowed =
        mode === 'live' ? (addresses ?? []).filter((a) => isPublic(a.address)) : (addresses ?? []);
      const [first] = allowed;
      if (error !== null || first === undefined)
        callback(error ?? new Error('the name leads to no public address'), '', 0);
      else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
