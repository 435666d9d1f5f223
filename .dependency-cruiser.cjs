'use strict';

/** Which other folders of src/ a folder may import from. `src/cli` is absent: it is the composition root and may import all. */
const mayImport = {
  model: {
    folders: [],
    comment: 'The model imports nothing of ours. Move what it needs into src/model, or hand it in as an argument.',
  },
  resources: {
    folders: ['model'],
    comment:
      'A resource type knows only the model. Reach the machine through the HostReader or Host it is handed; what it must know of a plan or a catalogue comes as an argument.',
  },
  plan: {
    folders: ['resources', 'model'],
    comment: 'Planning is pure: it sees findings and types. Gather in src/engine and hand the result to src/plan.',
  },
  catalogue: {
    folders: ['resources', 'model'],
    comment:
      'The catalogue is data and its checks. Facts and findings belong to src/plan and src/engine; src/app brings them together.',
  },
  state: {
    folders: ['model'],
    comment:
      'Durable state speaks in model words only. It writes through the port it is handed (src/model), which src/cli fills from src/host.',
  },
  engine: {
    folders: ['plan', 'state', 'resources', 'model'],
    comment:
      'The engine drives ports and is handed the remediations. Call src/catalogue from src/app, and let src/cli pass the host and show the events.',
  },
  app: {
    folders: ['engine', 'plan', 'catalogue', 'state', 'resources', 'model'],
    comment:
      'A use case takes ports and returns an outcome. Let src/cli make the host, render the outcome and talk to people.',
  },
  render: {
    folders: ['model'],
    comment:
      'A renderer turns model values into strings. Let src/cli print them, and put the words both need into src/model.',
  },
  host: {
    folders: ['model'],
    comment:
      'The host fills the ports declared in src/model and decides nothing. Put decisions into src/plan or src/resources.',
  },
};

const downwardsOnly = Object.entries(mayImport).map(([folder, { folders, comment }]) => ({
  name: `${folder}-imports-downwards`,
  severity: 'error',
  comment,
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: `^src/(${[folder, ...folders].join('|')})/` },
}));

const pure = '^src/(model|plan|render)/|^src/resources/[^/]+/(schema|compare)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'Move what both files need into a third one below them.',
      from: {},
      to: { circular: true },
    },
    ...downwardsOnly,
    {
      name: 'plan-takes-types-of-resources',
      severity: 'error',
      comment:
        'Planning may know the types of resources, not run their code. Write `import type`, and let src/engine hand in what was computed.',
      from: { path: '^src/plan/' },
      to: { path: '^src/resources/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-host-touches-the-os',
      severity: 'error',
      comment:
        'Files, processes and sockets are reached through the HostReader or Host port of src/model; only src/host fills it.',
      from: { path: '^src/', pathNot: '^src/host/|^src/catalogue/shipped-files\\.ts$' },
      to: {
        path: [
          '^(node:)?(fs|fs/promises|child_process|cluster|dgram|dns|http|http2|https|net|tls|worker_threads)$',
          '(^|node_modules/)(execa|fs-extra)(/|$)',
        ],
      },
    },
    {
      name: 'only-cli-talks-to-people',
      severity: 'error',
      comment:
        'Emit an event or ask through the port you are handed; only src/cli knows arguments, prompts and terminals.',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: {
        path: [
          '^(node:)?(readline|readline/promises|repl|tty)$',
          '(^|node_modules/)(yargs|inquirer|@inquirer|listr2)(/|$)',
        ],
      },
    },
    {
      name: 'pure-code-knows-no-machine',
      severity: 'error',
      comment:
        'This code must give the same answer everywhere: of Node it may use crypto (createHash), path, util and buffer. Take clock, ids and environment as arguments.',
      from: { path: pure },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|path|path/posix|util|buffer)$' },
    },
    {
      name: 'product-imports-no-tests',
      severity: 'error',
      comment: 'Move what the product needs into src/; tests and scripts import it from there.',
      from: { path: '^src/' },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'product-uses-no-dev-dependency',
      severity: 'error',
      comment: 'A package that shipped code uses stands under "dependencies" of package.json.',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      comment: 'Name an existing file with its ending (./x.ts), or a package that stands in package.json.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/.*fixtures/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
