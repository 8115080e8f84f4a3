/** Answers that are text or octets of their own, and no JSON. */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';

export const sendText = (reply: FastifyReply, type: string, text: string): FastifyReply =>
  reply
    .type(`${type}; charset=utf-8`)
    .serializer((body: unknown) => String(body))
    .send(text);

/** Sent as they are. */
export const sendOctets = (reply: FastifyReply, type: string, octets: Uint8Array): FastifyReply =>
  reply.type(type).send(Buffer.from(octets));

export const textAnswer = (type: string, description: string) => ({
  200: { description, content: { [type]: { schema: z.string() } } },
});
