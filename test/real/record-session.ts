import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { castText, readCast } from '../../scripts/session-cast.ts';
import { sessionSvg } from '../../scripts/session-svg.ts';
import { recordSession } from './session.ts';

// Records the session that README shows anew; `npm run build` comes before.
const docs = join(import.meta.dirname, '../../docs');
const text = castText(await recordSession());
writeFileSync(join(docs, 'session.cast'), text);
writeFileSync(join(docs, 'session.svg'), sessionSvg(readCast(text)));
