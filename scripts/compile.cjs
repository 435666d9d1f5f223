'use strict';
// node compile.cjs FIRST REST PART CODE ARGUMENTS…: runs the program of the executable, whose parts are in FIRST and REST, with ARGUMENTS and writes
// the code V8 made of PART to CODE.
const { readFileSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

const [, , first, rest, wanted, code] = process.argv;
const files = { first, rest };
process.argv.splice(1, 5, first);
const loaded = {};
const partOf = (name) => {
  loaded[name] = new Script(readFileSync(files[name], 'latin1'), { filename: `harden-${name}.cjs` });
  return loaded[name].runInThisContext();
};
process.on('exit', () => writeFileSync(code, loaded[wanted].createCachedData()));
partOf('first')(require, first, partOf);
