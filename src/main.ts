import { runToExit } from './cli/failure.js';
import { start } from './cli/start.js';

await runToExit(start);
