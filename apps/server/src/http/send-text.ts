/** Answers that are text of their own, and no JSON. */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';

export const sendText = (reply: FastifyReply, type: string, text: string): FastifyReply =>
  reply
    .type(`${type}; charset=utf-8`)
    .serializer((body: unknown) => String(body))
    .send(text);

export const textAnswer = (type: string, description: string) => ({
  200: { description, content: { [type]: { schema: z.string() } } },
});
