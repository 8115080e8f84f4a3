/**
 * ISO 8583 over HTTPS, for terminals that have a key of their own: one message in, its answer out (docs/iso8583-host.md).
 *
 * What must hold: whatever is no message costs a bounded time and changes nothing; the same message again has the same answer, so that no
 * Idempotency-Key is needed.
 */
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { answerOverHttps } from '../acceptance/host/over-https.ts';
import type { MessageRoom } from '../acceptance/host/room.ts';
import type { Backend } from '../backend.ts';
import { speakingTerminal } from '../operations/terminals/terminals.ts';
import { Problem } from '../problems.ts';
import { sendOctets, textAnswer } from './send-text.ts';

const TYPE = 'application/octet-stream';
/** Longer than any message that a dialect here can have. */
const MOST_OCTETS = 16_384;

export const terminalMessageRoutes =
  (b: Backend, room: MessageRoom): FastifyPluginAsyncZod =>
  async (app) => {
    app.addContentTypeParser(TYPE, { parseAs: 'buffer', bodyLimit: MOST_OCTETS }, (_request, body, done) =>
      done(null, body),
    );
    app.post(
      '/v1/terminals/messages',
      {
        config: {
          access: 'terminals:speak',
          problems: ['message_unreadable', 'payload_too_large', 'unsupported_media_type'],
        },
        schema: {
          tags: ['acceptance'],
          operationId: 'createTerminalMessage',
          summary:
            'One ISO 8583 message of the terminal that asks, without a length before it, and its answer',
          consumes: [TYPE],
          response: textAnswer(TYPE, 'The answer'),
        },
      },
      async ({ principal, body }, reply) => {
        if (!Buffer.isBuffer(body))
          throw new Problem('unsupported_media_type', `The body is a message, as ${TYPE}.`);
        const { row, merchant, link } = await b.store.read((tx) => speakingTerminal(tx, principal));
        const speaker = {
          ...{ link: await room.book.of(link), terminal: row.terminal, acceptor: merchant.acceptor },
        };
        const answer = await answerOverHttps(room, speaker, new Uint8Array(body));
        if (answer.kind === 'unreadable') throw new Problem('message_unreadable', answer.why);
        whenLost(reply, answer.notHandedOver);
        return sendOctets(reply, TYPE, answer.octets);
      },
    );
  };

/** The terminal was gone before it had its answer. */
function whenLost({ raw }: FastifyReply, tell: () => Promise<void>): void {
  if (raw.destroyed) void tell();
  else raw.once('close', () => raw.writableFinished || void tell());
}
