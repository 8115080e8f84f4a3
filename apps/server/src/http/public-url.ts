/** How the world reaches us: as configured, or as the request says. */
import type { FastifyRequest } from 'fastify';
import type { Backend } from '../backend.ts';

export const publicUrlOf = (b: Backend, request: FastifyRequest): string =>
  b.publicUrl ?? `${request.protocol}://${request.host}`;
