/** Whether a request comes from this machine itself. What must hold: a proxy on this machine does not make the world local. */
import { BlockList, isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

export function isFromThisMachine(request: FastifyRequest, trustsProxy: boolean): boolean {
  const wasForwarded = FORWARDED.some((name) => request.headers[name] !== undefined);
  if (wasForwarded && !trustsProxy) return false;
  const address = request.ip.replace(/^::ffff:/, '');
  return LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
