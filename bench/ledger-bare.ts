/** The limit of single calls: Fastify, and a POST that does nothing. Sends its port over the IPC channel. */
import fastify from 'fastify';

const app = fastify();
app.post('/', async () => ({ done: true }));
await app.listen({ port: 0, host: '127.0.0.1' });
const address = app.server.address();
process.send?.(typeof address === 'object' ? address?.port : undefined);
