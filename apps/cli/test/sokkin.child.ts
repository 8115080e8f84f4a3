/** bin/sokkin.js without the loader that it registers: what tests start many times. */
import { main } from '../src/main.ts';

process.exitCode = await main(process.argv.slice(2));
