/**
 * How the world reaches us: as configured, or as the request says.
 * What must hold: what a device signs over is the address without query, as it is known outside.
 */
import type { FastifyRequest } from 'fastify';
import type { Backend } from '../backend.ts';

export function publicUrlOf(b: Backend, request: FastifyRequest): string {
  if (b.publicUrl !== undefined) return b.publicUrl;
  const said = `${request.protocol}://${request.host}`;
  // Without a port that goes without saying; what is no address is nobody's.
  return URL.canParse(said) ? new URL(said).origin : 'http://localhost';
}

export const addressOf = (b: Backend, request: FastifyRequest): string =>
  `${publicUrlOf(b, request)}${request.url.split('?', 1)[0]}`;

/** The DPoP header. Of two, Node makes one with a comma, which no proof has. */
export function proofOf(request: FastifyRequest): string | undefined {
  const header = request.headers.dpop;
  return typeof header === 'string' ? header : undefined;
}
