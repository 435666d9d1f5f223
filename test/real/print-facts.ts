/** Run inside a throwaway host: prints the facts of that host as JSON. */
import { gatherFacts } from '../../src/engine/facts/gather-facts.ts';
import { liveHost } from '../../src/host/live-host.ts';

process.stdout.write(JSON.stringify(await gatherFacts(liveHost())));
