/** A back-end whose desk cannot be reached, in a process of its own, to be killed. Arguments: database, data folder. */
import { createServer } from '../../src/index.ts';
import { TEST_KEYS } from '../kit.ts';

const [databaseUrl = '', dataFolder = ''] = process.argv.slice(2);
const server = await createServer({
  ...{ databaseUrl, dataFolder, keyStore: TEST_KEYS, logLevel: 'silent', isoPort: 0 },
  desk: {
    answer: async () => {
      throw new Error('the store is away');
    },
  },
});
process.stdout.write(`${server.acceptance?.port}\n`);
