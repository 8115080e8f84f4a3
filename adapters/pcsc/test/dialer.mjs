/**
 * Runs inside the network namespace of a house: connects to a port there, and hands the open socket out to its
 * parent, who is outside. A socket stays in the namespace in which it was made.
 */
import { connect } from 'node:net';

process.on('message', ({ port }) => {
  const socket = connect({ host: '127.0.0.1', port });
  // Not a byte may be read here.
  socket.pause();
  socket.once('connect', () => process.send({ port }, socket));
  socket.once('error', (error) => process.send({ port, error: error.message }));
});
process.on('disconnect', () => process.exit(0));
