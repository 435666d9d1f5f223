import { type Node, type ParseError, findNodeAtLocation, parseTree } from 'jsonc-parser';
import { EXIT, HardenError, type HardenErrorDetails } from '../model/errors.ts';
import { mayNestDeeper, nestsDeeper } from '../model/json-depth.ts';
import { PLAN_SCHEMA, PLAN_SCHEMA_MINOR, Plan } from '../model/plan.ts';
import { isIntact } from '../plan/seal.ts';

/**
 * A plan somebody saved. It is consent, never instruction: what is carried out is found on the host again.
 * @throws HardenError exit 65 (not a plan, or damaged) or 5 (another schema).
 */
export function readPlan(file: string, text: string): Plan {
  const raw = parse(file, text);
  refuseOtherSchema(file, raw);
  const parsed = Plan.safeParse(raw);
  if (!parsed.success) {
    const tree = parseTree(text);
    const [first] = parsed.error.issues;
    throw malformed(file, 'is not a whole plan', {
      ...placeOf(file, text, tree, first?.path ?? []),
      details: parsed.error.issues
        .slice(0, 5)
        .map((issue) => `${issue.path.length === 0 ? 'the file' : issue.path.join('.')}: ${wordsOf(issue.message)}`),
    });
  }
  if (!isIntact(parsed.data)) {
    throw malformed(file, 'was changed after it was made: its digest does not fit', {
      details: [`it says ${parsed.data.digest}`],
    });
  }
  return parsed.data;
}

function parse(file: string, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch (cause) {
    const problems: ParseError[] = [];
    if (!mayNestDeeper(text)) {
      parseTree(text, problems, { disallowComments: true });
    }
    const offset = problems[0]?.offset ?? text.length;
    throw malformed(file, text.trim() === '' ? 'is empty' : 'is not whole JSON', {
      ...at(file, text, offset),
      cause,
    });
  }
  if (nestsDeeper(text)) {
    throw malformed(file, 'is nested too deeply for a plan', {});
  }
  return value;
}

function refuseOtherSchema(file: string, raw: unknown): void {
  const { schema, schemaMinor } = (typeof raw === 'object' && raw !== null ? raw : {}) as {
    schema?: unknown;
    schemaMinor?: unknown;
  };
  if (typeof schema !== 'string' || !schema.startsWith('urn:harden:plan:')) {
    throw malformed(file, 'is not a plan of harden', { details: [`"schema" should be "${PLAN_SCHEMA}"`] });
  }
  if (schema !== PLAN_SCHEMA || (typeof schemaMinor === 'number' && schemaMinor > PLAN_SCHEMA_MINOR)) {
    throw new HardenError({
      code: 'H1021',
      exit: EXIT.planNotApplicable,
      message: `${file} was made by a newer harden (${schema}${typeof schemaMinor === 'number' ? `, minor ${schemaMinor}` : ''}). Nothing was changed.`,
      details: [`This version reads ${PLAN_SCHEMA}, minor up to ${PLAN_SCHEMA_MINOR}.`],
      hint: 'To plan again with this version: harden plan',
    });
  }
}

function malformed(
  file: string,
  what: string,
  more: Partial<Pick<HardenErrorDetails, 'position' | 'excerpt' | 'before' | 'details' | 'cause'>>,
): HardenError {
  return new HardenError({
    code: 'H1020',
    exit: EXIT.malformed,
    message: `${file} ${what}. Nothing was changed.`,
    hint: 'To plan again: harden plan -o FILE',
    ...more,
  });
}

function wordsOf(message: string): string {
  return message.endsWith('received undefined') ? 'is missing' : message;
}

type Place = Pick<HardenErrorDetails, 'position' | 'excerpt' | 'before'>;

/** The nearest part of the file that is there. */
function placeOf(file: string, text: string, tree: Node | undefined, path: readonly PropertyKey[]): Place {
  for (let length = path.length; tree !== undefined && length >= 0; length -= 1) {
    const node = findNodeAtLocation(
      tree,
      path.slice(0, length).map((part) => (typeof part === 'symbol' ? part.toString() : part)),
    );
    if (node !== undefined) {
      return at(file, text, node.offset);
    }
  }
  return { position: { file } };
}

function at(file: string, text: string, offset: number): Place {
  const lines = text.split('\n');
  const above = text.slice(0, offset).split('\n');
  return {
    position: { file, line: above.length, column: (above.at(-1)?.length ?? 0) + 1 },
    excerpt: lines[above.length - 1] ?? '',
    before: lines[above.length - 2],
  };
}
