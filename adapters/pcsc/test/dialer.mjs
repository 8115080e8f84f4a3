/**
 * Runs inside the network namespace of a house: connects to a port there, and hands the open socket out to its
 * parent, who is outside. A socket stays in the namespace in which it was made. `id` says which question is answered: a
 * socket that nobody took would keep the reader waiting for ever.
 */
import { connect } from 'node:net';

process.on('message', ({ id, port }) => {
  const socket = connect({ host: '127.0.0.1', port });
  // Not a byte may be read here.
  socket.pause();
  socket.once('connect', () => process.send({ id }, socket));
  socket.once('error', (error) => process.send({ id, error: error.message }));
});
process.on('disconnect', () => process.exit(0));
