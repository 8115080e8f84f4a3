#!/usr/bin/env node
/** The `sokkin` command: runs the TypeScript as it is, without a build. */
import { register } from 'tsx/esm/api';

register();
const { main } = await import('../src/main.ts');
process.exitCode = await main(process.argv.slice(2));
